import { EventEmitter, on } from "node:events";
import type { OutputOf } from "@tautline/contracts";
import { createServer, implement, tracked } from "@tautline/server";
import { chat } from "./contract.js";

type Message = OutputOf<typeof chat.say>;
const rooms = new Map<string, Message[]>();
const lastSaid = new Map<string, number>();
const said = new EventEmitter().setMaxListeners(0);

const router = implement(chat).router({
  say({ input: { room, from, text }, fail }) {
    const retryAfterMs = (lastSaid.get(from) ?? 0) + 100 - Date.now();
    if (retryAfterMs > 0) throw fail("TOO_FAST", { retryAfterMs });
    lastSaid.set(from, Date.now());

    const message = { from, text, at: new Date() };
    const messages = rooms.get(room) ?? [];
    rooms.set(room, [...messages, message]);
    said.emit(room, String(messages.length + 1), message);
    return message;
  },
  async *messages({ input: { room }, lastEventId, signal }) {
    // Listen before reading: a message between the two would be lost for good.
    const live = on(said, room, { signal });
    const missed = (rooms.get(room) ?? []).entries();
    for (const [index, message] of missed) {
      if (index >= Number(lastEventId ?? 0)) yield tracked(String(index + 1), message);
    }
    for await (const [id, message] of live) yield tracked(id, message);
  },
});

const { url } = await createServer({ router }).listen(Number(process.env.PORT ?? 3000));
console.log(`Listening on ${url}`);
