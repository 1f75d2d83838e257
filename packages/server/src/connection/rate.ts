/**
 * Rate: a token bucket per connection. It refuses messages one by one first, so that a client
 * which slows down loses nothing; only one that goes on is cut off. PROTOCOL.md §8
 */
import type { Clock } from "@tautline/contracts/runtime";

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
  let tokens = messageBurst;
  let refusals = 0;
  let filledAt = clock.now();

  return {
    /** Takes one token. */
    take(): RateVerdict {
      const now = clock.now();
      tokens = Math.min(messageBurst, tokens + ((now - filledAt) / 1_000) * messagesPerSecond);
      filledAt = now;
      if (tokens >= 1) {
        tokens -= 1;
        // One for one, and not all at once: a flood, too, has a message accepted each millisecond.
        if (refusals > 0) refusals -= 1;
        return accept;
      }
      refusals += 1;
      if (refusals > messageBurst) return close;
      return {
        verdict: "refuse",
        retryAfterMs: Math.ceil(((1 - tokens) / messagesPerSecond) * 1_000),
      };
    },
  };
}
