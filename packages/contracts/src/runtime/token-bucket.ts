/**
 * Token bucket: so many messages a second for long, and a burst after a pause. A server refuses
 * what goes beyond and a client waits, by one count, so that keeping to it here is keeping to it
 * there. PROTOCOL.md §8
 */
import type { Clock } from "./clock.js";

/** How much there is in a bucket, as {@link takeToken} counts it. */
export interface TokenCount {
  tokens: number;
  /** When there were so many, in milliseconds of some clock. */
  atMs: number;
}

/**
 * Takes one token: 0, or the whole milliseconds after which there will be one.
 *
 * @param perSecond Tokens that flow in each second.
 * @param burst The most there can be at once.
 * @param now The time on the same clock, in milliseconds.
 */
export function takeToken(
  count: TokenCount,
  perSecond: number,
  burst: number,
  now: number,
): number {
  const flowedIn = ((now - count.atMs) / 1_000) * perSecond;
  count.tokens = Math.min(burst, count.tokens + flowedIn);
  count.atMs = now;
  if (count.tokens < 1) return Math.ceil(((1 - count.tokens) / perSecond) * 1_000);
  count.tokens -= 1;
  return 0;
}

/** A token bucket with a clock of its own. */
export interface TokenBucket {
  /**
   * As {@link takeToken}.
   *
   * @param now The clock's time, from who has just read it.
   */
  take(now?: number): number;
}

/**
 * Creates a bucket from which one token is taken for each message.
 *
 * @param perSecond Tokens that flow in each second.
 * @param burst The most there can be at once: as many as there are at first.
 * @param spent Tokens taken before there was a bucket; they may be more than a burst.
 */
export function createTokenBucket(
  clock: Clock,
  perSecond: number,
  burst: number,
  spent = 0,
): TokenBucket {
  const count = { tokens: burst - spent, atMs: clock.now() };
  return { take: (now = clock.now()) => takeToken(count, perSecond, burst, now) };
}
