/**
 * A port of our own, for a service that has no http server to share.
 */
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { UpgradeHandler } from "./http.js";
import { readUrl } from "./upgrade.js";

/** A port that is listened on. */
export interface Listening {
  readonly port: number;
  readonly url: string;
  /** Accepts nobody any more, and resolves when the last connection is gone. */
  stop(): Promise<void>;
}

/** What a port does with what comes in. */
export interface ListenOptions {
  readonly upgrade: UpgradeHandler;
  /** A page that is shown beside: the metrics. */
  readonly page?: { readonly path: string; readonly handle: RequestListener } | undefined;
  /** Time a client has to send its request, in milliseconds. Node's own are 60 s and 300 s. */
  readonly requestTimeoutMs: number;
  /** What goes wrong later: no file descriptors left for one more client, say. */
  readonly onError: (error: Error) => void;
  /** A client that sent no request in time, or nothing that is one. It has been answered. */
  readonly onBadRequest: (error: Error, remoteAddress: string | undefined) => void;
}

// Clients that all come back at once wait in the kernel's queue. Node's own 511 are soon full, and who
// finds it full comes again after a second, or three. The kernel's limit (somaxconn) holds as well.
const backlog = 4_096;
// How often Node looks for requests that are late.
const checkingIntervalMs = 1_000;
// Node's timers are signed 32-bit numbers; a server without a limit waits for 24 days.
const longestTimeoutMs = 2 ** 31 - 1;

/** Listens for upgrades on every path. Requests for anything but the page are answered with 426. */
export async function listenForUpgrades(
  port: number,
  host: string,
  { upgrade, page, requestTimeoutMs, onError, onBadRequest }: ListenOptions,
): Promise<Listening> {
  const timeoutMs = Math.min(Math.ceil(requestTimeoutMs), longestTimeoutMs);
  const server = createServer(
    {
      headersTimeout: timeoutMs,
      requestTimeout: timeoutMs,
      connectionsCheckingInterval: Math.min(checkingIntervalMs, timeoutMs),
    },
    (request, response) => {
      if (page !== undefined && readUrl(request.url)?.pathname === page.path) {
        return page.handle(request, response);
      }
      // Closed: a client that has nothing to do here should not stay, nor send the next request.
      const headers = { Upgrade: "websocket", Connection: "close", "Content-Type": "text/plain" };
      response.writeHead(426, headers).end("This port speaks WebSocket.\n");
    },
  );
  server.on("upgrade", upgrade);
  answerBadRequests(server, onBadRequest);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, backlog, () => {
      server.off("error", reject);
      resolve();
    });
  });
  server.on("error", onError); // without a listener it would end the process

  const address = server.address() as AddressInfo;
  const shown = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return {
    port: address.port,
    url: `ws://${shown}:${address.port}`,
    stop() {
      return new Promise((resolve) => {
        server.close(() => resolve());
        // Those that have not asked for anything yet; sockets that were upgraded are not among them.
        server.closeAllConnections();
      });
    },
  };
}

const badRequestLines: Readonly<Record<string, string | undefined>> = {
  ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout",
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
  HPE_CHUNK_EXTENSIONS_OVERFLOW: "413 Payload Too Large",
};

/** Answers as Node does when nobody listens; but Node tells nobody. */
function answerBadRequests(server: Server, onBadRequest: ListenOptions["onBadRequest"]) {
  server.on("clientError", (error: Error & { readonly code?: string }, stream) => {
    const { remoteAddress } = stream as Socket; // of plain TCP there is no other stream
    onBadRequest(error, remoteAddress);
    if (!stream.writable) return stream.destroy();
    const line = badRequestLines[error.code ?? ""] ?? "400 Bad Request";
    stream.end(`HTTP/1.1 ${line}\r\nConnection: close\r\n\r\n`, () => stream.destroy());
  });
}
