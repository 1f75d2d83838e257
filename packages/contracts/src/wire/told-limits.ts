/**
 * The limits that a client has to know, in a file of their own: of the others it loads nothing.
 * PROTOCOL.md §8
 */
import type { ToldLimits } from "./limits.js";

/** What a client keeps to until a server has told its limits. */
export const defaultToldLimits: ToldLimits = {
  maxFrameBytes: 1_048_576,
  maxCallsInFlight: 64,
  maxSubscriptions: 256,
  messagesPerSecond: 1_000,
  messageBurst: 2_000,
};
