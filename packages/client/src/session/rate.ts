/**
 * Rate: keeps to the messages per second that `welcome` allows, so that nothing is refused: a
 * refused `credit` would starve its subscription. PROTOCOL.md §8
 */
import { type Clock, createTokenBucket } from "@tautline/contracts/runtime";
import type { ToldLimits } from "@tautline/contracts/wire";

// A tenth is kept back: the network bunches messages up, and what left one by one may arrive
// as a burst.
const share = 0.9;

/**
 * The bucket a client takes its messages from.
 *
 * @param spent Messages sent before the limits were known, hello among them.
 */
export function createRate(
  clock: Clock,
  { messagesPerSecond, messageBurst }: ToldLimits,
  spent: number,
) {
  const most = Math.max(1, messageBurst * share);
  return createTokenBucket(clock, messagesPerSecond * share, most, spent);
}
