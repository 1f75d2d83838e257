import { context, ROOT_CONTEXT, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { activeTrace } from "./opentelemetry.js";

const traceId = "0af7651916cd43dd8448eb211c80319c";
const spanId = "b7ad6b7169203331";

/** What `activeTrace` says inside a span. */
function within(span: { traceId: string; spanId: string; traceFlags: number }) {
  return context.with(trace.setSpanContext(ROOT_CONTEXT, span), activeTrace);
}

beforeEach(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
});
afterEach(() => context.disable());

describe("the active trace", () => {
  it("is the traceparent of the span one is in", () => {
    expect(within({ traceId, spanId, traceFlags: 1 })).toBe(`00-${traceId}-${spanId}-01`);
  });

  it("is told of a trace that is not recorded, too", () => {
    expect(within({ traceId, spanId, traceFlags: 0 })).toBe(`00-${traceId}-${spanId}-00`);
  });

  it("is still there after an await", async () => {
    const span = { traceId, spanId, traceFlags: 3 };
    const later = context.with(trace.setSpanContext(ROOT_CONTEXT, span), async () => {
      await Promise.resolve();
      return activeTrace();
    });
    expect(await later).toBe(`00-${traceId}-${spanId}-03`);
  });

  it("is none outside of a span, and in one whose ids are none", () => {
    expect(activeTrace()).toBeUndefined();
    expect(within({ traceId: "0".repeat(32), spanId, traceFlags: 1 })).toBeUndefined();
  });
});
