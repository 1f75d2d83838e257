/**
 * Watching calls: what turns the life of one call into its events and its span. Where nobody listens
 * and nothing is traced there is no watcher, and a call pays one look at an empty field.
 */
import type { ProcedureKind } from "@tautline/contracts";
import { AppFailure } from "../errors.js";
import type { TRPCError } from "../trpc.js";
import type { Events } from "./emit.js";
import type { CallOutcome, ServerEvents } from "./events.js";
import type { CallSpan, Settlement, Tracing } from "./tracing.js";

/** A call as its watcher is told of it. */
export interface CallStarted {
  readonly kind: ProcedureKind;
  readonly path: string;
  readonly connectionId: string | undefined;
  /** The request's `trace`, unchecked. */
  readonly trace: unknown;
}

/** One call that is watched. */
export interface WatchedCall {
  /** Runs the handler, in the call's span. */
  run<T>(invoke: () => T): T;
  /** A subscription's events: the same, taken in the call's span. */
  follow(events: AsyncIterable<unknown>): AsyncIterable<unknown>;
  /** An event was sent. */
  sent(): void;
  /** It has ended; only the first time counts. */
  settled(error: TRPCError | undefined): void;
}

/** Begins to watch a call. */
export type WatchCall = (call: CallStarted) => WatchedCall;

/** What watching needs. */
export interface WatchOptions {
  readonly events: Events;
  readonly tracing: Tracing | undefined;
  /** Monotonic, in milliseconds. Read only for calls that are watched. */
  readonly now: () => number;
  /** Whether the router has a procedure of this name. */
  readonly isKnown: (path: string) => boolean;
  /** Is told what `tracing` threw. */
  readonly threw: (err: unknown) => void;
}

/** Makes what watches calls; `undefined` where nobody wants to know. */
export function createWatch(options: WatchOptions): WatchCall | undefined {
  const { events, tracing } = options;
  const isWanted =
    tracing !== undefined ||
    events["call.started"] !== undefined ||
    events["call.settled"] !== undefined ||
    events["subscription.started"] !== undefined ||
    events["subscription.ended"] !== undefined;
  if (!isWanted) return undefined;
  let count = 0;
  return (call) => new Watched(options, call, String(++count));
}

class Watched implements WatchedCall {
  readonly #options: WatchOptions;
  readonly #call: ServerEvents["call.started"];
  readonly #startedMs: number;
  readonly #span: CallSpan | undefined;
  #events = 0;
  #isSettled = false;

  constructor(options: WatchOptions, started: CallStarted, callId: string) {
    const { kind, path, connectionId } = started;
    const known = options.isKnown(path);
    this.#options = options;
    this.#call = { callId, connectionId, kind, path, known };
    this.#startedMs = options.now();
    this.#span = this.#startSpan(started);
    options.events[isStream(kind) ? "subscription.started" : "call.started"]?.(this.#call);
  }

  run<T>(invoke: () => T): T {
    return this.#span === undefined ? invoke() : this.#span.run(invoke);
  }

  follow(events: AsyncIterable<unknown>) {
    return this.#span === undefined ? events : this.#span.follow(events);
  }

  sent() {
    this.#events += 1;
  }

  settled(error: TRPCError | undefined) {
    if (this.#isSettled) return;
    this.#isSettled = true;
    const outcome = outcomeOf(error);
    this.#endSpan({ outcome, error, events: this.#events });
    const { events } = this.#options;
    if (!isStream(this.#call.kind)) events["call.settled"]?.(this.#ending(outcome, error));
    else {
      const sent = this.#events;
      events["subscription.ended"]?.({ ...this.#ending(outcome, error), events: sent });
    }
  }

  // Field by field: it is made for every call, and copying objects costs more than all the rest.
  #ending(outcome: CallOutcome, error: TRPCError | undefined) {
    const { callId, connectionId, kind, path, known } = this.#call;
    const failure = error && failureOf(error);
    return {
      callId,
      connectionId,
      kind,
      path,
      known,
      outcome,
      code: failure?.code,
      appCode: failure?.appCode,
      durationMs: this.#options.now() - this.#startedMs,
    };
  }

  // A bug of whoever traces is theirs: the call goes on without.

  #startSpan({ trace }: CallStarted): CallSpan | undefined {
    const { tracing, threw } = this.#options;
    if (tracing === undefined) return undefined;
    const { kind, path, known } = this.#call;
    try {
      return tracing.start({ kind, path, known, trace });
    } catch (err) {
      threw(err);
      return undefined;
    }
  }

  #endSpan(settlement: Settlement) {
    try {
      this.#span?.end(settlement);
    } catch (err) {
      this.#options.threw(err);
    }
  }
}

function isStream(kind: ProcedureKind) {
  return kind === "subscription";
}

// Of our own errors, those that say that nobody waits for an answer any more.
const outcomes: ReadonlyMap<string, CallOutcome> = new Map([
  ["CANCELLED", "cancelled"],
  ["DEADLINE_EXCEEDED", "deadline"],
  ["CLOSED", "closed"],
]);

/** How a call ended that ended with this; `undefined` is an answer. */
export function outcomeOf(error: TRPCError | undefined): CallOutcome {
  if (error === undefined) return "ok";
  const { cause } = error;
  if (!(cause instanceof AppFailure) || cause.declared) return "failed";
  return outcomes.get(cause.app.code) ?? "failed";
}

/** The codes of a failure, as events have them. */
export function failureOf({ code, cause }: TRPCError) {
  return { code, appCode: cause instanceof AppFailure ? cause.app.code : undefined };
}
