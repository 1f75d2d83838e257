/**
 * Socket.IO with acknowledgements for calls and a room for the subscription, as its documentation
 * shows both. Only the WebSocket transport: long polling, its default first step, would be measured
 * otherwise. It validates nothing and sends Dates as ISO text, so the application makes them Dates.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server } from "socket.io";
import { type Chunk, flood } from "../../app/flood.js";
import { answerTo, type Item, reviveItem } from "../../app/item.js";
import type { Serve } from "../contestant.js";

export interface FromClient {
  answer(item: Item, reply: (answer: Item) => void): void;
  follow(): void;
  flood(): void;
}

export interface FromServer {
  item(item: Item): void;
  chunk(chunk: Chunk): void;
}

export const serve: Serve = async () => {
  const http = createServer();
  const io = new Server<FromClient, FromServer>(http, { transports: ["websocket"] });
  io.on("connection", (socket) => {
    const left = new AbortController();
    socket.on("answer", (item, reply) => reply(answerTo(reviveItem(item))));
    socket.on("follow", () => void socket.join("followers"));
    socket.on("flood", async () => {
      for await (const chunk of flood(left.signal)) socket.emit("chunk", chunk);
    });
    socket.on("disconnect", () => left.abort());
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    get subscribers() {
      return io.sockets.adapter.rooms.get("followers")?.size ?? 0;
    },
    publish: (item) => void io.to("followers").emit("item", item),
  };
};
