/**
 * What a server can be seen to do, from outside: its events, its metrics read by HTTP, and spans of
 * both ends in one trace, over real sockets.
 */
import { context, SpanKind } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { connectionOf, createClient } from "@tautline/client";
import { activeTrace } from "@tautline/client/opentelemetry";
import { contract, mutation, query, subscription } from "@tautline/contracts";
import { createServer, implement, onlyEvents, type ServerEvent } from "@tautline/server";
import { openTelemetry } from "@tautline/server/opentelemetry";
import { prometheus } from "@tautline/server/prometheus";
import { settled, until } from "@tautline/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { readExposition } from "../../packages/server/src/observe/exposition.test-kit.js";
import { call, type ServiceOptions, startService } from "./line.js";

const shop = contract({
  orders: {
    list: query({ output: z.array(z.string()) }),
    place: mutation({
      input: z.string(),
      output: z.string(),
      errors: { SOLD_OUT: z.object({ left: z.int() }) },
    }),
  },
  bug: query({ output: z.string() }),
  wait: query({ output: z.string() }),
  ticks: subscription({ input: z.int(), output: z.int() }),
});

const exporter = new InMemorySpanExporter();
const tracerProvider = new BasicTracerProvider({
  spanProcessors: [new SimpleSpanProcessor(exporter)],
});
const tracer = tracerProvider.getTracer("the application");

const router = implement(shop).router({
  orders: {
    async list() {
      await Promise.resolve();
      tracer.startSpan("SELECT orders").end();
      return ["tea"];
    },
    place({ input, fail }) {
      if (input === "tea") throw fail("SOLD_OUT", { left: 0 });
      return input;
    },
  },
  bug() {
    throw new Error("connect ECONNREFUSED");
  },
  wait: ({ signal }) =>
    new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
  async *ticks({ input }) {
    for (let n = 0; n < input; n++) {
      tracer.startSpan(`tick ${n}`).end();
      yield n;
    }
  },
});

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

beforeEach(() => {
  exporter.reset();
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
});
afterEach(() => context.disable());

const spansNamed = (name: string) =>
  exporter.getFinishedSpans().filter((span) => span.name === name);

describe("metrics", () => {
  it("are on a path of their own, and count what clients do", async () => {
    const metrics = prometheus();
    await using server = createServer({ router, metrics, logger: quiet });
    const { url, port } = await server.listen(0);
    const read = async () => {
      const response = await fetch(`http://127.0.0.1:${port}/metrics`);
      expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
      const families = readExposition(await response.text());
      return (name: string, labels: object = {}) =>
        families
          .get(name.replace(/_(count|bucket)$/, ""))
          ?.samples.find(
            (sample) =>
              sample.name === name &&
              Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
          )?.value;
    };

    const api = createClient<typeof shop>({ url });
    await api.orders.list.query();
    await api.orders.list.query();
    await api.orders.place.mutate("tea").catch(() => {});
    await api.bug.query().catch(() => {});
    await (api as any).no.such.query().catch(() => {});
    const ticks: number[] = [];
    for await (const n of api.ticks.subscribe(3)) ticks.push(n);
    const busy = await read();
    const durations = "tautline_call_duration_seconds_count";
    expect(busy(durations, { path: "orders.list", outcome: "ok" })).toBe(2);
    expect(busy(durations, { path: "orders.place", outcome: "failed" })).toBe(1);
    expect(busy(durations, { path: "unknown" })).toBe(1);
    expect(busy("tautline_call_failures_total", { code: "SOLD_OUT" })).toBe(1);
    expect(busy("tautline_handler_failures_total")).toBe(1);
    expect(busy("tautline_subscriptions_ended_total", { path: "ticks", outcome: "ok" })).toBe(1);
    expect(busy("tautline_connections", { dialect: "full" })).toBe(1);
    expect(busy("tautline_calls_in_flight", { kind: "query" })).toBe(0);

    await connectionOf(api).close();
    await until(() => server.connections.size === 0);
    const idle = await read();
    expect(idle("tautline_connections", { dialect: "full" })).toBe(0);
    expect(idle("tautline_connections_closed_total", { code: "4503" })).toBe(1);
    metrics.stop();
  });

  it("are nowhere else, and not there without being asked for", async () => {
    const metrics = prometheus({ path: "/internal" });
    await using measured = createServer({ router, metrics, logger: quiet });
    await using plain = createServer({ router, logger: quiet });
    const ports = await Promise.all([measured.listen(0), plain.listen(0)]);
    const status = async (port: number, path: string) =>
      (await fetch(`http://127.0.0.1:${port}${path}`)).status;
    expect(await status(ports[0].port, "/internal?of=today")).toBe(200);
    expect(await status(ports[0].port, "/metrics")).toBe(426);
    expect(await status(ports[1].port, "/metrics")).toBe(426);
    metrics.stop();
  });
});

