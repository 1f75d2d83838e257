/**
 * The texts a client sends. They are put together from parts that are JSON already: the input
 * was encoded when the call was made, the path once for all calls of a procedure.
 */
import type { ProcedureKind } from "@tautline/contracts";
import { type Credentials, protocolVersion } from "@tautline/contracts/wire";
import type { Call } from "./call.js";

/** The part of a request that its procedure decides. */
export function requestHead(kind: ProcedureKind, path: string): string {
  return `"method":"${kind}","params":{"path":${JSON.stringify(path)}`;
}

/** PROTOCOL.md §4.1 and §5.1. `leftMs` is infinite where no deadline is told. */
export function requestText(
  { head, input, lastEventId, trace }: Call,
  id: number,
  leftMs: number,
): string {
  let text = `{"id":${id},${head}`;
  if (input !== "") text += `,"input":${input}`;
  if (lastEventId !== undefined) text += `,"lastEventId":${JSON.stringify(lastEventId)}`;
  text += "}";
  // At least 1: a deadline of 0 is none that a server accepts.
  if (leftMs < Infinity) text += `,"deadlineMs":${Math.max(1, Math.ceil(leftMs))}`;
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

/** PROTOCOL.md §3.1. What is undefined is left out. */
export function helloText(hello: {
  readonly credentials: Credentials | null | undefined;
  readonly client: string | undefined;
  readonly contract: string | undefined;
}): string {
  return JSON.stringify({ method: "hello", version: protocolVersion, ...hello });
}

/** PROTOCOL.md §3.3. */
export function connectionParamsText(credentials: Credentials): string {
  return JSON.stringify({ method: "connectionParams", data: credentials });
}

/**
 * The size of a text in bytes of UTF-8, or more: a text far from the limit is not measured,
 * for no character takes more than three bytes a unit of its length.
 */
export function bytesOf(text: string, limit: number): number {
  const most = text.length * 3;
  return most < limit ? most : new TextEncoder().encode(text).length;
}
