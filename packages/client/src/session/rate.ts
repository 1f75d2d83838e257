/**
 * Rate: keeps to the messages per second that `welcome` allows, so that nothing is refused: a
 * refused `credit` would starve its subscription. It counts as the server's `takeToken` does, in
 * the few words that one bucket needs. PROTOCOL.md §8
 */
import type { Clock } from "@tautline/contracts/runtime";
import type { ToldLimits } from "@tautline/contracts/wire";

// A tenth is kept back: the network bunches messages up, and what left one by one may arrive
// as a burst.
const share = 0.9;

/**
 * Creates what is asked before each message: 0 if it may leave, or the whole milliseconds after
 * which one may.
 *
 * @param spent Messages sent before the limits were known, hello among them.
 */
export function createRate(
  clock: Clock,
  { messagesPerSecond, messageBurst }: ToldLimits,
  spent: number,
) {
  const perMs = (messagesPerSecond * share) / 1_000;
  const most = Math.max(1, messageBurst * share);
  let tokens = most - spent;
  let countedMs = clock.now();

  return (now: number): number => {
    tokens = Math.min(most, tokens + (now - countedMs) * perMs);
    countedMs = now;
    if (tokens < 1) return Math.ceil((1 - tokens) / perMs);
    tokens--;
    return 0;
  };
}
