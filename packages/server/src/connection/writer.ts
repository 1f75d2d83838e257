/**
 * Writer: puts the messages about one call together, from parts that are encoded already. The
 * usual one joins JSON text, which costs a fraction of building an object to be stringified; the
 * drop-in for tRPC has another, for applications that bring an encoder. PROTOCOL.md §4.2, §5.1, §6
 */
import type { Frame } from "@tautline/contracts/runtime";
import type { RequestId } from "@tautline/contracts/wire";

/**
 * Writes the messages of one connection.
 *
 * @typeParam Payload What a lane encodes values to, and this takes: JSON text, usually.
 * @typeParam Head What `head` gives, and the rest takes.
 */
export interface MessageWriter<Payload = string, Head = unknown> {
  /**
   * The beginning of every message about a call: its id, and `jsonrpc` if it was asked with it. The
   * id is null for what is about no call.
   */
  head(id: RequestId | null, jsonrpc?: string): Head;
  started(head: Head, isTracked: boolean): Frame;
  /** A result, or an event; `eventId` only of a tracked one. */
  data(head: Head, payload: Payload | undefined, eventId?: string): Frame;
  /** Never throws; nothing where an encoder fails even at this. */
  stopped(head: Head): Frame | undefined;
  /** Never throws either. */
  error(head: Head, payload: Payload): Frame | undefined;
}

/** Joins JSON texts. */
export const jsonWriter: MessageWriter<string, string> = {
  head(id, jsonrpc) {
    const start = typeof id === "number" ? `{"id":${id}` : `{"id":${JSON.stringify(id)}`;
    return jsonrpc === undefined ? start : `${start},"jsonrpc":"2.0"`;
  },
  started: (head, isTracked) =>
    `${head},"result":{"type":"started"${isTracked ? ',"tracked":true' : ""}}}`,
  data(head, payload, eventId) {
    const eventIdPart = eventId === undefined ? "" : `"id":${JSON.stringify(eventId)},`;
    const dataPart = payload === undefined ? "" : `,"data":${payload}`;
    return `${head},"result":{${eventIdPart}"type":"data"${dataPart}}}`;
  },
  stopped: (head) => `${head},"result":{"type":"stopped"}}`,
  error: (head, payload) => `${head},"error":${payload}}`,
};
