/**
 * `@tautline/server/trpc`: what `@trpc/server/adapters/ws` exports, by the same names, with the same
 * options and on the same wire. An application that uses tRPC over WebSocket changes its import.
 */
export { lastEventIdOf } from "../call/last-event-id.js";
export { jsonEncoder } from "./encoder.js";
export { applyWSSHandler, getWSConnectionHandler } from "./handler.js";
export { handleKeepAlive } from "./keep-alive.js";
export type {
  CreateWSSContextFn,
  CreateWSSContextFnOptions,
  Encoder,
  WSConnectionHandlerOptions,
  WSSHandlerOptions,
} from "./stock.js";
