/**
 * One call, from the moment it is made until it has settled, and what becomes of it when its
 * connection is lost. Here is the answer to "what if the socket drops right here": a pure
 * function, so the whole policy fits one table of tests.
 */
import type { ProcedureKind } from "@tautline/contracts";
import type { FirstSending } from "@tautline/contracts/wire";
import type { AnyCallError } from "./call-error.js";
import type { CallList, Place } from "./call-list.js";

/** Where a call was sent. */
export interface CallRoute {
  /** The caller gave up: the server is told, and the answer is awaited only to be counted. */
  withdraw(call: Call): void;
  /** The server refused the call: it has no place for it or, `isRate`, too many messages came. */
  refused(call: Call, isRate: boolean): void;
  /** The caller has read `count` events. */
  credit(call: Call, count: number): void;
}

/** Whoever made a call. */
export interface Reader {
  /** The answer, or one event and its id. */
  next(value: any, eventId?: string): void;
  /** It has failed; nothing follows. */
  fail(error: AnyCallError): void;
  /** A subscription has begun, or begun again. */
  begin?(): void;
  /** A subscription has ended without an error, by the server or here. Nothing follows. */
  end?(byServer: boolean): void;
  /** Whether events were received that nobody has read. */
  hasBacklog?(): boolean;
}

/** One call. What changes while it lives is written by the table of calls and by its route. */
export interface Call {
  readonly kind: ProcedureKind;
  readonly path: string;
  /** The input as JSON text; empty when there is none. */
  input: string;
  /** Rises with every call of a client: the order in which they are sent. */
  readonly order: number;
  /** The time the call may take, in milliseconds, or infinity. */
  readonly deadlineMs: number;
  /** When that time is over, by the client's clock. */
  readonly dueMs: number;
  /** Whether sending it twice does no harm. */
  readonly repeatable: boolean;
  /** Whether a subscription without positions begins anew when it was lost. */
  readonly restarts: boolean;
  readonly signal: AbortSignal | undefined;
  /** Names a mutation across sessions. */
  readonly key: string | undefined;
  /** The span it was made in, as a W3C traceparent. */
  readonly trace: string | undefined;

  /** Who is told what becomes of it. */
  readonly reader: Reader;

  route: CallRoute | undefined;
  /** Its number there, or in the session before; 0 if no server can have run it. */
  id: number;
  /** Where a mutation was sent first, if that session is lost. PROTOCOL.md §10.3 */
  first: ((now: number) => FirstSending) | undefined;
  /** When it was sent the last time, by the client's clock. */
  sentMs: number;
  /** The same, by the clock of the day: most others stand still while a machine sleeps. */
  sentAtMs: number;
  /** What the server refused it with, while it waits to be sent again. */
  refusal: AnyCallError | undefined;
  /** Whether it was sent before the server had told its limits. */
  early: boolean;
  settled: boolean;
  started: boolean;
  /** Whether the server said that its events have ids. */
  tracked: boolean;
  lastEventId: string | undefined;
  /** Events read for which no credit was returned yet. */
  owed: number;

  /** Where it is kept until it has settled, and its neighbours there. */
  list: CallList | undefined;
  before: Place | undefined;
  after: Place | undefined;
}

/** What its error says. */
export const lostSentences = {
  OUTCOME_UNKNOWN: "The answer was lost",
  STREAM_LOST: "The stream was lost: it has no ids",
  PAYLOAD_TOO_LARGE: "This call was too large, or another",
};

/** What follows for a call whose connection was lost before it was answered. */
export type AfterLoss = "again" | keyof typeof lostSentences;

/**
 * Decides what follows for a call that was sent when its connection ended.
 *
 * @param code RFC 6455 §7.4. After 1009, too big, nothing that was in flight is sent again: its
 * answer, or the call itself, would end the next connection as well.
 * @param recorded Whether the server keeps a record of its mutations: then it can be asked.
 */
export function afterLoss(
  call: Pick<Call, "kind" | "repeatable" | "restarts" | "started" | "tracked" | "lastEventId">,
  code: number,
  recorded = false,
): AfterLoss {
  const isRecorded = recorded && code !== 1009;
  if (call.kind === "mutation" && !call.repeatable && !isRecorded) return "OUTCOME_UNKNOWN";
  if (code === 1009) return "PAYLOAD_TOO_LARGE";
  if (call.kind !== "subscription") return "again";
  const goesOn = call.tracked || call.lastEventId !== undefined;
  return goesOn || !call.started || call.restarts ? "again" : "STREAM_LOST";
}
