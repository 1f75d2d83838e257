/**
 * Metrics, as the server sees them: a listener for events, and a page that tells what came of them.
 * Prometheus is behind it, in `prometheus.ts`; nothing here knows its library, so that nobody
 * needs it who does not use it.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { EventSink } from "./events.js";

/** Measures a server. `prometheus()` of `@tautline/server/prometheus` makes one. */
export interface Metrics {
  /** Where a server that listens on a port of its own shows them. */
  readonly path: string;
  /** Counts. */
  readonly sink: EventSink;
  /**
   * Answers an HTTP request with the metrics as they are, whatever its path: mount it where they are
   * to be read. GET and HEAD only.
   */
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void;
}

/** Answers requests with a page that takes a moment to make. */
export function answerWith(
  contentType: string,
  makePage: () => Promise<string>,
): Metrics["handle"] {
  return ({ method }, response) => {
    if (method !== "GET" && method !== "HEAD") {
      response.writeHead(405, { Allow: "GET, HEAD" }).end();
      return;
    }
    makePage().then(
      (page) => {
        // They are of this moment, and of nobody's business but the reader's.
        const headers = { "Content-Type": contentType, "Cache-Control": "no-store" };
        response.writeHead(200, headers).end(method === "GET" ? page : undefined);
      },
      () => response.writeHead(500).end(),
    );
  };
}
