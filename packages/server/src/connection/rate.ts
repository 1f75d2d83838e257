/**
 * Rate: a token bucket per connection. It refuses messages one by one first, so that a client
 * which slows down loses nothing; only one that goes on is cut off. PROTOCOL.md §8
 */
import { type Clock, createTokenBucket, type TokenBucket } from "@tautline/contracts/runtime";

/** What becomes of one message. */
export type RateVerdict =
  | { readonly verdict: "accept" }
  | { readonly verdict: "refuse"; readonly retryAfterMs: number }
  | { readonly verdict: "close" };

const accept: RateVerdict = { verdict: "accept" };
const close: RateVerdict = { verdict: "close" };

/** Counts the messages of one connection. */
export class Rate {
  readonly #bucket: TokenBucket;
  /** Messages refused in a row before it is cut off. */
  readonly #patience: number;
  #refusals = 0;

  constructor(
    clock: Clock,
    limits: { readonly messagesPerSecond: number; readonly messageBurst: number },
  ) {
    const { messagesPerSecond, messageBurst } = limits;
    this.#bucket = createTokenBucket(clock, messagesPerSecond, messageBurst);
    this.#patience = messageBurst;
  }

  /**
   * Takes one token.
   *
   * @param now The clock's time, from who has just read it.
   */
  take(now?: number): RateVerdict {
    const retryAfterMs = this.#bucket.take(now);
    if (retryAfterMs === 0) {
      // One for one, and not all at once: a flood, too, has a message accepted each millisecond.
      if (this.#refusals > 0) this.#refusals -= 1;
      return accept;
    }
    this.#refusals += 1;
    return this.#refusals > this.#patience ? close : { verdict: "refuse", retryAfterMs };
  }
}
