/**
 * Tautline by its public names, with everything on that is on by default: validation in and out,
 * limits, deadlines, heartbeats. Only the limits that would refuse this load are raised; they are
 * counted and checked all the same.
 */
import { createServer, implement, type ServerOptions } from "@tautline/server";
import { Feed } from "../../app/feed.js";
import { flood } from "../../app/flood.js";
import { answerTo } from "../../app/item.js";
import type { RunningServer } from "../contestant.js";
import { app } from "./contract.js";

export const serve = () => serveTautline();

/** @param less What a variant goes without. */
export async function serveTautline(
  less: Pick<ServerOptions<null>, "requests"> = {},
): Promise<RunningServer> {
  const feed = new Feed();
  const router = implement(app).router({
    answer: ({ input }) => answerTo(input),
    change: ({ input }) => answerTo(input),
    async *follow({ signal }) {
      yield* feed.follow(signal);
    },
    async *flood({ signal }) {
      yield* flood(signal);
    },
  });
  const server = createServer({
    ...less,
    router,
    limits: {
      messagesPerSecond: 10_000_000, // 1,000 by default: a page's, not a load generator's
      messageBurst: 10_000_000,
      maxCallsInFlight: 1_024, // 64 by default; one question keeps 512 in flight
    },
  });
  const { url } = await server.listen(0);
  return {
    url,
    get subscribers() {
      return feed.size;
    },
    publish: (item) => feed.publish(item),
  };
}
