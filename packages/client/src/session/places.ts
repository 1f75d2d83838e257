/**
 * Places: how many calls of one kind may be under way. A server tells how many, but some of them
 * can be taken by what it alone knows: handlers of calls that were given up and go on, or other tabs
 * of the same user. Only a refusal shows that. Then as many calls as were not refused are taken for
 * all there is room for, and after a pause one more is tried, then two, then four. PROTOCOL.md §8
 */
import type { Clock } from "@tautline/contracts/runtime";

// A handler that heard its signal is gone sooner, a call with a deadline of seconds can wait so long.
const firstPauseMs = 100;
// Above this, a place that has become free would lie unused for longer than people wait.
const longestPauseMs = 2_000;

/** Counts the places of one kind on one line, all of them free. */
export function createPlaces(clock: Clock) {
  let taken = 0;
  /** As many as there seem to be, whatever was told. */
  let most = Infinity;
  /** How many more are tried next; above 1 when some were since the last refusal. */
  let more = 1;
  let pauseMs = firstPauseMs;
  let tryAtMs = 0;

  return {
    /** The milliseconds until a call may be sent: 0, or infinity when one has to be answered first. */
    waitMs(told: number): number {
      if (taken >= told) return Infinity;
      return taken < most ? 0 : Math.max(0, tryAtMs - clock.now());
    },
    /** A call was sent. */
    take() {
      if (taken >= most) {
        if (more > 1) pauseMs = firstPauseMs; // what was tried last was not refused
        most = taken + more;
        more *= 2;
        tryAtMs = clock.now() + pauseMs;
      }
      taken++;
    },
    /** A call was answered. */
    free() {
      taken--;
    },
    /** The answer was that there is no place. */
    refuse() {
      if (more > 1) pauseMs = Math.min(longestPauseMs, pauseMs * 2);
      more = 1;
      most = taken;
      tryAtMs = clock.now() + pauseMs;
    },
  };
}
