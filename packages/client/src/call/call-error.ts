/**
 * Errors of calls. What the server told and what the client found out by itself have one shape,
 * so that callers need not know who noticed. PROTOCOL.md §6
 *
 * The class is tRPC's in all that can be seen, but importing tRPC's own would put 2.9 kB into
 * every bundle, most of it the socket client this package replaces. Where tRPC is there anyway
 * (`trpc.ts`), its class becomes the parent of this one.
 */
import type { AppErrorCode, AppErrorData } from "@tautline/contracts";
import type { FailureShape } from "@tautline/contracts/wire";
import type { TRPCClientError } from "@trpc/client";

/** What every call rejects with, as far as this package knows it. */
export type AnyCallError = TRPCClientError<{ errorShape: FailureShape; transformer: boolean }>;

/** The class of every error of a call. */
export class CallFailure extends Error {
  declare readonly shape: FailureShape | undefined;
  declare readonly data: FailureShape["data"] | undefined;
  /** tRPC's links keep notes here. */
  declare meta: Record<string, unknown> | undefined;

  constructor(message: string, shape?: FailureShape, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "TRPCClientError";
    this.shape = shape;
    this.data = shape?.data;
  }
}

/** The codes a client finds out by itself. */
export type LocalCode = Exclude<
  AppErrorCode,
  | "OVERFLOW"
  | "RATE_LIMITED"
  | "TOO_MANY_CALLS"
  | "INTERNAL"
  | "NOT_RECORDED"
  | "RESULT_NOT_RETAINED"
  | "REQUEST_ID_CONFLICT"
  | "STALE"
>;

/** What a code means beyond Tautline. */
type Kind = readonly [
  httpStatus: number,
  name: FailureShape["data"]["code"],
  /** JSON-RPC 2.0 §5.1 has numbers of its own for two; tRPC's others end in the status. */
  number?: number,
];

// What `appErrors` of the contracts says of them, in the short form that all bundles hold. The
// others are 503.
const kinds: { readonly [Code in LocalCode]?: Kind } = {
  CANCELLED: [499, "CLIENT_CLOSED_REQUEST"],
  DEADLINE_EXCEEDED: [408, "TIMEOUT"],
  PAYLOAD_TOO_LARGE: [413, "PAYLOAD_TOO_LARGE"],
  INVALID_INPUT: [400, "BAD_REQUEST", -32600],
};

/** Of `CONTRACT_MISMATCH`, which only a client with a contract needs. */
export const mismatchKind: Kind = [412, "PRECONDITION_FAILED"];

/**
 * Builds one of Tautline's own errors as a server would have sent it.
 *
 * @param kind Of a code that not every bundle has to know.
 */
export function toLocalError<Code extends LocalCode>(
  code: Code,
  data: AppErrorData[Code],
  path: string | undefined,
  message: string,
  cause?: unknown,
  kind: Kind = kinds[code] ?? [503, "SERVICE_UNAVAILABLE", -32603],
): AnyCallError {
  const [httpStatus, name, number = -31600 - httpStatus] = kind;
  const shape = { code: name, httpStatus, path, app: { code, data } };
  return toError({ message, code: number, data: shape } as FailureShape, cause);
}

/** Builds the error of a failure that the server sent. PROTOCOL.md §6 */
export function toFailure(
  encoded: unknown,
  decode: (encoded: unknown) => unknown,
  path: string | undefined,
): AnyCallError {
  try {
    const shape = decode(encoded) as FailureShape;
    if (typeof shape.code === "number" && typeof shape.message === "string") return toError(shape);
    throw new TypeError("It is no failure");
  } catch (error) {
    return toUnreadable(path, error);
  }
}

/** Builds the error of an answer that can not be decoded: the two ends differ in transformer. */
export function toUnreadable(path: string | undefined, cause: unknown): AnyCallError {
  const message = `Cannot decode the answer: ${cause}`;
  const data = { code: "PARSE_ERROR", httpStatus: 400, path } as const;
  return toError({ message, code: -32700, data } as FailureShape, cause);
}

/** Builds the error of an input that can not be sent. */
export function toUnfit(path: string, cause: unknown): AnyCallError {
  const message = `Cannot send the input: ${(cause as Error)?.message ?? cause}`;
  return toLocalError("INVALID_INPUT", { issues: [{ path: [], message }] }, path, message, cause);
}

function toError(shape: FailureShape, cause?: unknown): AnyCallError {
  return new CallFailure(shape.message, shape, cause) as AnyCallError;
}
