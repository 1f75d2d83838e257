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
export function createTokenBucket(
  clock: Clock,
  perSecond: number,
  burst: number,
  spent = 0,
): TokenBucket {
  return new TokenBucket(clock, perSecond, burst, spent);
}

/** A token bucket. A class: a server has one for each of its connections. */
export class TokenBucket {
  readonly #clock: Clock;
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #filledAt: number;

  constructor(clock: Clock, perSecond: number, burst: number, spent: number) {
    this.#clock = clock;
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst - spent;
    this.#filledAt = clock.now();
  }

  /**
   * Takes one token: 0, or the whole milliseconds after which there will be one.
   *
   * @param now The clock's time, from who has just read it.
   */
  take(now = this.#clock.now()): number {
    const flowedIn = ((now - this.#filledAt) / 1_000) * this.#perSecond;
    this.#tokens = Math.min(this.#burst, this.#tokens + flowedIn);
    this.#filledAt = now;
    if (this.#tokens < 1) return Math.ceil(((1 - this.#tokens) / this.#perSecond) * 1_000);
    this.#tokens -= 1;
    return 0;
  }
}
