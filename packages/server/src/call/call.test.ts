import { afterEach, describe, expect, it, vi } from "vitest";
import { abortReason, Call } from "./call.js";

const start = { type: "query", path: "a.b", ctx: {} } as const;

/** Counts the controllers made from now on. */
function countControllers() {
  const Original = AbortController;
  let made = 0;
  vi.stubGlobal(
    "AbortController",
    class extends Original {
      constructor() {
        super();
        made++;
      }
    },
  );
  return () => made;
}

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("the signal of a call", () => {
  it("is made when first read, and only once", () => {
    const made = countControllers();
    const call = new Call(start);
    call.abort(abortReason.cancelled());
    expect(made()).toBe(0);
    const { signal } = call;
    expect(call.signal).toBe(signal);
    expect(made()).toBe(1);
  });

  it("aborts with the reason", () => {
    const call = new Call(start);
    const { signal } = call;
    expect(signal.aborted).toBe(false);
    const reason = abortReason.deadline(50);
    call.abort(reason);
    expect([signal.aborted, signal.reason]).toEqual([true, reason]);
  });

  it("aborts when its subscription has ended, though nobody gave it up", () => {
    const early = new Call(start);
    const { signal } = early;
    const late = new Call(start);
    for (const call of [early, late]) call.end();
    expect([signal.aborted, late.signal.aborted]).toEqual([true, true]);
    expect([early.abortedBy, late.abortedBy]).toEqual([undefined, undefined]);
  });

  it("is aborted already when it is read too late", () => {
    const call = new Call(start);
    const reason = abortReason.cancelled();
    call.abort(reason);
    expect(call.signal.reason).toBe(reason);
  });

  it("keeps to the first reason", () => {
    const call = new Call(start);
    const first = abortReason.cancelled();
    call.abort(first);
    call.abort(abortReason.closed(4000));
    expect([call.abortedBy, call.signal.reason]).toEqual([first, first]);
  });

  it("is the one that was given, where one was", () => {
    const made = countControllers();
    const { signal } = new AbortController();
    expect(new Call({ ...start, signal }).signal).toBe(signal);
    expect(made()).toBe(1); // the test's own
  });

  it("can be destructured with the rest", () => {
    const { input, ctx, signal, path, lastEventId } = new Call({ ...start, lastEventId: "7" });
    expect([input, ctx, signal.aborted, path, lastEventId]).toEqual([
      undefined,
      {},
      false,
      "a.b",
      "7",
    ]);
  });
});

describe("a call", () => {
  it.each([
    [abortReason.cancelled(), "CLIENT_CLOSED_REQUEST", "CANCELLED", undefined],
    [abortReason.deadline(50), "TIMEOUT", "DEADLINE_EXCEEDED", { deadlineMs: 50 }],
    [abortReason.closed(4000), "SERVICE_UNAVAILABLE", "CLOSED", { closeCode: 4000 }],
  ])("given up for %s says why", (reason, code, appCode, data) => {
    expect(reason).toMatchObject({ code, cause: { app: { code: appCode, data } } });
  });
});
