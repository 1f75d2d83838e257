/**
 * Sharing a Node http server: every Tautline server on it has a path of its own, and what is on
 * no path of ours is left to whoever else listens for upgrades.
 */
import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { readUrl } from "./upgrade.js";

/** Handles the upgrade requests of one path. */
export type UpgradeHandler = (request: IncomingMessage, stream: Duplex, head: Buffer) => void;

interface Attached {
  readonly routes: Map<string, UpgradeHandler>;
  readonly listener: UpgradeHandler;
}

const attachments = new WeakMap<Server, Attached>();

/**
 * Routes the upgrade requests for `path` to `handler`.
 *
 * @returns what undoes it.
 * @throws Error when the path is taken.
 */
export function attachUpgrade(server: Server, path: string, handler: UpgradeHandler): () => void {
  let attached = attachments.get(server);
  if (attached === undefined) {
    const routes = new Map<string, UpgradeHandler>();
    attached = { routes, listener: (...request) => route(server, routes, ...request) };
    attachments.set(server, attached);
    server.on("upgrade", attached.listener);
  }
  const { routes, listener } = attached;
  if (routes.has(path)) throw new Error(`Cannot attach to ${path}: another server is there`);
  routes.set(path, handler);
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
  routes: ReadonlyMap<string, UpgradeHandler>,
  request: IncomingMessage,
  stream: Duplex,
  head: Buffer,
) {
  const url = readUrl(request.url);
  const handler = url && routes.get(url.pathname);
  if (handler !== undefined) return handler(request, stream, head);
  if (server.listenerCount("upgrade") > 1) {
    // It is for one of the others, or for none: then nobody listens for its errors, and one
    // reset by the peer would end the process.
    stream.on("error", () => stream.destroy());
    return;
  }
  refuseUpgrade(stream, url === undefined ? 400 : 404, "Nothing is served here");
}

const statusTexts = { 400: "Bad Request", 403: "Forbidden", 404: "Not Found" };

/** Answers an upgrade request with an HTTP error, and ends the stream. RFC 6455 §4.2.2 */
export function refuseUpgrade(stream: Duplex, status: keyof typeof statusTexts, reason: string) {
  // The stream has no error listener yet, and an error without one would end the process.
  stream.on("error", () => stream.destroy());
  const body = `${reason}\n`;
  stream.end(
    `HTTP/1.1 ${status} ${statusTexts[status]}\r\n` +
      "Connection: close\r\nContent-Type: text/plain; charset=utf-8\r\n" +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    () => stream.destroy(),
  );
}
