/**
 * What a client of tRPC sends: a frame's value becomes messages, each judged by itself, so that
 * one that is none does not void its neighbours. Inputs stay encoded: a stranger's are decoded
 * only once there is a context to run them in.
 */
import type { Request, RequestId } from "@tautline/contracts/wire";
import { parseTRPCMessage, TRPCError } from "../trpc.js";

/** One message of a frame. */
export type StockMessage =
  | { readonly kind: "request"; readonly request: Request; readonly batchIndex: number }
  | { readonly kind: "stop"; readonly id: RequestId; readonly jsonrpc: string | undefined }
  | Refusal;

/** A message that is only answered. */
export interface Refusal {
  readonly kind: "refusal";
  readonly id: RequestId | null;
  readonly jsonrpc: string | undefined;
  readonly error: TRPCError;
  /** Whether `onError` is told. tRPC's handler keeps unreadable messages to itself. */
  readonly reported: boolean;
}

const undecoded = { serialize: (value: unknown) => value, deserialize: (value: unknown) => value };
const asReceived = { input: undecoded, output: undecoded };

/**
 * Reads the messages of a frame. Never throws.
 *
 * @param value What the frame decoded to.
 */
export function readMessages(value: unknown, maxBatchSize: number | undefined): StockMessage[] {
  if (!Array.isArray(value)) return [readMessage(value, 0)];
  if (typeof maxBatchSize === "number" && value.length > maxBatchSize) return refuseAll(value);
  return value.map(readMessage);
}

/** The answer to what can not be read at all, or in part. */
export function unreadable(value: unknown, cause: unknown): Refusal {
  return refusal(value, new TRPCError({ code: "PARSE_ERROR", cause }), false);
}

function readMessage(value: unknown, batchIndex: number): StockMessage {
  let message: ReturnType<typeof parseTRPCMessage>;
  try {
    message = parseTRPCMessage(value, asReceived);
  } catch (cause) {
    return unreadable(value, cause);
  }
  const { id, jsonrpc, method } = message;
  // JSON reads 1e999 as infinity, and no JSON can name that in an answer.
  if (id === null || idOf(value) === null) {
    const error = new TRPCError({ code: "PARSE_ERROR", message: "`id` is required" });
    return refusal(value, error, true);
  }
  if (method === "subscription.stop") return { kind: "stop", id, jsonrpc };
  return { kind: "request", request: message as Request, batchIndex };
}

/** Refuses a batch: each request in it, or its caller would wait for ever. */
function refuseAll(values: readonly unknown[]): StockMessage[] {
  const message = "Batch call exceeds maximum size";
  const error = new TRPCError({ code: "BAD_REQUEST", message });
  const requests = values.filter(
    (value) => idOf(value) !== null && (value as Fields).method !== "subscription.stop",
  );
  if (requests.length === 0) return [refusal(undefined, error, true)];
  return requests.map((value, index) => refusal(value, error, index === 0));
}

function refusal(value: unknown, error: TRPCError, reported: boolean): Refusal {
  const isVersioned = isObject(value) && value.jsonrpc === "2.0";
  const jsonrpc = isVersioned ? "2.0" : undefined;
  return { kind: "refusal", id: idOf(value), jsonrpc, error, reported };
}

type Fields = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function idOf(value: unknown): RequestId | null {
  const id = isObject(value) ? value.id : undefined;
  return typeof id === "string" || (typeof id === "number" && Number.isFinite(id)) ? id : null;
}
