/** What both ends run on: time, sockets, listeners, signs of life, rates. For authors of adapters and tests. */
export type { Clock, Timer } from "./clock.js";
export { createEmitter, type Emitter, guarded, type Unsubscribe } from "./emitter.js";
export {
  Heartbeat,
  type HeartbeatOptions,
  type HeartbeatPeer,
} from "./heartbeat.js";
export type { ClientSocket, ConnectSocket, Frame, Socket, SocketHandler } from "./socket.js";
export { createTimerWheel, systemClock, type TimerPlatform } from "./timer-wheel.js";
export { createTokenBucket, type TokenBucket, type TokenCount, takeToken } from "./token-bucket.js";
