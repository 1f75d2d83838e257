/**
 * Manual clock: time that passes when the test says so. Heartbeats, deadlines and backoff
 * run on a passed-in Clock, so a test that owns this one sees a minute of them in no time,
 * in the same order every time.
 */
import type { Clock } from "@tautline/contracts/runtime";
import { settled } from "./settled.js";

/** A {@link Clock} that stands still until it is advanced. */
export interface ManualClock extends Clock {
  /**
   * Moves time on by `ms` milliseconds and fires what falls due: in order of due time, ties in
   * order of setting, timers set meanwhile included. While a timer runs, `now()` is the
   * moment it was due. A timer that throws stops the clock there; the next call goes on.
   *
   * No promise goes on between two timers. With sockets or async code use `advanceAsync`.
   *
   * @throws RangeError when `ms` is negative or not finite.
   */
  advance(ms: number): void;
  /**
   * Like `advance`, and lets everything that is ready run before the first timer, between two
   * timers and after the last, so a reply sent by a timer is back before the next one fires.
   *
   * @throws RangeError when `ms` is negative or not finite.
   */
  advanceAsync(ms: number): Promise<void>;
  /**
   * Moves time on by `ms` milliseconds at once, and only then fires what fell due: a stalled event
   * loop, or a laptop that slept.
   *
   * @throws RangeError when `ms` is negative or not finite.
   */
  sleep(ms: number): void;
  /** How many timers wait to fire. */
  readonly pending: number;
  /** When they fire, by this clock, earliest first. */
  readonly due: readonly number[];
  /** One line for each timer that waits to fire: what a finished test must not leave behind. */
  leftovers(): string[];
}

interface Waiting {
  readonly dueMs: number;
  readonly run: () => void;
}

/**
 * Creates a clock moved by hand.
 *
 * @param startMs What `now()` says at first, in milliseconds. @default 0
 */
export function createManualClock(startMs = 0): ManualClock {
  /** Always in the order in which they fire. */
  const waiting: Waiting[] = [];
  let nowMs = startMs;

  function fireNext(untilMs: number): boolean {
    const next = waiting[0];
    if (next === undefined || next.dueMs > untilMs) return false;
    waiting.shift();
    nowMs = Math.max(nowMs, next.dueMs);
    next.run();
    return true;
  }

  function endOf(ms: number) {
    if (Number.isFinite(ms) && ms >= 0) return nowMs + ms;
    throw new RangeError(`Cannot advance a clock by ${ms} ms: time moves forward in finite steps`);
  }

  return {
    now: () => nowMs,
    after(delayMs, run) {
      // The real clock would never fire it; a test should hear of that at once.
      if (Number.isNaN(delayMs)) throw new RangeError("Cannot set a timer of NaN ms");
      const entry: Waiting = { dueMs: nowMs + Math.max(0, delayMs), run };
      // From the end: behind those due at the same moment, and most timers are set in order.
      let at = waiting.length;
      while (at > 0 && waiting[at - 1]!.dueMs > entry.dueMs) at--;
      waiting.splice(at, 0, entry);
      return {
        cancel() {
          const found = waiting.indexOf(entry);
          if (found >= 0) waiting.splice(found, 1);
        },
      };
    },
    sleep(ms) {
      nowMs = endOf(ms);
      const due = waiting.filter(({ dueMs }) => dueMs <= nowMs).length;
      for (let fired = 0; fired < due && fireNext(nowMs); fired++);
    },
    advance(ms) {
      const endMs = endOf(ms);
      while (fireNext(endMs));
      // Not simply `endMs`: a timer may have advanced the clock further itself.
      nowMs = Math.max(nowMs, endMs);
    },
    async advanceAsync(ms) {
      const endMs = endOf(ms);
      for (;;) {
        await settled();
        if (fireNext(endMs)) continue;
        if (nowMs >= endMs) return;
        nowMs = endMs; // once more round: what was ready may ask for a timer of 0 ms
      }
    },
    get pending() {
      return waiting.length;
    },
    get due() {
      return waiting.map(({ dueMs }) => dueMs);
    },
    leftovers() {
      return waiting.map(
        ({ dueMs, run }) => `timer due in ${dueMs - nowMs} ms: ${run.name || "unnamed"}`,
      );
    },
  };
}
