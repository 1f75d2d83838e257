/**
 * How late the event loop is: what a handler that computes for long takes from everybody else.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";

/** Delays of the event loop, in seconds. */
export interface LoopDelays {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

// Every 10 ms, as Node does by default: often enough to see what 1,000 clients would feel.
const resolutionMs = 10;

/** Measures until `stop` is called. Costs a timer of 10 ms, which does not keep the process alive. */
export function watchEventLoop() {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  histogram.enable();

  // Node records the time from one firing of its timer to the next, in nanoseconds.
  const toSeconds = (recorded: number) =>
    Number.isFinite(recorded) ? Math.max(0, recorded / 1e9 - resolutionMs / 1e3) : 0;

  return {
    /** The delays since this was last asked. */
    take(): LoopDelays {
      const delays =
        histogram.count === 0
          ? { p50: 0, p99: 0, max: 0 }
          : {
              p50: toSeconds(histogram.percentile(50)),
              p99: toSeconds(histogram.percentile(99)),
              max: toSeconds(histogram.max),
            };
      histogram.reset();
      return delays;
    },
    stop() {
      histogram.disable();
    },
  };
}
