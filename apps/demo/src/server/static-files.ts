/**
 * The built page, served from memory: the files are read and compressed once at start, and a
 * request can only name one of them, so no path can lead outside.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join, relative, sep } from "node:path";
import { gzipSync } from "node:zlib";

const types: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
  ".json": "application/json",
};

const securityHeaders = {
  // Nothing but our own files and our own line. `style-src` allows inline because React writes
  // style attributes.
  "content-security-policy":
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self' ws: wss:; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
};

interface File {
  readonly plain: Buffer;
  readonly gzip: Buffer | undefined;
  readonly headers: Record<string, string>;
}

/**
 * Reads `folder` and returns the request handler that serves it. A path without an extension is
 * a place inside the page, so it gets `index.html`.
 *
 * @throws Error when the page has not been built.
 */
export function staticFiles(folder: string) {
  const files = new Map<string, File>();
  const names = existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
    : [];
  for (const name of names) {
    if (!name.isFile()) continue;
    const path = join(name.parentPath, name.name);
    const url = `/${relative(folder, path).split(sep).join("/")}`;
    files.set(url, toFile(url, readFileSync(path)));
  }
  const index = files.get("/index.html");
  if (!index) throw new Error(`Cannot serve ${folder}: it has no index.html, build the page first`);

  return (request: IncomingMessage, response: ServerResponse) => {
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.writeHead(405, { ...securityHeaders, allow: "GET, HEAD" }).end();
      return;
    }
    const path = pathOf(request.url);
    const file = path && (files.get(path) ?? (extname(path) === "" ? index : undefined));
    if (!file) {
      response.writeHead(404, { ...securityHeaders, "content-type": "text/plain" });
      response.end("Not found");
      return;
    }
    if (request.headers["if-none-match"] === file.headers.etag) {
      response.writeHead(304, file.headers).end();
      return;
    }
    const gzip = /\bgzip\b/.test(request.headers["accept-encoding"] ?? "") ? file.gzip : undefined;
    const body = gzip ?? file.plain;
    response.writeHead(200, {
      ...file.headers,
      ...(gzip && { "content-encoding": "gzip" }),
      "content-length": body.length,
    });
    response.end(request.method === "HEAD" ? undefined : body);
  };
}

function toFile(url: string, plain: Buffer): File {
  const type = types[extname(url)] ?? "application/octet-stream";
  const small = type.startsWith("font/") || plain.length < 512; // gains nothing from compression
  return {
    plain,
    gzip: small ? undefined : gzipSync(plain),
    headers: {
      ...securityHeaders,
      "content-type": type,
      // Vite puts a hash of the content into the names under /assets: they never change.
      "cache-control": url.startsWith("/assets/")
        ? "public, max-age=31536000, immutable"
        : "no-cache",
      etag: `"${createHash("sha256").update(plain).digest("base64url").slice(0, 22)}"`,
      vary: "accept-encoding",
    },
  };
}

function pathOf(url = "/"): string | undefined {
  try {
    return decodeURIComponent(url.split(/[?#]/, 1)[0]!);
  } catch {
    return undefined; // a broken escape names no file
  }
}
