/**
 * oRPC as its documentation sets the `ws` adapter up. Zod checks input and output, of events too
 * (`eventIterator`). Dates are part of its wire. Version 1.16 on both sides: npm has a client 2.0,
 * but no server for it beyond a beta.
 */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { eventIterator, os } from "@orpc/server";
import { RPCHandler } from "@orpc/server/ws";
import { WebSocketServer } from "ws";
import { Feed } from "../../app/feed.js";
import { flood } from "../../app/flood.js";
import { answerTo } from "../../app/item.js";
import { chunkSchema, itemSchema } from "../../app/item-schema.js";
import type { Serve } from "../contestant.js";

const feed = new Feed();

export const router = {
  answer: os
    .input(itemSchema)
    .output(itemSchema)
    .handler(({ input }) => answerTo(input)),
  follow: os.output(eventIterator(itemSchema)).handler(async function* ({ signal }) {
    yield* feed.follow(signal);
  }),
  flood: os.output(eventIterator(chunkSchema)).handler(async function* ({ signal }) {
    yield* flood(signal);
  }),
};

export const serve: Serve = async () => {
  const handler = new RPCHandler(router);
  const wss = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  wss.on("connection", (socket) => void handler.upgrade(socket));
  await once(wss, "listening");
  return {
    url: `ws://127.0.0.1:${(wss.address() as AddressInfo).port}`,
    get subscribers() {
      return feed.size;
    },
    publish: (item) => feed.publish(item),
  };
};
