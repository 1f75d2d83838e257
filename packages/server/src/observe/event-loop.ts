/**
 * How late the event loop is: what a handler that computes for long takes from everybody else.
 *
 * With a timer of our own, because Node's `monitorEventLoopDelay` loses what comes right after its
 * `reset`, and counts its timer's interval as delay.
 */
import { createHistogram } from "node:perf_hooks";

/** Delays of the event loop, in seconds. */
export interface LoopDelays {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

// Often enough to see what a client would feel, seldom enough to cost nothing: 100 times a second.
const intervalMs = 10;

/** Measures until `stop` is called. Does not keep the process alive. */
export function watchEventLoop() {
  const histogram = createHistogram();
  let expectedMs = performance.now() + intervalMs;

  const timer = setInterval(() => {
    const nowMs = performance.now();
    // In nanoseconds, and at least one: the histogram takes no less.
    histogram.record(Math.max(1, Math.round((nowMs - expectedMs) * 1e6)));
    expectedMs = nowMs + intervalMs;
  }, intervalMs);
  timer.unref();

  return {
    /** The delays since this was last asked; zeroes if the loop has not turned since. */
    take(): LoopDelays {
      if (histogram.count === 0) return { p50: 0, p99: 0, max: 0 };
      const delays = {
        p50: histogram.percentile(50) / 1e9,
        p99: histogram.percentile(99) / 1e9,
        max: histogram.max / 1e9,
      };
      histogram.reset();
      return delays;
    },
    stop() {
      clearInterval(timer);
    },
  };
}
