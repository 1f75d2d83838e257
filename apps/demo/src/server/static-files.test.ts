import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { staticFiles } from "./static-files.js";

const folder = mkdtempSync(join(tmpdir(), "incident-room-page-"));
mkdirSync(join(folder, "assets"));
writeFileSync(join(folder, "index.html"), "<!doctype html><title>room</title>");
writeFileSync(join(folder, "assets", "index-abc.js"), "export {};".repeat(200));

const http = createServer(staticFiles(folder));
let base = "";
beforeAll(async () => {
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
});
afterAll(() => {
  http.closeAllConnections();
  http.close();
  rmSync(folder, { recursive: true });
});

describe("the page's files", () => {
  it("are served with their type, and a policy that lets nothing else in", async () => {
    const response = await fetch(`${base}/`);
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(response.headers.get("content-security-policy")).toContain("default-src 'self'");
    expect(await response.text()).toContain("room");
  });

  it("are kept for good when their name has a hash, and asked for again when not", async () => {
    const asset = await fetch(`${base}/assets/index-abc.js`);
    expect(asset.headers.get("cache-control")).toContain("immutable");
    expect(asset.headers.get("content-encoding")).toBe("gzip");
    const page = await fetch(`${base}/`);
    expect(page.headers.get("cache-control")).toBe("no-cache");
    const etag = page.headers.get("etag")!;
    const again = await fetch(`${base}/`, { headers: { "if-none-match": etag } });
    expect(again.status).toBe(304);
  });

  it("answer every place inside the page with the page, and nothing outside it", async () => {
    expect(await (await fetch(`${base}/incident/2001`)).text()).toContain("room");
    expect((await fetch(`${base}/missing.js`)).status).toBe(404);
    expect((await fetch(`${base}/..%2f..%2fpackage.json`)).status).toBe(404);
    expect((await fetch(`${base}/%`)).status).toBe(404);
    expect((await fetch(`${base}/`, { method: "POST" })).status).toBe(405);
  });

  it("are missed with a sentence", () => {
    expect(() => staticFiles(join(folder, "assets"))).toThrow("build the page first");
    expect(() => staticFiles(join(folder, "nowhere"))).toThrow("build the page first");
  });
});
