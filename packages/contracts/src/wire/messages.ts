/**
 * The messages of the wire, in the order of PROTOCOL.md, and the reading of what a client sent.
 *
 * Reading checks shapes only. Inputs stay encoded: nothing but `hello` is decoded for somebody
 * who has not been authenticated.
 */
import type { ErrorShape } from "../infer.js";
import type { ToldLimits } from "./limits.js";

/** Names a call on its connection. Ours are numbers that rise; stock clients may use strings. */
export type RequestId = number | string;

/** Who the client says it is. Strings only, so that it fits tRPC's connectionParams as well. */
export type Credentials = Readonly<Record<string, string>>;

/** Events a full-dialect subscription may receive before its first `credit`. PROTOCOL.md §5.4 */
export const initialCredit = 32;

// ---- client → server ----------------------------------------------------------------------

/** PROTOCOL.md §3.1: the first message of the full dialect. */
export interface Hello {
  readonly method: "hello";
  readonly version: number;
  readonly credentials?: Credentials | null;
  /** Free text for the server's log, such as `"dashboard/1.4"`. */
  readonly client?: string;
  /** The fingerprint of the contract the client was built with. */
  readonly contract?: string;
  /** Asks for a session: a new one, or one to go on with. Left out: none. PROTOCOL.md §9.1 */
  readonly session?: SessionAsked;
}

/** PROTOCOL.md §9.1: `{}` for a new session. */
export type SessionAsked = { readonly id?: undefined } | SessionToResume;

/** PROTOCOL.md §9.1: the session whose socket was lost. */
export interface SessionToResume {
  readonly id: string;
  /** What the server gave with the id: only this client knows it. */
  readonly secret: string;
  /** How many counted messages of the server the client has heard. */
  readonly received: number;
}

/** PROTOCOL.md §3.3: the first message of the base dialect, if the URL announces it. */
export interface ConnectionParams {
  readonly method: "connectionParams";
  readonly data: Credentials | null;
}

/** PROTOCOL.md §4.1: asks for one call. */
export interface Request {
  readonly id: RequestId;
  readonly jsonrpc?: "2.0";
  readonly method: "query" | "mutation" | "subscription";
  readonly params: {
    readonly path: string;
    /** Encoded by the transformer. Missing means `undefined`. */
    readonly input?: unknown;
    /** Where a tracked subscription goes on. */
    readonly lastEventId?: string;
  };
  /** Milliseconds from now on; clocks of two machines differ, so it is not a moment. */
  readonly deadlineMs?: number;
  /** Names a mutation across sessions: with one key it runs once. PROTOCOL.md §10.2 */
  readonly key?: string;
  /** The smallest id of the session that has no answer yet; its own, when left out. §10.1 */
  readonly low?: number;
  /** Of a mutation that was sent in a session before this one: what it was there. §10.3 */
  readonly first?: FirstSending;
  /** The caller's span, as a W3C traceparent. Unchecked: what is none is as good as nothing. */
  readonly trace?: unknown;
}

/** PROTOCOL.md §10.3: where a mutation was sent first. */
export interface FirstSending {
  readonly session: string;
  readonly n: number;
  /** The epoch of the record store, as `welcome` told it then. */
  readonly storeEpoch: string;
  /** How long ago that was when it is sent again, in milliseconds. */
  readonly ageMs: number;
}

/** PROTOCOL.md §5.3: ends a subscription. */
export interface Stop {
  readonly id: RequestId;
  readonly method: "subscription.stop";
}

/** PROTOCOL.md §4.3: gives a call up. */
export interface Cancel {
  readonly id: RequestId;
  readonly method: "cancel";
}

/** PROTOCOL.md §5.4: lets the server send `count` more events. */
export interface Credit {
  readonly id: RequestId;
  readonly method: "credit";
  readonly count: number;
}

/** PROTOCOL.md §9.3: how many counted messages were heard. Sent by both ends. */
export interface Ack {
  readonly method: "ack";
  readonly received: number;
}

/** PROTOCOL.md §9.5: new credentials on the live connection. */
export interface Auth {
  readonly method: "auth";
  readonly credentials: Credentials | null;
}

/** Anything a client sends, except the texts PING and PONG. */
export type ClientMessage =
  | Hello
  | ConnectionParams
  | Request
  | Stop
  | Cancel
  | Credit
  | Ack
  | Auth;

// ---- server → client ----------------------------------------------------------------------

/** PROTOCOL.md §3.2: answers hello. */
export interface Welcome {
  readonly method: "welcome";
  readonly version: number;
  readonly limits: ToldLimits;
  /** How the server watches for life, and the client should. */
  readonly heartbeat: { readonly intervalMs: number; readonly timeoutMs: number };
  /** The first delay of a reconnect is drawn from 0 to this, in milliseconds. */
  readonly reconnectWindowMs: number;
  /** The fingerprint of the server's contract, when it serves one. */
  readonly contract?: string;
  readonly revision?: number;
  /** There when `hello` asked for a session and the server keeps them. PROTOCOL.md §9.1 */
  readonly session?: SessionGiven;
}

