/** What both ends run on: time, sockets, listeners. For authors of adapters and tests. */
export type { Clock, Timer } from "./clock.js";
export { createEmitter, type Emitter, type Unsubscribe } from "./emitter.js";
export type { ConnectSocket, Frame, Socket, SocketHandler } from "./socket.js";
export { createTimerWheel, systemClock, type TimerPlatform } from "./timer-wheel.js";
