/**
 * The upgrade: what is decided about an HTTP request before it becomes a socket. Pure, so every
 * strange request is a line in a table of tests. RFC 6455 §4.2, §10.2
 */
import type { IncomingHttpHeaders } from "node:http";
import { chooseDialect, type DialectChoice } from "@tautline/contracts/wire";

/** Which pages may connect. RFC 6455 §10.2 */
export type Origins = "any" | "same" | readonly string[];

/** What becomes of an upgrade request. */
export type UpgradeDecision =
  | {
      readonly accept: true;
      readonly url: URL;
      readonly choice: DialectChoice;
      readonly headers: IncomingHttpHeaders;
      readonly expectsParams: boolean;
    }
  | { readonly accept: false; readonly status: 400 | 403 | 404; readonly reason: string };

/**
 * Reads the URL of a request without trusting it: `//`, or a Host with a blank, makes `URL` throw.
 *
 * @returns `undefined` when there is nothing to be made of it.
 */
export function readUrl(target: string | undefined): URL | undefined {
  // Never resolved against the Host header: it is the client's word, and nothing here needs it.
  if (target === undefined || !target.startsWith("/") || target.startsWith("//")) return undefined;
  try {
    const url = new URL(target, "ws://localhost");
    // `/\evil` names a host of its own as well.
    return url.host === "localhost" ? url : undefined;
  } catch {
    return undefined;
  }
}

/** Decides about a request whose path is ours. */
export function decideUpgrade(
  request: { readonly url?: string | undefined; readonly headers: IncomingHttpHeaders },
  { origins }: { readonly origins: Origins },
): UpgradeDecision {
  const url = readUrl(request.url);
  if (url === undefined) return refuse(400, "Cannot read the request's URL");
  const { origin } = request.headers;
  if (!isAllowed(origin, origins, request.headers.host)) {
    // Cut: a header may have thousands of characters, and this goes into a log.
    return refuse(403, `Cannot accept a connection from the origin ${origin?.slice(0, 100)}`);
  }
  const offered = (request.headers["sec-websocket-protocol"] ?? "").split(",");
  return {
    accept: true,
    url,
    choice: chooseDialect(offered.map((protocol) => protocol.trim())),
    headers: withoutAmbient(request.headers, origins),
    expectsParams: url.search !== "" && url.searchParams.get("connectionParams") === "1",
  };
}

function refuse(status: 400 | 403 | 404, reason: string): UpgradeDecision {
  return { accept: false, status, reason };
}

function isAllowed(origin: string | undefined, origins: Origins, host: string | undefined) {
  // No Origin: not a browser, so no user's cookies can be riding along.
  if (origin === undefined || origins === "any") return true;
  if (origins === "same") return host !== undefined && hostOf(origin) === host;
  return origins.includes(origin);
}

function hostOf(origin: string): string | undefined {
  try {
    return new URL(origin).host;
  } catch {
    return undefined; // "null", or nonsense
  }
}

/**
 * A browser attaches cookies and HTTP credentials by itself, whoever's page asks. They may count
 * only where the pages that may ask are known.
 */
function withoutAmbient(headers: IncomingHttpHeaders, origins: Origins): IncomingHttpHeaders {
  if (origins !== "any") return headers;
  const { cookie: _cookie, authorization: _authorization, ...rest } = headers;
  return rest;
}