/** PROTOCOL.md §9.1: the session from now on. */
export interface SessionGiven {
  readonly id: string;
  /** Needed to resume it. Told once, when it is new. */
  readonly secret?: string;
  /** Whether it is the one that was asked for; how many of the client's messages were heard, if so. */
  readonly resumed: boolean;
  readonly received?: number;
  /** The messages of the server that it counts as heard, if so: what follows them it says again. */
  readonly from?: number;
  /** How long it outlives its socket, in milliseconds. */
  readonly graceMs: number;
  /** Characters of unacknowledged messages that the server takes from the client at most. */
  readonly maxUnackedBytes: number;
  /** Changes whenever records of mutations may be lost; left out when none are kept. §10.3 */
  readonly storeEpoch?: string;
}

/** PROTOCOL.md §4.2 and §5.1: a result, or one step of a subscription. */
export interface Result {
  readonly id: RequestId;
  readonly jsonrpc?: "2.0";
  readonly result:
    | { readonly type: "data"; readonly data?: unknown; readonly id?: string }
    | { readonly type: "started" }
    | { readonly type: "stopped" };
}

/** PROTOCOL.md §6: a failure. `error` is encoded by the transformer as a whole. */
export interface Failure {
  readonly id: RequestId | null;
  readonly jsonrpc?: "2.0";
  readonly error: unknown;
}

/** What `Failure.error` decodes to. */
export type FailureShape = ErrorShape<{ readonly code: string; readonly data: unknown }>;

/** PROTOCOL.md §3.5: asks the client to connect anew. */
export interface Reconnect {
  readonly id: null;
  readonly method: "reconnect";
}

/** PROTOCOL.md §9.5: the credentials have expired; new ones are awaited for `withinMs`. */
export interface Reauth {
  readonly method: "reauth";
  readonly withinMs: number;
}

/** PROTOCOL.md §9.6: the server drains: connect elsewhere, within `delayMs` from now. */
export interface GoAway {
  readonly method: "goaway";
  readonly delayMs: number;
}

/** Anything a server sends, except the texts PING and PONG. */
export type ServerMessage = Welcome | Result | Failure | Reconnect | Ack | Reauth | GoAway;

// ---- reading ------------------------------------------------------------------------------

/** What a client sent that is no message: answered under `id`, if it had one. */
export interface Malformed {
  readonly method: "malformed";
  readonly id: RequestId | null;
  /** One sentence for the answer. */
  readonly reason: string;
  /** Whether it is a method of a newer version: the connection goes on. PROTOCOL.md §2. */
  readonly unknownMethod: boolean;
}

/** Reads one message of a client. Never throws. Unknown fields are left alone. */
export function readClientMessage(
  value: unknown,
  { maxPathLength }: { readonly maxPathLength: number },
): ClientMessage | Malformed {
  if (!isObject(value)) return malformed(null, "A message must be an object");
  const { method } = value;
  if (method === "hello") return readHello(value);
  if (method === "connectionParams") return readConnectionParams(value);
  if (method === "ack") return readAck(value);
  if (method === "auth") return readAuth(value);

  const id = value.id;
  if (!isRequestId(id)) {
    return malformed(null, "`id` must be a number or a string of 1 to 128 characters");
  }
  switch (method) {
    case "query":
    case "mutation":
    case "subscription":
      return readRequest(id, value, maxPathLength);
    case "subscription.stop":
    case "cancel":
      return value as unknown as Stop | Cancel;
    case "credit": {
      const { count } = value;
      if (Number.isSafeInteger(count) && (count as number) >= 1) return value as unknown as Credit;
      // Under no id: an end that can not count credit can not be answered either. PROTOCOL.md §5.4
      return malformed(null, "`count` must be a whole number above 0");
    }
    default:
      return malformed(id, "`method` is not one this server knows", true);
  }
}

