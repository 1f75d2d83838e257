/**
 * Token bucket: so many messages a second for long, and a burst after a pause. A server refuses
 * what goes beyond and a client waits, by one count, so that keeping to it here is keeping to it
 * there. PROTOCOL.md §8
 */
import type { Clock } from "./clock.js";

/**
 * Creates a bucket from which one token is taken for each message.
 *
 * @param perSecond Tokens that flow in each second.
 * @param burst The most there can be at once: as many as there are at first.
 * @param spent Tokens taken before there was a bucket; they may be more than a burst.
 */
export function createTokenBucket(clock: Clock, perSecond: number, burst: number, spent = 0) {
  let tokens = burst - spent;
  let filledAt = clock.now();

  return {
    /** Takes one token: 0, or the whole milliseconds after which there will be one. */
    take(): number {
      const now = clock.now();
      tokens = Math.min(burst, tokens + ((now - filledAt) / 1_000) * perSecond);
      filledAt = now;
      if (tokens < 1) return Math.ceil(((1 - tokens) / perSecond) * 1_000);
      tokens -= 1;
      return 0;
    },
  };
}
