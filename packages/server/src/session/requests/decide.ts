/**
 * What happens to a mutation, given what the store says of it. Pure: the whole policy of
 * DELIVERY.md §4 is this one function, its tests are a table that reads like the specification,
 * and an explorer (`explorer.test.ts`) runs it through crashes, repeats and lost records.
 */
import { type Answer, nobody, type RequestRecord } from "./store.js";

/**
 * What may be done where nobody knows whether the mutation ran.
 *
 * - `never`: nothing. The caller gets `OUTCOME_UNKNOWN`.
 * - `safe`: run it again.
 * - `lookup`: ask the handler's own record first; run it only when that knows of nothing.
 */
export type RepeatPolicy = "never" | "safe" | "lookup";

/** What a client tells of the first sending, when it sends a mutation again in another session. */
export interface FirstSending {
  readonly session: string;
  readonly n: number;
  /** As the `welcome` of that session told it. */
  readonly storeEpoch: string;
  /** How long ago that was when it was sent this time, in milliseconds, by the client's clocks. */
  readonly ageMs: number;
}

/** What is asked for. */
export interface Asked {
  readonly principal: string;
  readonly hash: number;
  readonly n: number;
  /** The smallest n that the session has not had the answer to: the highest it has told. */
  readonly low: number;
  /** Present on what is sent again. */
  readonly first?: FirstSending | undefined;
  readonly repeat: RepeatPolicy;
}

/** What is known. */
export interface Known {
  /** What the store holds under the id; `stale` for a request below its session's `low`. */
  readonly stored: RequestRecord | "stale" | undefined;
  readonly storeEpoch: string;
  /** How long the store keeps a record of this kind, in milliseconds. */
  readonly retentionMs: number;
  /** Of this process. */
  readonly incarnation: string;
  /** Whether this process is running it at this moment. */
  readonly runsHere: boolean;
  /** Whether another process lives, as far as is known. */
  isLive(incarnation: string): boolean;
}

/** What to do. */
export type Decision =
  /**
   * Run it, once the store has agreed. Attempt 1 is created, under that epoch only where one is
   * named; any other is taken over.
   */
  | { readonly name: "run"; readonly attempt: number; readonly onlyUnder?: string }
  /** Ask the handler's own record, once the store has agreed, and run it if that knows nothing. */
  | { readonly name: "lookup"; readonly attempt: number }
  /** It runs in this process: wait for its answer. */
  | { readonly name: "join" }
  /** It runs in another process: wait until the store has its answer, or that process is dead. */
  | { readonly name: "wait" }
  | { readonly name: "replay"; readonly answer: Answer }
  | { readonly name: "refuse"; readonly code: "STALE" | "REQUEST_ID_CONFLICT" | "OUTCOME_UNKNOWN" }
  /** It ran, and its answer is not kept. */
  | { readonly name: "refuse"; readonly code: "RESULT_NOT_RETAINED"; readonly ok: boolean };

/**
 * How much sooner than its record expires a request counts as too old to be run, in milliseconds:
 * what lies between the client's telling its age and the store's looking. It has to cover the time
 * a message can wait in a socket whose server stalls and was not given up yet, by either end.
 */
export const transitMs = 60_000;

/** Decides what is done with a mutation. */
export function decide(asked: Asked, known: Known): Decision {
  const { stored } = known;
  if (asked.n < asked.low || stored === "stale") return { name: "refuse", code: "STALE" };
  if (stored === undefined) return whenAbsent(asked, known);
  if (stored.hash !== asked.hash || stored.principal !== asked.principal) {
    return { name: "refuse", code: "REQUEST_ID_CONFLICT" };
  }
  if (stored.state !== "RUNNING") {
    if (stored.answer !== null) return { name: "replay", answer: stored.answer };
    return { name: "refuse", code: "RESULT_NOT_RETAINED", ok: stored.state === "DONE" };
  }
  if (stored.incarnation === known.incarnation) {
    // Ours, and yet not running: the store failed us when it had to begin or had answered.
    return known.runsHere ? { name: "join" } : unknown(asked.repeat, stored.attempt + 1);
  }
  const isGivenUp = stored.incarnation === nobody;
  if (!isGivenUp && known.isLive(stored.incarnation)) return { name: "wait" };
  return unknown(asked.repeat, stored.attempt + 1);
}

/** Sent for the first time, it has not run. Sent again, its record may be what is lost. */
function whenAbsent({ first, repeat }: Asked, { storeEpoch, retentionMs }: Known): Decision {
  if (first === undefined) return { name: "run", attempt: 1 };
  const isInside = first.ageMs < retentionMs - transitMs;
  if (first.storeEpoch === storeEpoch && isInside) {
    return { name: "run", attempt: 1, onlyUnder: storeEpoch };
  }
  return unknown(repeat, 1);
}

/** Nobody knows whether it ran. */
function unknown(repeat: RepeatPolicy, attempt: number): Decision {
  switch (repeat) {
    case "safe":
      return { name: "run", attempt };
    case "lookup":
      return { name: "lookup", attempt };
    default:
      return { name: "refuse", code: "OUTCOME_UNKNOWN" };
  }
}
