/**
 * Sharing a Node http server: every Tautline server on it has a path of its own, and what is on
 * no path of ours is left to whoever else listens for upgrades.
 */
import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { readUrl } from "./upgrade.js";

/** Handles the upgrade requests of one path. */
export type UpgradeHandler = (request: IncomingMessage, stream: Duplex, head: Buffer) => void;

/** Hears of a request that nobody serves. */
export type OnStray = (request: IncomingMessage, status: RefusalStatus) => void;

interface Route {
  readonly handler: UpgradeHandler;
  readonly onStray: OnStray;
}

interface Attached {
  readonly routes: Map<string, Route>;
  readonly listener: UpgradeHandler;
}

const attachments = new WeakMap<Server, Attached>();

/**
 * Routes the upgrade requests for `path` to `handler`.
 *
 * @param onStray Of several servers on one, the first is told of what is for none of them.
 * @returns what undoes it.
 * @throws TypeError when it is no path, Error when it is taken.
 */
export function attachUpgrade(
  server: Server,
  path: string,
  handler: UpgradeHandler,
  onStray: OnStray,
): () => void {
  if (typeof path !== "string" || readUrl(path)?.pathname !== path) {
    throw new TypeError(
      `Cannot attach to ${JSON.stringify(path)}: no request can have this path, it has to be like "/line"`,
    );
  }
  let attached = attachments.get(server);
  if (attached === undefined) {
    const routes = new Map<string, Route>();
    attached = { routes, listener: (...request) => route(server, routes, ...request) };
    attachments.set(server, attached);
    server.on("upgrade", attached.listener);
  }
  const { routes, listener } = attached;
  if (routes.has(path)) throw new Error(`Cannot attach to ${path}: another server is there`);
  routes.set(path, { handler, onStray });
  let isAttached = true;
  return () => {
    if (!isAttached) return; // the path may be another server's by now
    isAttached = false;
    routes.delete(path);
    if (routes.size > 0) return;
    server.off("upgrade", listener);
    attachments.delete(server);
  };
}

function route(
  server: Server,
  routes: ReadonlyMap<string, Route>,
  request: IncomingMessage,
  stream: Duplex,
  head: Buffer,
) {
  const url = readUrl(request.url);
  const found = url && routes.get(url.pathname);
  if (found !== undefined) return found.handler(request, stream, head);
  if (server.listenerCount("upgrade") > 1) {
    // It is for one of the others, or for none: then nobody listens for its errors, and one
    // reset by the peer would end the process.
    stream.on("error", () => stream.destroy());
    return;
  }
  const status = url === undefined ? 400 : 404;
  for (const { onStray } of routes.values()) {
    onStray(request, status);
    break;
  }
  refuseUpgrade(stream, status, "Nothing is served here");
}

// The line and the headers of each status. RFC 6455 §4.2.2 asks for the version, RFC 9110 §15.5.6
// for the methods.
const statusLines = {
  400: "400 Bad Request",
  403: "403 Forbidden",
  404: "404 Not Found",
  405: "405 Method Not Allowed\r\nAllow: GET",
  503: "503 Service Unavailable\r\nRetry-After: 1",
  426: "426 Upgrade Required\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13",
};

/** Why an upgrade may be refused. */
export type RefusalStatus = keyof typeof statusLines;

/** Answers an upgrade request with an HTTP error, and ends the stream. RFC 6455 §4.2.2 */
export function refuseUpgrade(stream: Duplex, status: RefusalStatus, reason: string) {
  // The stream has no error listener yet, and an error without one would end the process.
  stream.on("error", () => stream.destroy());
  const body = `${reason}\n`;
  stream.end(
    `HTTP/1.1 ${statusLines[status]}\r\n` +
      "Connection: close\r\nContent-Type: text/plain; charset=utf-8\r\n" +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    () => stream.destroy(),
  );
}
