/** oRPC's client over its WebSocket link. */
import { once } from "node:events";
import { createORPCClient } from "@orpc/client";
import { RPCLink } from "@orpc/client/websocket";
import type { RouterClient } from "@orpc/server";
import { WebSocket } from "ws";
import { type Connect, fail } from "../contestant.js";
import type { router } from "./server.js";

export const connect: Connect = async (url) => {
  const websocket = new WebSocket(url);
  await once(websocket, "open");
  const link = new RPCLink({ websocket: websocket as never });
  const api: RouterClient<typeof router> = createORPCClient(link);
  let closing = false;

  async function read<T>(events: Promise<AsyncIterable<T>>, onEvent: (event: T) => void) {
    try {
      for await (const event of await events) onEvent(event);
    } catch (error) {
      if (!closing) fail(error);
    }
  }

  return {
    answer: (item) => api.answer(item),
    follow: (onItem) => void read(api.follow(), onItem),
    flood: (onChunk) => void read(api.flood(), onChunk),
    async close() {
      closing = true;
      websocket.close();
      await once(websocket, "close");
    },
  };
};