describe("tracing", () => {
  async function startTraced() {
    const tracing = openTelemetry({ tracerProvider });
    const server = createServer({ router, tracing, logger: quiet });
    const { url } = await server.listen(0);
    const api = createClient<typeof shop>({ url, trace: activeTrace });
    return {
      api,
      async [Symbol.asyncDispose]() {
        await connectionOf(api).close();
        await server.close();
      },
    };
  }

  it("joins the caller's span, the call's and those made inside into one trace", async () => {
    await using traced = await startTraced();
    await tracer.startActiveSpan("a click", async (click) => {
      await traced.api.orders.list.query();
      click.end();
    });
    const [click] = spansNamed("a click");
    const [list] = spansNamed("orders.list");
    const [select] = spansNamed("SELECT orders");
    expect(list?.kind).toBe(SpanKind.SERVER);
    expect(list?.parentSpanContext?.spanId).toBe(click?.spanContext().spanId);
    expect(select?.parentSpanContext?.spanId).toBe(list?.spanContext().spanId);
    const ids = [click, list, select].map((span) => span?.spanContext().traceId);
    expect(new Set(ids).size).toBe(1);
  });

  it("keeps calls of different spans apart that travel in one frame", async () => {
    await using traced = await startTraced();
    const clicks = ["one", "two"].map((name) =>
      tracer.startActiveSpan(name, async (span) => {
        await traced.api.orders.list.query();
        span.end();
      }),
    );
    await Promise.all([...clicks, traced.api.orders.list.query()]);
    const parents = spansNamed("orders.list").map((span) => span.parentSpanContext?.spanId);
    const ids = ["one", "two"].map((name) => spansNamed(name)[0]?.spanContext().spanId);
    expect(new Set(parents)).toEqual(new Set([...ids, undefined]));
  });

  it("has one span for a subscription, with everything its handler does inside", async () => {
    await using traced = await startTraced();
    for await (const _ of traced.api.ticks.subscribe(2));
    await until(() => spansNamed("ticks").length === 1);
    const [ticks] = spansNamed("ticks");
    expect(ticks?.attributes["tautline.subscription.events"]).toBe(2);
    for (const name of ["tick 0", "tick 1"]) {
      expect(spansNamed(name)[0]?.parentSpanContext?.spanId).toBe(ticks?.spanContext().spanId);
    }
  });

  it("asks nothing of a client that tells no trace, or a false one", async () => {
    const tracing = openTelemetry({ tracerProvider });
    await using service = startService({ router, tracing });
    const line = await service.connect();
    const answers = await line.ask(call("query", 1, "orders.list", undefined, { trace: { a: 1 } }));
    expect(answers).toMatchObject([{ result: { type: "data" } }]);
    expect(spansNamed("orders.list")[0]?.parentSpanContext).toBeUndefined();
  });
});

