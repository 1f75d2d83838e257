/** Clocks: each end has its own, and what is due next on one may come before or after the other's. */
import type { ManualClock } from "@tautline/testing";
import { graceMs } from "./server-end.js";

// Beyond a grace there is only what records are kept for. The two clocks stand still by turns, and to
// the other end of such a wait no time would have passed at all.
const longestMs = 2 * graceMs;

/** Whether a timer may fire. */
export function isDue(clock: ManualClock) {
  return (clock.due[0] ?? Number.POSITIVE_INFINITY) - clock.now() <= longestMs;
}

/** Lets time pass until the next timer. */
export function fireNext(clock: ManualClock) {
  clock.advance(clock.due[0]! - clock.now());
}

/** When timers fire, from now on, for telling states apart. */
export function dueOf(clock: ManualClock) {
  const leftMs = clock.due.map((dueMs) => dueMs - clock.now());
  return leftMs.filter((ms) => ms <= longestMs).join();
}
