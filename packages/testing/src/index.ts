/** What a test of live code needs: time moved by hand, sockets in memory, waiting without sleep. */
export { createManualClock, type ManualClock } from "./manual-clock.js";
export type { DeliveredFrame, Direction, LinkControl, LinkOptions } from "./memory/link.js";
export {
  type AcceptMemorySocket,
  createMemoryNetwork,
  type DialledSocketPair,
  type MemoryNetwork,
  type MemoryNetworkOptions,
  type MemoryRequest,
} from "./memory/network.js";
export {
  createMemorySocketPair,
  type MemorySocketPair,
  type MemorySocketPairOptions,
} from "./memory/socket-pair.js";
export type { TranscriptOptions } from "./memory/transcript.js";
export { settled } from "./settled.js";
export { type Truthy, type UntilOptions, until } from "./until.js";
