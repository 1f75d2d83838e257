/**
 * Timer wheel: ten thousand heartbeats and deadlines on one platform timer.
 *
 * Most timers here are cancelled before they fire (a deadline whose call was answered),
 * so setting and cancelling must cost next to nothing. Timers that are due within the
 * same slice of time share a bucket, and only the earliest bucket holds a platform timer.
 */
import type { Clock, Timer } from "./clock.js";

/** The platform underneath: what `performance` and `setTimeout` give. */
export interface TimerPlatform {
  now(): number;
  setTimer(delayMs: number, run: () => void): unknown;
  clearTimer(timer: unknown): void;
}

// A slice is small beside the delay it rounds up: at most 8 ms late below a second,
// at most 128 ms late above.
const FINE_MS = 8;
const COARSE_MS = 128;
const COARSE_FROM_MS = 1_000;

// The delay of `setTimeout` is a signed 32-bit number, 24.8 days; beyond, it fires at once.
// https://html.spec.whatwg.org/multipage/timers-and-user-prompts.html#timers
const LONGEST_MS = 2 ** 31 - 1;

/** One timer of a wheel. */
class WheelTimer implements Timer {
  readonly run: () => void;
  readonly #bucket: Bucket;
  readonly #wheel: { left(): void };

  constructor(run: () => void, bucket: Bucket, wheel: { left(): void }) {
    this.run = run;
    this.#bucket = bucket;
    this.#wheel = wheel;
  }

  cancel() {
    if (this.#bucket.delete(this)) this.#wheel.left();
  }
}

type Bucket = Set<WheelTimer>;

/** Builds a {@link Clock} that keeps any number of timers on one platform timer. */
export function createTimerWheel(platform: TimerPlatform): Clock {
  const buckets = new Map<number, Bucket>();
  let waiting = 0;
  let armedFor = Number.POSITIVE_INFINITY;
  let armed: unknown;

  const wheel = {
    /** A timer was cancelled. */
    left() {
      if (--waiting > 0) return;
      // The last one out turns off the light, or an idle process could not end.
      buckets.clear();
      disarm();
    },
  };

  function disarm() {
    if (armed !== undefined) platform.clearTimer(armed);
    armed = undefined;
    armedFor = Number.POSITIVE_INFINITY;
  }

  function arm(dueMs: number) {
    disarm();
    armedFor = dueMs;
    const delayMs = Math.max(0, dueMs - platform.now());
    // Cut short it fires early, finds nothing due and is set again for the rest.
    armed = platform.setTimer(Math.min(delayMs, LONGEST_MS), fire);
  }

  function fire() {
    disarm();
    const now = platform.now();
    const due = [...buckets.keys()].filter((dueMs) => dueMs <= now).sort((a, b) => a - b);
    try {
      for (const dueMs of due) {
        const bucket = buckets.get(dueMs);
        if (bucket === undefined) continue; // a callback cancelled the last timer of all
        // Taken out one by one: a callback may cancel a timer that is due in the same slice.
        for (const timer of bucket) {
          bucket.delete(timer);
          waiting--;
          timer.run();
        }
        buckets.delete(dueMs);
      }
    } finally {
      // In `finally`: a callback that throws must not stop every other timer of the process.
      armEarliest();
    }
  }

  function armEarliest() {
    let earliest = Number.POSITIVE_INFINITY;
    for (const [dueMs, bucket] of buckets) {
      if (bucket.size === 0) buckets.delete(dueMs);
      else if (dueMs < earliest) earliest = dueMs;
    }
    if (earliest < armedFor) arm(earliest);
  }

  return {
    now: () => platform.now(),
    after(delayMs, run) {
      const sliceMs = delayMs < COARSE_FROM_MS ? FINE_MS : COARSE_MS;
      // At least one slice ahead of now, so that a callback never adds to its own bucket.
      const dueMs = (Math.floor((platform.now() + Math.max(0, delayMs)) / sliceMs) + 1) * sliceMs;
      let bucket = buckets.get(dueMs);
      if (bucket === undefined) {
        bucket = new Set();
        buckets.set(dueMs, bucket);
      }
      const timer = new WheelTimer(run, bucket, wheel);
      bucket.add(timer);
      waiting++;
      if (dueMs < armedFor) arm(dueMs);
      return timer;
    },
  };
}

declare const performance: { now(): number };
declare function setTimeout(run: () => void, delayMs: number): unknown;
declare function clearTimeout(timer: unknown): void;

/** The clock of this process, used wherever none is passed in. */
export const systemClock: Clock = createTimerWheel({
  now: () => performance.now(),
  setTimer: (delayMs, run) => setTimeout(run, delayMs),
  clearTimer: (timer) => clearTimeout(timer),
});
