/**
 * Whole clock: time for what ten thousand connections keep of it. A number with a fraction is an
 * object of its own in memory, and nothing that a connection waits for is told to the microsecond.
 */
import type { Clock } from "@tautline/contracts/runtime";

/** The same clock, which tells whole milliseconds. */
export function toWholeClock(clock: Clock): Clock {
  return {
    now: () => Math.trunc(clock.now()),
    after: (delayMs, run) => clock.after(delayMs, run),
  };
}
