/**
 * Rate: a token bucket per connection. It refuses messages one by one first, so that a client
 * which slows down loses nothing; only one that goes on is cut off. PROTOCOL.md §8
 */
import { type Clock, createTokenBucket } from "@tautline/contracts/runtime";

/** What becomes of one message. */
export type RateVerdict =
  | { readonly verdict: "accept" }
  | { readonly verdict: "refuse"; readonly retryAfterMs: number }
  | { readonly verdict: "close" };

const accept: RateVerdict = { verdict: "accept" };
const close: RateVerdict = { verdict: "close" };

/** Counts the messages of one connection. */
export function createRate(
  clock: Clock,
  limits: { readonly messagesPerSecond: number; readonly messageBurst: number },
) {
  const { messagesPerSecond, messageBurst } = limits;
  const bucket = createTokenBucket(clock, messagesPerSecond, messageBurst);
  let refusals = 0;

  return {
    /** Takes one token. */
    take(): RateVerdict {
      const retryAfterMs = bucket.take();
      if (retryAfterMs === 0) {
        // One for one, and not all at once: a flood, too, has a message accepted each millisecond.
        if (refusals > 0) refusals -= 1;
        return accept;
      }
      refusals += 1;
      return refusals > messageBurst ? close : { verdict: "refuse", retryAfterMs };
    },
  };
}
