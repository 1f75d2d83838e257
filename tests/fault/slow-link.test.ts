/**
 * A message larger than its link is fast takes longer than a heartbeat waits. Dropped for that, the
 * session would say it again on the next socket, from the beginning, and never get past it.
 */
import { connectionOf, createClient } from "@tautline/client";
import { contract, mutation, query } from "@tautline/contracts";
import { createServer, implement, type ServerEvent } from "@tautline/server";
import { afterEach, beforeEach, expect, it } from "vitest";
import { z } from "zod";
import { type LineProxy, pass, startProxy } from "./proxy.js";

const service = contract({
  down: query({ input: z.number(), output: z.string() }),
  up: mutation({ input: z.string(), output: z.number() }),
});
const router = implement(service).router({
  down: ({ input }) => "x".repeat(input),
  up: ({ input }) => input.length,
});

// Three seconds on this link, and a heartbeat that gives up after 1.3 of silence.
const messageBytes = 1_000_000;
const bytesPerSecond = 333_000;
const heartbeat = { intervalMs: 700, timeoutMs: 600 };

let events: ServerEvent[];
let server: ReturnType<typeof createServer>;
let proxy: LineProxy;
let api: ReturnType<typeof createClient<typeof service>>;

beforeEach(async () => {
  events = [];
  server = createServer({ router, heartbeat, onEvent: (event) => events.push(event) });
  const { port } = await server.listen(0);
  proxy = await startProxy(port);
  api = createClient<typeof service>({ url: `ws://127.0.0.1:${proxy.port}/line` });
  await api.down.query(1);
  proxy.all({ name: "throttle", bytesPerSecond });
});

afterEach(async () => {
  proxy.all(pass);
  await connectionOf(api).close();
  await server.close();
  await proxy.close();
});

it.each([
  ["result", async () => (await api.down.query(messageBytes)).length],
  ["call", () => api.up.mutate("x".repeat(messageBytes))],
])("a large %s arrives, and neither end takes the other for dead", async (_, ask) => {
  expect(await ask()).toBe(messageBytes);
  expect(events.filter(({ type }) => type === "heartbeat.lost")).toEqual([]);
  expect(connectionOf(api).stats.reconnects).toBe(0);
});
