/**
 * `@tautline/server/trpc`: what `@trpc/server/adapters/ws` exports, by the same names, with the same
 * options and on the same wire. An application that uses tRPC over WebSocket changes its import.
 */
export type {
  CreateWSSContextFn,
  CreateWSSContextFnOptions,
  Encoder,
  WSConnectionHandlerOptions,
  WSSHandlerOptions,
} from "@trpc/server/adapters/ws";
export { lastEventIdOf } from "../call/last-event-id.js";
export { jsonEncoder } from "./encoder.js";
export { applyWSSHandler, getWSConnectionHandler } from "./handler.js";
export { handleKeepAlive } from "./keep-alive.js";
