/**
 * graphql-ws as its documentation sets the `ws` adapter up, with its own keep-alive. On graphql 16:
 * version 17 wants Node 22.
 */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { useServer } from "graphql-ws/use/ws";
import { WebSocketServer } from "ws";
import { Feed } from "../../app/feed.js";
import type { Serve } from "../contestant.js";
import { createSchema } from "./schema.js";

export const serve: Serve = async () => {
  const feed = new Feed();
  const wss = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  useServer({ schema: createSchema(feed) }, wss);
  await once(wss, "listening");
  return {
    url: `ws://127.0.0.1:${(wss.address() as AddressInfo).port}`,
    get subscribers() {
      return feed.size;
    },
    publish: (item) => feed.publish(item),
  };
};
