/**
 * Tracing, as the server sees it: something that begins a span for a call, in which the handler
 * runs, and is told how the call ended. OpenTelemetry is behind it, in `opentelemetry.ts`; nothing
 * here knows it, so that nobody needs it who does not use it.
 */
import type { ProcedureKind } from "@tautline/contracts";
import type { TRPCError } from "../trpc.js";
import type { CallOutcome } from "./events.js";

/** Puts calls into traces. `openTelemetry()` of `@tautline/server/opentelemetry` makes one. */
export interface Tracing {
  /** A call begins. What it throws is logged, and the call goes on without a span. */
  start(call: TracedCall): CallSpan;
}

/** A call that is to be traced. */
export interface TracedCall {
  readonly kind: ProcedureKind;
  /** As the client wrote it: a name of ours only if `known`. */
  readonly path: string;
  readonly known: boolean;
  /** The request's `trace`, unchecked: a W3C traceparent, if the client is honest. PROTOCOL.md §4.1 */
  readonly trace: unknown;
}

/** The span of one call. */
export interface CallSpan {
  /** Runs the handler where spans that it makes become children of this one. */
  run<T>(invoke: () => T): T;
  /** The same for the events of a subscription: a generator runs whenever it is asked for one. */
  follow(events: AsyncIterable<unknown>): AsyncIterable<unknown>;
  /** The call has ended. Called once. */
  end(settlement: Settlement): void;
}

/** How a call ended. */
export interface Settlement {
  readonly outcome: CallOutcome;
  /** What it failed with; `undefined` when it did not. */
  readonly error: TRPCError | undefined;
  /** Events that were sent; 0 for queries and mutations. */
  readonly events: number;
}