function readRequest(id: RequestId, value: Fields, maxPathLength: number): Request | Malformed {
  const { params, deadlineMs, jsonrpc, key, low, first } = value;
  if (!isObject(params)) return malformed(id, "`params` must be an object");
  const { path, lastEventId } = params;
  if (typeof path !== "string") return malformed(id, "`params.path` must be a string");
  if (path.length > maxPathLength) {
    return malformed(
      id,
      `\`params.path\` has ${path.length} characters: maxPathLength is ${maxPathLength}`,
    );
  }
  if (lastEventId !== undefined && typeof lastEventId !== "string") {
    return malformed(id, "`params.lastEventId` must be a string");
  }
  if (deadlineMs !== undefined && !(typeof deadlineMs === "number" && deadlineMs > 0)) {
    return malformed(id, "`deadlineMs` must be a number above 0");
  }
  if (jsonrpc !== undefined && jsonrpc !== "2.0") {
    return malformed(id, '`jsonrpc` must be "2.0" or left out');
  }
  if (key !== undefined && !(typeof key === "string" && key.length > 0 && key.length <= 128)) {
    return malformed(id, "`key` must be a string of 1 to 128 characters");
  }
  if (low !== undefined && !isCount(low)) {
    return malformed(id, "`low` must be a whole number, 0 or above");
  }
  if (first !== undefined && !isFirstSending(first)) {
    return malformed(id, "`first` must hold `session`, `n`, `storeEpoch` and `ageMs`");
  }
  return value as unknown as Request;
}

function isFirstSending(value: unknown): value is FirstSending {
  if (!isObject(value)) return false;
  const { session, n, storeEpoch, ageMs } = value;
  return isSessionText(session) && isCount(n) && isSessionText(storeEpoch) && isCount(ageMs);
}

function readAck(value: Fields): Ack | Malformed {
  if (isCount(value.received)) return value as unknown as Ack;
  return malformed(null, "`received` must be a whole number, 0 or above");
}

function readAuth(value: Fields): Auth | Malformed {
  const { credentials } = value;
  if (credentials !== null && !isCredentials(credentials)) {
    return malformed(null, "`credentials` must be an object of strings, or null");
  }
  const tooLong = whyTooLong("credentials", lengthOf(credentials), maxCredentialsLength);
  if (tooLong !== undefined) return malformed(null, tooLong);
  return value as unknown as Auth;
}

function readHello(value: Fields): Hello | Malformed {
  const { version, credentials, client, contract, session } = value;
  if (!Number.isSafeInteger(version)) return malformed(null, "`version` must be a whole number");
  if (credentials !== undefined && credentials !== null && !isCredentials(credentials)) {
    return malformed(null, "`credentials` must be an object of strings, or null");
  }
  if (client !== undefined && typeof client !== "string") {
    return malformed(null, "`client` must be a string");
  }
  if (contract !== undefined && typeof contract !== "string") {
    return malformed(null, "`contract` must be a string");
  }
  if (session !== undefined && !isSessionAsked(session)) {
    return malformed(null, "`session` must be {}, or hold `id`, `secret` and `received`");
  }
  const tooLong =
    whyTooLong("credentials", lengthOf(credentials), maxCredentialsLength) ??
    whyTooLong("client", client?.length, maxClientLength) ??
    whyTooLong("contract", contract?.length, maxContractLength);
  if (tooLong !== undefined) return malformed(null, tooLong);
  return value as unknown as Hello;
}

function readConnectionParams(value: Fields): ConnectionParams | Malformed {
  const { data } = value;
  if (data !== null && !isCredentials(data)) {
    return malformed(null, "`data` must be an object of strings, or null");
  }
  const tooLong = whyTooLong("data", lengthOf(data), maxCredentialsLength);
  if (tooLong !== undefined) return malformed(null, tooLong);
  return value as unknown as ConnectionParams;
}

// A connection keeps its greeting for as long as it lives, so a greeting has to be small.
/** What HTTP servers take in headers, and so what tokens are made to fit. */
const maxCredentialsLength = 16_384;
const maxClientLength = 256;
const maxContractLength = 128;
/** Ours have 22 characters: 128 bits in base64url. */
const maxSessionTextLength = 64;

function lengthOf(credentials: Credentials | null | undefined): number {
  return Object.entries(credentials ?? {}).reduce(
    (sum, [name, entry]) => sum + name.length + entry.length,
    0,
  );
}

function whyTooLong(name: string, length = 0, maxLength = 0): string | undefined {
  if (length <= maxLength) return undefined;
  return `\`${name}\` has ${length} characters: ${maxLength} is the limit`;
}

type Fields = Readonly<Record<string, unknown>>;

function malformed(id: RequestId | null, reason: string, unknownMethod = false): Malformed {
  return { method: "malformed", id, reason, unknownMethod };
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isRequestId(value: unknown): value is RequestId {
  if (typeof value === "number") return Number.isFinite(value);
  return typeof value === "string" && value.length > 0 && value.length <= 128;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isSessionText(value: unknown): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= maxSessionTextLength;
}

function isSessionAsked(value: unknown): value is SessionAsked {
  if (!isObject(value)) return false;
  const { id, secret, received } = value;
  return id === undefined || (isSessionText(id) && isSessionText(secret) && isCount(received));
}

function isCredentials(value: unknown): value is Credentials {
  return isObject(value) && Object.values(value).every((entry) => typeof entry === "string");
}
