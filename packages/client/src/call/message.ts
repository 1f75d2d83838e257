/**
 * The texts a client sends. They are put together from parts that are JSON already: the input
 * was encoded when the call was made, the path once for all calls of a procedure.
 */
import type { ProcedureKind } from "@tautline/contracts";
import {
  type Credentials,
  type FirstSending,
  protocolVersion,
  type SessionAsked,
} from "@tautline/contracts/wire";
import type { Call } from "./call.js";

/** The part of a request that its procedure decides. */
export function requestHead(kind: ProcedureKind, path: string): string {
  const text = /^[\w.]*$/.test(path) ? `"${path}"` : JSON.stringify(path);
  return `"method":"${kind}","params":{"path":${text}`;
}

/** PROTOCOL.md §4.1 and §5.1. What is undefined is left out. */
export function requestText(
  { head, input, lastEventId, key, trace }: Call,
  id: number,
  deadlineMs?: number,
  low?: number,
  first?: FirstSending,
): string {
  let text = `{"id":${id},${head}`;
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

/** PROTOCOL.md §3.1. What is undefined is left out. */
export function helloText(hello: {
  readonly credentials: Credentials | null | undefined;
  readonly client: string | undefined;
  readonly contract: string | undefined;
  readonly session: SessionAsked | undefined;
}): string {
  return JSON.stringify({ method: "hello", version: protocolVersion, ...hello });
}

/** PROTOCOL.md §9.5. */
export function authText(credentials: Credentials | null | undefined): string {
  return JSON.stringify({ method: "auth", credentials: credentials ?? null });
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
