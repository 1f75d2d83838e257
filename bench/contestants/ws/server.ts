/**
 * The floor: `ws` and JSON by hand. One JSON.parse, one JSON.stringify and one send per message,
 * one JSON.stringify per publication, no validation, no limits, no errors. Dates travel as ISO text
 * and are made Dates again, which the answer's check asks of everybody.
 */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import { flood } from "../../app/flood.js";
import { answerTo, type Item, reviveItem } from "../../app/item.js";
import type { RunningServer } from "../contestant.js";

/** What a client sends. */
export type ClientMessage =
  | { readonly method: "answer"; readonly id: number; readonly item: Item }
  | { readonly method: "follow" | "flood" };

/** Writes one message. The corked variant brings another. */
export type Send = (socket: WebSocket, text: string) => void;

export const serve = () => serveWs((socket, text) => socket.send(text));

export async function serveWs(send: Send): Promise<RunningServer> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
  const followers = new Set<WebSocket>();

  server.on("connection", (socket) => {
    const left = new AbortController();
    socket.on("message", (data) => {
      const message = JSON.parse(data.toString()) as ClientMessage;
      if (message.method === "answer") {
        const item = answerTo(reviveItem(message.item));
        send(socket, JSON.stringify({ id: message.id, item }));
      } else if (message.method === "follow") followers.add(socket);
      else void sendFlood(socket, left.signal);
    });
    socket.on("close", () => {
      followers.delete(socket);
      left.abort();
    });
  });

  async function sendFlood(socket: WebSocket, signal: AbortSignal) {
    for await (const chunk of flood(signal)) send(socket, JSON.stringify({ chunk }));
  }

  await once(server, "listening");
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get subscribers() {
      return followers.size;
    },
    publish(item) {
      const text = JSON.stringify({ item });
      for (const socket of followers) send(socket, text);
    },
  };
}
