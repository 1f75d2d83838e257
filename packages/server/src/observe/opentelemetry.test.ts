import { context, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { abortReason } from "../call/call.js";
import { appError, declaredError } from "../errors.js";
import { TRPCError } from "../trpc.js";
import { openTelemetry } from "./opentelemetry.js";
import type { TracedCall } from "./tracing.js";
import { outcomeOf } from "./watch.js";

const traceId = "0af7651916cd43dd8448eb211c80319c";
const spanId = "b7ad6b7169203331";
const remote = `00-${traceId}-${spanId}-01`;

const exporter = new InMemorySpanExporter();
const tracerProvider = new BasicTracerProvider({
  spanProcessors: [new SimpleSpanProcessor(exporter)],
});
const tracing = openTelemetry({ tracerProvider });
const list: TracedCall = { kind: "query", path: "orders.list", known: true, trace: undefined };
const ticks: TracedCall = { kind: "subscription", path: "ticks", known: true, trace: remote };

beforeEach(() => {
  exporter.reset();
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
});
afterEach(() => context.disable());

/** The span of a call that ended with this. */
function spanOf(call: TracedCall, error?: TRPCError, events = 0) {
  tracing.start(call).end({ outcome: outcomeOf(error), error, events });
  return exporter.getFinishedSpans().at(-1)!;
}

const activeSpanId = () => trace.getActiveSpan()?.spanContext().spanId;

describe("a call's span", () => {
  it("is a server's, named by the procedure", () => {
    const span = spanOf(list);
    expect([span.name, span.kind, span.status.code]).toEqual([
      "orders.list",
      SpanKind.SERVER,
      SpanStatusCode.UNSET,
    ]);
    expect(span.attributes).toEqual({
      "rpc.system.name": "tautline",
      "rpc.method": "orders.list",
      "rpc.response.status_code": "OK",
      "tautline.procedure.kind": "query",
    });
  });

  it("does not take its name from a client that asks for what is not there", () => {
    const span = spanOf(
      { ...list, path: "no such", known: false },
      new TRPCError({ code: "NOT_FOUND" }),
    );
    expect(span.name).toBe("tautline");
    expect(span.attributes).toMatchObject({
      "rpc.method": "_OTHER",
      "rpc.method_original": "no such",
      "rpc.response.status_code": "NOT_FOUND",
    });
  });

  it("belongs to the trace of the client's span", () => {
    const span = spanOf({ ...list, trace: remote });
    expect(span.spanContext().traceId).toBe(traceId);
    expect(span.parentSpanContext).toMatchObject({ spanId, isRemote: true });
  });

  it.each([
    ["there is none", undefined],
    ["it is no traceparent", "00-0-0-01"],
    ["it is no text", { traceId }],
  ])("begins a trace when %s", (_, given) => {
    const span = spanOf({ ...list, trace: given });
    expect(span.parentSpanContext).toBeUndefined();
    expect(span.spanContext().traceId).not.toBe(traceId);
  });

  it("begins a trace for clients that are not trusted with one", () => {
    const alone = openTelemetry({ tracerProvider, trustClients: false });
    alone.start({ ...list, trace: remote }).end({ outcome: "ok", error: undefined, events: 0 });
    expect(exporter.getFinishedSpans()[0]?.parentSpanContext).toBeUndefined();
  });

  it("has nothing to do with the span in which the socket was opened", () => {
    const tracer = tracerProvider.getTracer("the HTTP server's");
    tracer.startActiveSpan("GET /line", (upgrade) => {
      expect(spanOf(list).parentSpanContext).toBeUndefined();
      upgrade.end();
    });
  });

  it("is active while the handler runs, also after it has waited", async () => {
    const span = tracing.start(list);
    const seen = await span.run(async () => {
      const before = activeSpanId();
      await Promise.resolve();
      tracerProvider.getTracer("a database").startSpan("SELECT").end();
      return [before, activeSpanId()];
    });
    span.end({ outcome: "ok", error: undefined, events: 0 });
    expect(activeSpanId()).toBeUndefined();
    const [child, own] = exporter.getFinishedSpans();
    expect(seen).toEqual([own?.spanContext().spanId, own?.spanContext().spanId]);
    expect(child?.parentSpanContext?.spanId).toBe(own?.spanContext().spanId);
  });

  it("is active in every step of a subscription, and in its end", async () => {
    const seen: unknown[] = [];
    async function* handler() {
      try {
        for (;;) {
          seen.push(activeSpanId());
          await Promise.resolve();
          seen.push(activeSpanId());
          yield 1;
        }
      } finally {
        seen.push(activeSpanId());
      }
    }
    const span = tracing.start(ticks);
    const events = span.follow(span.run(handler));
    const iterator = events[Symbol.asyncIterator]();
    await iterator.next();
    await iterator.next();
    await iterator.return?.();
    span.end({ outcome: "cancelled", error: abortReason.cancelled(), events: 2 });
    const [own] = exporter.getFinishedSpans();
    expect(seen).toEqual(new Array(5).fill(own?.spanContext().spanId));
    expect(own?.attributes["tautline.subscription.events"]).toBe(2);
    expect(own?.spanContext().traceId).toBe(traceId);
  });

  it("leaves an iterator without `return` without one", () => {
    const next = async () => ({ done: true as const, value: undefined });
    const events = tracing.start(ticks).follow({ [Symbol.asyncIterator]: () => ({ next }) });
    expect(events[Symbol.asyncIterator]().return).toBeUndefined();
  });

  const bug = new TRPCError({ code: "INTERNAL_SERVER_ERROR", cause: new Error("a bug") });
  it.each<[string, TRPCError, string, boolean]>([
    ["a declared error", declaredError("TAKEN", {}), "TAKEN", false],
    ["an input that is refused", new TRPCError({ code: "BAD_REQUEST" }), "BAD_REQUEST", false],
    ["a caller who gave up", abortReason.cancelled(), "CANCELLED", false],
    ["a connection that ended", abortReason.closed(1006), "CLOSED", false],
    ["a deadline", abortReason.deadline(50), "DEADLINE_EXCEEDED", true],
    ["an exception", bug, "INTERNAL_SERVER_ERROR", true],
    [
      "a service that is not there",
      new TRPCError({ code: "SERVICE_UNAVAILABLE" }),
      "SERVICE_UNAVAILABLE",
      true,
    ],
    ["a limit", appError("TOO_MANY_CALLS", { limit: 1 }, "Too many"), "TOO_MANY_CALLS", false],
  ])("says of %s what it was, and whether the server is to blame", (_, error, status, isError) => {
    const span = spanOf(list, error);
    expect(span.attributes["rpc.response.status_code"]).toBe(status);
    expect(span.attributes["error.type"]).toBe(isError ? status : undefined);
    expect(span.status.code).toBe(isError ? SpanStatusCode.ERROR : SpanStatusCode.UNSET);
  });

  it("has the exception that nobody declared", () => {
    const [event] = spanOf(list, bug).events;
    expect(event?.attributes).toMatchObject({
      "exception.type": "Error",
      "exception.message": "a bug",
    });
    expect(spanOf(list, abortReason.deadline(50)).events).toEqual([]);
  });
});
