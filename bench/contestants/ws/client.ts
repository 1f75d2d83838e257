/** The floor's client: one JSON.stringify and one send per call, one JSON.parse per message. */
import { once } from "node:events";
import { WebSocket } from "ws";
import type { Chunk } from "../../app/flood.js";
import { type Item, reviveItem } from "../../app/item.js";
import { type Connect, fail, type Line } from "../contestant.js";
import type { ClientMessage, Send } from "./server.js";

/** What a server sends: an answer has an id, a chunk is one of a flood, the rest are events. */
interface ServerMessage {
  readonly id?: number;
  readonly item: Item;
  readonly chunk?: Chunk;
}

export const connect: Connect = (url) => connectWs(url, (socket, text) => socket.send(text));

export async function connectWs(url: string, send: Send): Promise<Line> {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  const waiting = new Map<number, (item: Item) => void>();
  let lastId = 0;
  let onItem: (item: Item) => void = () => fail("Nobody asked for events");
  let onChunk: (chunk: Chunk) => void = () => fail("Nobody asked for a flood");

  socket.on("message", (data) => {
    const message = JSON.parse(data.toString()) as ServerMessage;
    if (message.id !== undefined) {
      waiting.get(message.id)!(reviveItem(message.item));
      waiting.delete(message.id);
    } else if (message.chunk !== undefined) onChunk(message.chunk);
    else onItem(reviveItem(message.item));
  });
  await once(socket, "open");

  const post = (message: ClientMessage) => send(socket, JSON.stringify(message));
  return {
    answer(item) {
      const id = ++lastId;
      return new Promise((resolve) => {
        waiting.set(id, resolve);
        post({ method: "answer", id, item });
      });
    },
    follow(listener) {
      onItem = listener;
      post({ method: "follow" });
    },
    flood(listener) {
      onChunk = listener;
      post({ method: "flood" });
    },
    async close() {
      socket.close();
      await once(socket, "close");
    },
  };
}
