import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate } from "node:timers/promises";
import { Counter, Registry } from "prom-client";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { ServerEvent } from "./events.js";
import { readExposition } from "./exposition.test-kit.js";
import { type PrometheusMetrics, type PrometheusOptions, prometheus } from "./prometheus.js";

const made: PrometheusMetrics[] = [];
function measure(options?: PrometheusOptions) {
  const metrics = prometheus(options);
  made.push(metrics);
  return metrics;
}
afterEach(() => {
  for (const metrics of made.splice(0)) metrics.stop();
});

const closing = { reason: "", remoteAddress: undefined, durationMs: 5 };
const opening = { client: undefined, userId: "ana", remoteAddress: undefined };
const call = {
  callId: "1",
  connectionId: "c1",
  kind: "query",
  path: "orders.list",
  known: true,
} as const;
const stream = { ...call, kind: "subscription", path: "ticks" } as const;
const session = { sessionId: "s1", connectionId: "c1" };

/** What the page says of one metric after some events: its samples that are not 0. */
async function after(events: readonly ServerEvent[], name: string) {
  const metrics = measure();
  for (const event of events) metrics.sink(event);
  const family = readExposition(await metrics.text()).get(`tautline_${name}`);
  return family?.samples.filter(({ value }) => value !== 0);
}

const sample = (name: string, value: number, labels = {}) => ({
  name: `tautline_${name}`,
  labels,
  value,
});

