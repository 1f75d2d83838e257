/**
 * `@tautline/client/trpc`: the WebSocket client and link of `@trpc/client`, by the same names, with
 * the same options and on the same wire. An application that uses them changes its import.
 */
export type {
  Encoder,
  TRPCWebSocketClient,
  WebSocketClientOptions,
  WebSocketLinkOptions,
} from "@trpc/client";
export { jsonEncoder } from "./encoder.js";
export { createWSClient } from "./ws-client.js";
export { wsLink } from "./ws-link.js";
