/**
 * The time of a client. A server keeps ten thousand timers on one wheel; a client has a handful,
 * and each byte of it is loaded by every page.
 */
import type { Clock } from "@tautline/contracts/runtime";

// The delay of `setTimeout` is a signed 32-bit number; beyond, it fires at once. Cut short it
// fires early, and whoever set it looks at the clock and sets it again.
// https://html.spec.whatwg.org/multipage/timers-and-user-prompts.html#timers
const longestMs = 2 ** 31 - 1;

/** The platform's clock and timers. */
export const platformClock: Clock = {
  now: () => performance.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, Math.min(delayMs, longestMs));
    return { cancel: () => clearTimeout(timer) };
  },
};
