/**
 * Time, passed in. Nothing else in Tautline reads a clock or sets a timer, so a test
 * that owns the clock owns every heartbeat, deadline and backoff.
 */

/** A timer that has not fired yet. */
export interface Timer {
  /** Stops the timer. Safe to call twice, and after it has fired. */
  cancel(): void;
}

/** Monotonic time and timers. Wall-clock jumps never show here. */
export interface Clock {
  /** Milliseconds since some fixed moment; only differences mean anything. */
  now(): number;
  /** Runs `run` once, `delayMs` milliseconds from now or a little later. */
  after(delayMs: number, run: () => void): Timer;
}
