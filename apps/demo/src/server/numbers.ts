/**
 * Numbers by the clock: each is due at its own time, whichever process tells it. So they go on
 * while nobody hears them, and after a kill the next process has the very next one.
 */
import { setTimeout as delay } from "node:timers/promises";
import { loadEveryMs } from "../vocabulary.js";

/** Who was away for longer than this, in milliseconds, does not get all of it: a gap will show. */
const longestAwayMs = 600_000;

/** Every number after `after`, or from now on, each as it is due, until `signal` aborts. */
export async function* numbersAfter(
  after: number | null,
  signal: AbortSignal,
): AsyncGenerator<number, void, undefined> {
  const present = Math.floor(Date.now() / loadEveryMs);
  // Bounded both ways: a caller's number may be of any time, and a timer can not wait for years.
  const oldest = present - longestAwayMs / loadEveryMs;
  let number = Math.min(present, Math.max(oldest, after ?? present));
  while (!signal.aborted) {
    number += 1;
    const untilDueMs = number * loadEveryMs - Date.now();
    if (untilDueMs > 0) await delay(untilDueMs, undefined, { signal }).catch(() => {});
    if (!signal.aborted) yield number;
  }
}