describe("events", () => {
  /** What a service tells, without what is random. */
  async function story(deed: (line: Awaited<ReturnType<typeof connect>>) => unknown) {
    const events: ServerEvent[] = [];
    const service = startService({ router, onEvent: (event) => events.push(event) });
    const line = await connect(service);
    await deed(line);
    await settled();
    await service.server.close();
    return events;
  }
  const connect = async (service: ReturnType<typeof startService>) => ({
    ...(await service.connect()),
    clock: service.clock,
  });
  const types = (events: readonly ServerEvent[]) => events.map(({ type }) => type);

  it("tell a connection's life from its opening to its end", async () => {
    const events = await story((line) => line.say(call("query", 1, "orders.list")));
    expect(types(events)).toEqual([
      "connection.opened",
      "call.started",
      "call.settled",
      "connection.closed",
    ]);
    const ids = events.map((event) => "connectionId" in event && event.connectionId);
    expect(new Set(ids).size).toBe(1);
    expect(ids[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(events.at(-1)).toMatchObject({ by: "server", code: 4000 });
  });

  it.each<[string, (line: any) => unknown, readonly object[]]>([
    [
      "a declared error",
      (line) => line.say(call("mutation", 1, "orders.place", "tea")),
      [
        { type: "call.started", kind: "mutation", path: "orders.place", known: true },
        { type: "call.failed", code: "UNPROCESSABLE_CONTENT", appCode: "SOLD_OUT" },
        { type: "call.settled", outcome: "failed", appCode: "SOLD_OUT" },
      ],
    ],
    [
      "an exception",
      (line) => line.say(call("query", 1, "bug")),
      [
        { type: "call.started" },
        { type: "handler.failed", path: "bug", err: { message: "connect ECONNREFUSED" } },
        { type: "call.settled", outcome: "failed", code: "INTERNAL_SERVER_ERROR" },
      ],
    ],
    [
      "a caller who gives up",
      async (line) => {
        line.say(call("query", 1, "wait"));
        await settled();
        await line.clock.advanceAsync(40);
        line.say({ id: 1, method: "cancel" });
      },
      [{ type: "call.started" }, { type: "call.settled", outcome: "cancelled", durationMs: 40 }],
    ],
    [
      "a deadline",
      async (line) => {
        line.say(call("query", 1, "wait", undefined, { deadlineMs: 50 }));
        await settled();
        await line.clock.advanceAsync(60);
      },
      [{ type: "call.started" }, { type: "call.settled", outcome: "deadline" }],
    ],
    [
      "a connection that ends meanwhile",
      async (line) => {
        line.say(call("query", 1, "wait"));
        await settled();
        line.socket.close(1000, "");
      },
      [
        { type: "call.started" },
        { type: "connection.closed", by: "client", code: 1000 },
        { type: "call.settled", outcome: "closed" },
      ],
    ],
    [
      "a procedure that is not there",
      (line) => line.say(call("query", 1, "no.such")),
      [
        { type: "call.started", path: "no.such", known: false },
        { type: "call.failed", code: "NOT_FOUND" },
        { type: "call.settled", outcome: "failed", known: false },
      ],
    ],
    [
      "a subscription that finishes",
      (line) => line.say(call("subscription", 1, "ticks", 3)),
      [
        { type: "subscription.started", path: "ticks" },
        { type: "subscription.ended", outcome: "ok", events: 3 },
      ],
    ],
    [
      "a subscription that is stopped",
      async (line) => {
        line.say(call("subscription", 1, "ticks", 1_000));
        await settled();
        line.say({ id: 1, method: "subscription.stop" });
      },
      [{ type: "subscription.started" }, { type: "subscription.ended", outcome: "cancelled" }],
    ],
    [
      "a subscription whose input is refused",
      (line) => line.say(call("subscription", 1, "ticks", "three")),
      [
        { type: "subscription.started" },
        { type: "call.failed", appCode: "INVALID_INPUT" },
        { type: "subscription.ended", outcome: "failed", events: 0 },
      ],
    ],
    [
      "a message that is none",
      (line) => line.say({ id: 1, method: "dance" }),
      [{ type: "message.refused", code: "BAD_REQUEST" }],
    ],
    [
      "silence",
      async (line) => {
        line.network.blackHole?.();
        await line.clock.advanceAsync(20_000);
      },
      [{ type: "heartbeat.lost" }, { type: "connection.closed", by: "server", code: 4001 }],
    ],
  ])("tell of %s", async (_, deed, expected) => {
    const events = await story(deed);
    const between = events.slice(1, 1 + expected.length);
    expect(between).toMatchObject(expected);
    const started = types(events).filter((type) => /started$/.test(type));
    const over = types(events).filter((type) => /^(call.settled|subscription.ended)$/.test(type));
    expect(over).toHaveLength(started.length); // one each, whatever happened
  });

  it("do not hurt when a listener throws: it is logged, and the call is answered", async () => {
    await using service = startService({
      router,
      onEvent() {
        throw new Error("no disk");
      },
    });
    const line = await service.connect();
    expect(await line.ask(call("query", 1, "orders.list"))).toHaveLength(1);
    const errors = service.log.filter(({ level }) => level === "error");
    expect(errors).toHaveLength(3);
    expect(errors[0]).toMatchObject({
      message: "An event's listener threw",
      fields: { err: { message: "no disk" } },
    });
  });

  it("cost nothing when nobody listens: no clock is read for them, and no connection named", async () => {
    const calls = 50;
    async function costOf(onEvent: ServiceOptions["onEvent"]) {
      // The logger of those who give none; it says warnings, and a call is none.
      await using service = startService({ router, logger: undefined, onEvent });
      const randomUUID = vi.spyOn(crypto, "randomUUID");
      const line = await service.connect();
      const now = vi.spyOn(service.clock, "now");
      line.say(...Array.from({ length: calls }, (_, n) => call("query", n, "orders.list")));
      line.say(call("subscription", calls, "ticks", 3));
      await settled();
      expect(line.about(0)).toHaveLength(1);
      const cost = { reads: now.mock.calls.length, names: randomUUID.mock.calls.length };
      vi.restoreAllMocks();
      return cost;
    }
    const nothing = await costOf(undefined);
    expect(nothing.names).toBe(0);
    expect(await costOf(onlyEvents(["revoked"], () => {}))).toEqual(nothing);
    expect(await costOf(() => {})).toEqual({ reads: nothing.reads + 2 * (calls + 1), names: 1 });
  });
});
