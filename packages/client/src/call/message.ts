/**
 * The texts of calls. They are put together from parts that are JSON already: the input
 * was encoded when the call was made.
 */
import type { FirstSending } from "@tautline/contracts/wire";
import type { Call } from "./call.js";

/** PROTOCOL.md §4.1 and §5.1. What is undefined is left out. */
export function requestText(
  { kind, path, input, lastEventId, key, trace }: Call,
  id: number,
  deadlineMs?: number,
  low?: number,
  first?: FirstSending,
): string {
  let text = `{"id":${id},"method":"${kind}","params":{"path":${JSON.stringify(path)}`;
  if (input !== "") text += `,"input":${input}`;
  if (lastEventId !== undefined) text += `,"lastEventId":${JSON.stringify(lastEventId)}`;
  text += "}";
  if (deadlineMs !== undefined) text += `,"deadlineMs":${deadlineMs}`;
  if (low !== undefined) text += `,"low":${low}`;
  if (key !== undefined) text += `,"key":${JSON.stringify(key)}`;
  if (first) text += `,"first":${JSON.stringify(first)}`;
  if (trace) text += `,"trace":${JSON.stringify(trace)}`;
  return `${text}}`;
}

/** PROTOCOL.md §4.3 and §5.3. */
export function withdrawalText({ kind, id }: Call): string {
  return `{"id":${id},"method":"${kind === "subscription" ? "subscription.stop" : "cancel"}"}`;
}

/** PROTOCOL.md §5.4. */
export function creditText(id: number, count: number): string {
  return `{"id":${id},"method":"credit","count":${count}}`;
}

/**
 * The size of a text in bytes of UTF-8, or more: a text far from the limit is not measured,
 * for no character takes more than three bytes a unit of its length.
 */
export function bytesOf(text: string, limit: number): number {
  const most = text.length * 3;
  return most < limit ? most : new TextEncoder().encode(text).length;
}
