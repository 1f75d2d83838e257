/**
 * Rate: keeps to the messages per second that `welcome` allows, so that nothing is refused: a
 * refused `credit` would starve its subscription. PROTOCOL.md §8
 */
import type { Clock } from "@tautline/contracts/runtime";
import type { ToldLimits } from "@tautline/contracts/wire";

// A tenth is kept back: the network bunches messages up, and what left one by one may arrive
// as a burst.
const share = 0.9;

/**
 * A token bucket, full at first.
 *
 * @param spent Messages sent before the limits were known.
 */
export function createRate(
  clock: Clock,
  { messagesPerSecond, messageBurst }: ToldLimits,
  spent: number,
) {
  const perMs = (messagesPerSecond * share) / 1_000;
  const most = Math.max(1, messageBurst * share);
  let tokens = most - spent;
  let filledAt = clock.now();

  return {
    /** Takes one token: 0, or the whole milliseconds after which there will be one. */
    take(): number {
      const now = clock.now();
      tokens = Math.min(most, tokens + (now - filledAt) * perMs);
      filledAt = now;
      if (tokens < 1) return Math.ceil((1 - tokens) / perMs);
      tokens--;
      return 0;
    },
  };
}
