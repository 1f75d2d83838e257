/**
 * Rate: a token bucket per connection. It refuses messages one by one first, so that a client
 * which slows down loses nothing; only one that goes on is cut off. PROTOCOL.md §8
 */
import { type Clock, type TokenCount, takeToken } from "@tautline/contracts/runtime";

/** What becomes of one message. */
export type RateVerdict =
  | { readonly verdict: "accept" }
  | { readonly verdict: "refuse"; readonly retryAfterMs: number }
  | { readonly verdict: "close" };

const accept: RateVerdict = { verdict: "accept" };
const close: RateVerdict = { verdict: "close" };

/** The limits it keeps; the same for all connections. */
export interface RateLimits {
  readonly messagesPerSecond: number;
  readonly messageBurst: number;
}

/** Counts the messages of one connection. */
export class Rate implements TokenCount {
  tokens: number;
  atMs: number;
  readonly #limits: RateLimits;
  /** Messages refused in a row. It is cut off after a burst of them. */
  #refusals = 0;

  constructor(clock: Clock, limits: RateLimits) {
    this.tokens = limits.messageBurst;
    this.atMs = clock.now();
    this.#limits = limits;
  }

  /**
   * Takes one token.
   *
   * @param now The time on its clock, in milliseconds.
   */
  take(now: number): RateVerdict {
    const { messagesPerSecond, messageBurst } = this.#limits;
    const retryAfterMs = takeToken(this, messagesPerSecond, messageBurst, now);
    if (retryAfterMs === 0) {
      // One for one, and not all at once: a flood, too, has a message accepted each millisecond.
      if (this.#refusals > 0) this.#refusals -= 1;
      return accept;
    }
    this.#refusals += 1;
    return this.#refusals > messageBurst ? close : { verdict: "refuse", retryAfterMs };
  }
}