describe("metrics for Prometheus", () => {
  it.each<[string, readonly ServerEvent[], readonly [number, Record<string, string>?][]]>([
    [
      "connections",
      [
        { type: "connection.opened", connectionId: "c1", dialect: "full", ...opening },
        { type: "connection.opened", connectionId: "c2", dialect: "full", ...opening },
        { type: "connection.opened", connectionId: "c3", dialect: "base", ...opening },
        {
          type: "connection.closed",
          connectionId: "c1",
          dialect: "full",
          by: "client",
          code: 1000,
          ...closing,
        },
        {
          type: "connection.closed",
          connectionId: undefined,
          dialect: "full",
          by: "server",
          code: 4002,
          ...closing,
        },
      ],
      [
        [1, { dialect: "full" }],
        [1, { dialect: "base" }],
      ],
    ],
    [
      "connections_closed_total",
      [4002, 4999, 3123, 1006].map((code) => ({
        type: "connection.closed",
        connectionId: undefined,
        dialect: "full",
        by: "client",
        code,
        ...closing,
      })),
      [
        [1, { by: "client", code: "4002" }],
        [2, { by: "client", code: "other" }],
        [1, { by: "client", code: "1006" }],
      ],
    ],
    [
      "connections_refused_total",
      [
        {
          type: "connection.refused",
          stage: "upgrade",
          status: 403,
          reason: "x",
          remoteAddress: undefined,
        },
      ],
      [[1, { stage: "upgrade", status: "403" }]],
    ],
    [
      "sessions",
      [
        { type: "session.started", userId: "ana", ...session },
        { type: "session.started", userId: "ben", ...session },
        {
          type: "session.ended",
          sessionId: "s1",
          reason: "closed",
          suspended: false,
          durationMs: 1,
        },
      ],
      [[1]],
    ],
    [
      "sessions_suspended",
      [
        {
          type: "session.suspended",
          sessionId: "s1",
          generation: 1,
          code: 1006,
          unacknowledged: 3,
          unacknowledgedBytes: 99,
        },
        {
          type: "session.suspended",
          sessionId: "s2",
          generation: 1,
          code: 1006,
          unacknowledged: 0,
          unacknowledgedBytes: 0,
        },
        {
          type: "session.suspended",
          sessionId: "s3",
          generation: 1,
          code: 1006,
          unacknowledged: 0,
          unacknowledgedBytes: 0,
        },
        {
          type: "session.resumed",
          generation: 2,
          suspended: true,
          suspendedMs: 10,
          replayedOut: 3,
          ...session,
        },
        {
          type: "session.resumed",
          generation: 2,
          suspended: false,
          suspendedMs: 0,
          replayedOut: 0,
          ...session,
        },
        {
          type: "session.ended",
          sessionId: "s2",
          reason: "unclaimed",
          suspended: true,
          durationMs: 1,
        },
      ],
      [[1]],
    ],
    [
      "messages_replayed_total",
      [
        {
          type: "session.resumed",
          generation: 2,
          suspended: true,
          suspendedMs: 10,
          replayedOut: 3,
          ...session,
        },
      ],
      [[3]],
    ],
    [
      "calls_in_flight",
      [
        { type: "call.started", ...call },
        { type: "call.started", ...call },
        { type: "call.settled", outcome: "ok", durationMs: 3, ...call },
      ],
      [[1, { kind: "query" }]],
    ],
    [
      "call_failures_total",
      [
        {
          type: "call.settled",
          outcome: "failed",
          code: "UNPROCESSABLE_CONTENT",
          appCode: "TAKEN",
          durationMs: 3,
          ...call,
        },
        {
          type: "call.settled",
          outcome: "failed",
          code: "NOT_FOUND",
          appCode: undefined,
          durationMs: 3,
          ...call,
          path: "no such",
          known: false,
        },
        {
          type: "call.settled",
          outcome: "cancelled",
          code: "CLIENT_CLOSED_REQUEST",
          appCode: "CANCELLED",
          durationMs: 3,
          ...call,
        },
      ],
      [
        [1, { path: "orders.list", code: "TAKEN" }],
        [1, { path: "unknown", code: "NOT_FOUND" }],
      ],
    ],
    [
      "subscriptions",
      [
        { type: "subscription.started", ...stream },
        { type: "subscription.started", ...stream },
        { type: "subscription.ended", outcome: "cancelled", events: 9, durationMs: 3, ...stream },
      ],
      [[1, { path: "ticks" }]],
    ],
    ["event_loop_stalled_seconds_total", [{ type: "loop.stalled", stalledMs: 21_500 }], [[21.5]]],
    ["draining", [{ type: "drain.began", connections: 3, deadlineMs: 9 }], [[1]]],
  ])("count %s", async (name, events, expected) => {
    expect(await after(events, name)).toEqual(
      expected.map(([value, labels]) => sample(name, value, labels)),
    );
  });

  it("put durations into buckets of seconds that add up", async () => {
    const settled = { type: "call.settled", outcome: "ok", ...call } as const;
    const samples = await after(
      [
        { ...settled, durationMs: 2 },
        { ...settled, durationMs: 200 },
        { ...settled, durationMs: 60_000 },
      ],
      "call_duration_seconds",
    );
    const labels = { kind: "query", path: "orders.list", outcome: "ok" };
    const named = (suffix: string) => samples?.filter(({ name }) => name.endsWith(suffix));
    const buckets = named("_bucket")?.map(({ labels: { le }, value }) => [le, value]);
    expect(buckets).toEqual([
      ...["0.0025", "0.005", "0.01", "0.025", "0.05", "0.1"].map((le) => [le, 1]),
      ...["0.25", "0.5", "1", "2.5", "5", "10", "30"].map((le) => [le, 2]),
      ["+Inf", 3],
    ]);
    expect(named("_sum")).toEqual([sample("call_duration_seconds_sum", 60.202, labels)]);
    expect(named("_count")).toEqual([sample("call_duration_seconds_count", 3, labels)]);
  });

  it("have no more labels than the server has procedures, whatever clients ask for", async () => {
    const metrics = measure();
    for (let n = 0; n < 1_000; n++) {
      const unknown = { ...call, path: `no such "path" \\ ${n}\n`, known: false };
      metrics.sink({ type: "call.started", ...unknown });
      metrics.sink({ type: "call.settled", outcome: "ok", durationMs: 1, ...unknown });
      metrics.sink({ type: "subscription.started", ...unknown, kind: "subscription" });
      metrics.sink({
        type: "message.refused",
        remoteAddress: undefined,
        code: "NOT_FOUND",
        appCode: undefined,
        reason: "",
        path: unknown.path,
      });
      metrics.sink({
        type: "connection.closed",
        connectionId: undefined,
        dialect: "full",
        by: "client",
        code: 3_000 + n,
        ...closing,
      });
    }
    const families = readExposition(await metrics.text());
    const samples = [...families.values()].flatMap((family) => family.samples);
    expect(samples.length).toBeLessThan(100);
    expect(new Set(samples.flatMap(({ labels }) => labels.path ?? []))).toEqual(
      new Set(["unknown"]),
    );
  });

  it("say how late the event loop was, in seconds, since they were last asked", async () => {
    const metrics = measure();
    const quantiles = async () => {
      const family = readExposition(await metrics.text()).get("tautline_event_loop_delay_seconds");
      return Object.fromEntries(
        family?.samples.map(({ labels, value }) => [labels.quantile, value]) ?? [],
      );
    };
    const patience = { timeout: 10_000 }; // a busy machine stalls the loop by itself
    const seen: number[] = [];
    await vi.waitFor(async () => {
      const until = performance.now() + 250;
      while (performance.now() < until); // what a handler that computes does to everybody
      await setImmediate(); // the loop turns, and notices
      seen.push((await quantiles())["1"]!);
      expect(Math.max(...seen)).toBeGreaterThan(0.2);
    }, patience);
    expect(Math.max(...seen)).toBeLessThan(10);
    await vi.waitFor(async () => expect((await quantiles())["1"]).toBeLessThan(0.2), patience);
  });

  it("share a page with the application's own", async () => {
    const register = new Registry();
    new Counter({ name: "orders_total", help: "Orders", registers: [register] }).inc(3);
    const metrics = measure({ register });
    const families = readExposition(await metrics.text());
    expect(families.get("orders_total")?.samples).toEqual([
      { name: "orders_total", labels: {}, value: 3 },
    ]);
    expect(families.has("tautline_connections")).toBe(true);
    expect(() => measure({ register })).toThrow("tautline_");
  });

  it("names every metric as Prometheus asks: counters end in _total, times are seconds", async () => {
    const families = readExposition(await measure().text());
    expect(families.size).toBeGreaterThan(25);
    for (const [name, { type, help }] of families) {
      expect(name).toMatch(/^tautline_[a-z_]+$/);
      expect(name.endsWith("_total")).toBe(type === "counter");
      expect(name).not.toMatch(/_ms|milli/);
      expect(help).toMatch(/^[A-Z1].+[^.]$/);
    }
  });

  it("are those that the guide has", async () => {
    const page = readFileSync(
      new URL("../../../../docs/guide/observing.md", import.meta.url),
      "utf8",
    );
    const told = new Set(
      page.match(/(?<=^\| .*)`tautline_[a-z_]+`/gm)?.map((name) => name.slice(1, -1)),
    );
    expect(told).toEqual(new Set(readExposition(await measure().text()).keys()));
  });

  it("are read over HTTP, and with nothing but GET and HEAD", async () => {
    const http = createServer(measure().handle).listen(0, "127.0.0.1");
    await new Promise((resolve) => http.once("listening", resolve));
    const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/`;
    const got = await fetch(url);
    expect(got.status).toBe(200);
    expect(got.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(readExposition(await got.text()).size).toBeGreaterThan(25);
    const headed = await fetch(url, { method: "HEAD" });
    expect([headed.status, await headed.text()]).toEqual([200, ""]);
    const posted = await fetch(url, { method: "POST", body: "x" });
    expect([posted.status, posted.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  });
});
