/**
 * tRPC as its documentation sets a WebSocket server up: `applyWSSHandler`, superjson, keep-alive
 * on. Zod checks input and output of calls; for events tRPC has no output schema of its own, so
 * they go unchecked. The docs' `events.on()` is replaced by the feed that all contestants share.
 */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { initTRPC } from "@trpc/server";
import { applyWSSHandler } from "@trpc/server/adapters/ws";
import superjson from "superjson";
import { WebSocketServer } from "ws";
import { Feed } from "../../app/feed.js";
import { flood } from "../../app/flood.js";
import { answerTo } from "../../app/item.js";
import { itemSchema } from "../../app/item-schema.js";
import type { Serve } from "../contestant.js";

const t = initTRPC.create({ transformer: superjson });
const feed = new Feed();

export const router = t.router({
  answer: t.procedure
    .input(itemSchema)
    .output(itemSchema)
    .query(({ input }) => answerTo(input)),
  follow: t.procedure.subscription(async function* ({ signal }) {
    yield* feed.follow(signal);
  }),
  flood: t.procedure.subscription(async function* ({ signal }) {
    yield* flood(signal);
  }),
});

export const serve: Serve = async () => {
  const wss = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  applyWSSHandler({ wss, router, keepAlive: { enabled: true, pingMs: 30_000, pongWaitMs: 5_000 } });
  await once(wss, "listening");
  return {
    url: `ws://127.0.0.1:${(wss.address() as AddressInfo).port}`,
    get subscribers() {
      return feed.size;
    },
    publish: (item) => feed.publish(item),
  };
};
