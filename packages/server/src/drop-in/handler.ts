/**
 * The handlers of `@trpc/server/adapters/ws`, by their names and with their options, on the base
 * dialect. PROTOCOL.md §2
 */
import type { IncomingMessage } from "node:http";
import type { Frame } from "@tautline/contracts/runtime";
import type { WebSocket } from "ws";
import type { AnyTRPCRouter } from "../trpc.js";
import { serveSocket } from "./connection.js";
import { chooseFormat } from "./format.js";
import type { WSSHandlerOptions } from "./stock.js";

/**
 * Makes a listener for `connection` of a WebSocketServer that serves the router on each socket.
 *
 * @example
 * ```ts
 * wss.on("connection", getWSConnectionHandler({ wss, router, createContext }));
 * ```
 */
export function getWSConnectionHandler<Router extends AnyTRPCRouter>(
  options: WSSHandlerOptions<Router>,
): (client: WebSocket, req: IncomingMessage) => void {
  return createHandler(options).serve;
}

/**
 * Serves a router on the sockets of a WebSocketServer, as tRPC's own handler does.
 *
 * @returns `broadcastReconnectNotification()`, which asks every client to move to a new connection:
 * before a deployment, say.
 * @example
 * ```ts
 * const wss = new WebSocketServer({ port: 3001 });
 * const handler = applyWSSHandler({ wss, router: appRouter, createContext });
 * process.on("SIGTERM", () => {
 *   handler.broadcastReconnectNotification();
 *   wss.close();
 * });
 * ```
 */
export function applyWSSHandler<Router extends AnyTRPCRouter>(
  options: WSSHandlerOptions<Router>,
): { broadcastReconnectNotification: () => void } {
  const { wss, prefix } = options;
  const handler = createHandler(options);
  wss.on("connection", (client, req) => {
    if (!prefix || req.url?.startsWith(prefix)) return handler.serve(client, req);
    // Somebody else's socket, or nobody's: then its first broken frame would end the process.
    client.on("error", () => {});
  });
  return { broadcastReconnectNotification: handler.askToReconnect };
}

function createHandler<Router extends AnyTRPCRouter>(options: WSSHandlerOptions<Router>) {
  const format = chooseFormat(options.experimental_encoder);
  const served = new Set<(frame: Frame) => void>();
  return {
    serve(client: WebSocket, req: IncomingMessage) {
      const router = options as unknown as WSSHandlerOptions<AnyTRPCRouter>;
      const notify = serveSocket(client, req, router, format, () => served.delete(notify));
      served.add(notify);
    },
    askToReconnect() {
      const frame = format.encoder.encode({ id: null, method: "reconnect" });
      for (const notify of served) notify(frame);
    },
  };
}
