import { describe, expect, it, vi } from "vitest";
import { abortReason } from "../call/call.js";
import { declaredError } from "../errors.js";
import { TRPCError } from "../trpc.js";
import { createEvents, onlyEvents } from "./emit.js";
import type { EventSink, ServerEvent } from "./events.js";
import type { CallSpan, Tracing } from "./tracing.js";
import { createWatch, outcomeOf } from "./watch.js";

const started = { kind: "query", path: "a", connectionId: "c1", trace: undefined } as const;

function startWatching(sinks: readonly EventSink[], tracing?: Tracing) {
  let nowMs = 1_000;
  const now = vi.fn(() => nowMs);
  const threw = vi.fn();
  const isKnown = vi.fn((path: string) => path === "a");
  const watch = createWatch({ events: createEvents(sinks), tracing, now, isKnown, threw });
  return { watch, now, threw, isKnown, advance: (ms: number) => (nowMs += ms) };
}

/** A span that writes down what is done with it. */
function createSpan(): CallSpan & { readonly story: unknown[] } {
  const story: unknown[] = [];
  return {
    story,
    run(invoke) {
      story.push("run");
      return invoke();
    },
    follow(events) {
      story.push("follow");
      return events;
    },
    end: (settlement) => story.push(settlement),
  };
}

describe("watching calls", () => {
  it("does not happen where nobody listens to calls and nothing is traced", () => {
    expect(startWatching([]).watch).toBeUndefined();
    const others = onlyEvents(["connection.opened", "handler.failed"], () => {});
    expect(startWatching([others]).watch).toBeUndefined();
  });

  it("tells how a query began and settled, and how long it took", () => {
    const events: ServerEvent[] = [];
    const { watch, advance } = startWatching([(event) => events.push(event)]);
    const call = watch!(started);
    expect(call.run(() => 7)).toBe(7);
    advance(25);
    call.settled(undefined);
    call.settled(abortReason.cancelled()); // the first counts
    const of = { callId: "1", connectionId: "c1", kind: "query", path: "a", known: true };
    expect(events).toEqual([
      { type: "call.started", ...of },
      { type: "call.settled", ...of, outcome: "ok", durationMs: 25 },
    ]);
  });

  it("tells of a subscription how many events it sent", () => {
    const events: ServerEvent[] = [];
    const { watch } = startWatching([(event) => events.push(event)]);
    const call = watch!({ ...started, kind: "subscription", path: "b" });
    const source = (async function* () {})();
    expect(call.follow(source)).toBe(source);
    call.sent();
    call.sent();
    call.settled(declaredError("TAKEN", {}));
    expect(events).toMatchObject([
      { type: "subscription.started", known: false },
      {
        type: "subscription.ended",
        events: 2,
        outcome: "failed",
        code: "UNPROCESSABLE_CONTENT",
        appCode: "TAKEN",
      },
    ]);
  });

  it("runs the call in its span, and ends that once", () => {
    const span = createSpan();
    const start = vi.fn(() => span);
    const { watch } = startWatching([], { start });
    const call = watch!({ ...started, trace: "00-…" });
    call.run(() => {});
    call.settled(undefined);
    call.settled(undefined);
    expect(start.mock.calls).toMatchObject([
      [{ kind: "query", path: "a", known: true, trace: "00-…" }],
    ]);
    expect(span.story).toEqual(["run", { outcome: "ok", error: undefined, events: 0 }]);
  });

  it("goes on without a span when tracing throws", () => {
    const start = () => {
      throw new Error("no exporter");
    };
    const { watch, threw } = startWatching([], { start });
    const call = watch!(started);
    expect(call.run(() => 7)).toBe(7);
    call.settled(undefined);
    expect(threw.mock.calls).toEqual([[new Error("no exporter")]]);
  });

  it.each<[string, TRPCError | undefined]>([
    ["ok", undefined],
    ["cancelled", abortReason.cancelled()],
    ["deadline", abortReason.deadline(5)],
    ["closed", abortReason.closed(1006)],
    ["failed", new TRPCError({ code: "NOT_FOUND" })],
    ["failed", declaredError("CANCELLED", {})], // the application's own word
  ])("knows %s by the error", (outcome, error) => {
    expect(outcomeOf(error)).toBe(outcome);
  });
});
