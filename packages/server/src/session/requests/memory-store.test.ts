import { createManualClock } from "@tautline/testing";
import { describe, expect, it } from "vitest";
import { describeRequestStore } from "./conformance.test-kit.js";
import { createMemoryRequestStore, type MemoryRequestStoreOptions } from "./memory-store.js";
import type { RequestDraft, RequestId } from "./store.js";

describeRequestStore("memory", ({ sessionRetentionMs, keyRetentionMs }) => {
  const clock = createManualClock();
  const store = createMemoryRequestStore({ clock, sessionRetentionMs, keyRetentionMs });
  return { store, pass: (ms) => clock.advance(ms) };
});

const hold = { incarnation: "i1", claim: 1 };
const of = (principal: string): RequestDraft => ({
  principal,
  hash: 1,
  ...hold,
});
const nth = (n: number, session = "s1"): RequestId => ({ session, n });
const result = (chars: number) => ({ ok: true, encoded: "x".repeat(chars) });

function setUp(options: MemoryRequestStoreOptions = {}) {
  const clock = createManualClock();
  return { clock, store: createMemoryRequestStore({ clock, ...options }) };
}

describe("a memory store", () => {
  it("answers at once", () => {
    const { store } = setUp();
    expect(store.create(nth(1), of("ana"))).toEqual({ name: "created" });
    expect(store.settle(nth(1), hold, "DONE", result(1))).toBe("settled");
    expect(store.read(nth(1))).toMatchObject({ state: "DONE" });
  });

  it("keeps records of sessions for 10 minutes and those with a key for a day", () => {
    const { store, clock } = setUp();
    const key = { principal: "ana", key: "k" };
    store.create(nth(1), of("ana"));
    store.create(key, of("ana"));
    clock.advance(599_999);
    expect(store.read(nth(1))).toMatchObject({ attempt: 1 });
    clock.advance(1);
    expect(store.read(nth(1))).toBeUndefined();
    clock.advance(86_400_000 - 600_001);
    expect(store.read(key)).toMatchObject({ attempt: 1 });
    clock.advance(1);
    expect(store.read(key)).toBeUndefined();
  });

  it("gives no answer beyond a record's time when its timer is late", () => {
    let nowMs = 0;
    const lateClock = { now: () => nowMs, after: () => ({ cancel() {} }) };
    const store = createMemoryRequestStore({ clock: lateClock, sessionRetentionMs: 100 });
    store.create(nth(1), of("ana"));
    nowMs = 100;
    expect(store.settle(nth(1), hold, "DONE", null)).toBe("gone");
    expect(store.create(nth(1), of("bo"))).toEqual({ name: "created" });
  });

  it("refuses what it has no room for, and says which limit it is", () => {
    const { store } = setUp({ maxRecordsPerPrincipal: 2, maxRecords: 10 });
    store.create(nth(1), of("ana"));
    store.create(nth(2), of("ana"));
    const full = (limit: string) => ({ name: "full", limit });
    expect(store.create(nth(3), of("ana"))).toEqual(full("maxRecordsPerPrincipal is 2"));
    expect(store.read(nth(3))).toBeUndefined();
    store.forget("s1", 2);
    expect(store.create(nth(3), of("ana"))).toEqual({ name: "created" });
  });

  it("bounds nobody by the total only, and keeps its last tenth for what has no key", () => {
    const { store } = setUp({ maxRecordsPerPrincipal: 2, maxRecords: 10 });
    const outcomes = Array.from({ length: 12 }, (_, n) =>
      store.create({ principal: "", key: `k${n}` }, of("")),
    );
    expect(
      outcomes.filter((outcome) => "name" in outcome && outcome.name === "created"),
    ).toHaveLength(9);
    // A session takes room as well, so there is a place for nothing else.
    const room = [nth(1, "s1"), nth(2, "s1")].map((id) => store.create(id, of("bo")));
    expect(room).toEqual([{ name: "created" }, { name: "full", limit: "maxRecords is 10" }]);
  });

  it("tells what exists also when it is full", () => {
    const { store } = setUp({ maxRecords: 2 });
    store.create(nth(1), of("ana"));
    expect(store.create(nth(2), of("ana"))).toMatchObject({ name: "full" });
    expect(store.create(nth(1), of("ana"))).toMatchObject({ name: "exists" });
  });

  it("lets the oldest answers go before it takes more memory, and still says that they ran", () => {
    const { store } = setUp({ maxAnswerChars: 100 });
    for (let n = 1; n <= 4; n++) {
      store.create(nth(n), of("ana"));
      store.settle(nth(n), hold, n === 1 ? "FAILED" : "DONE", result(40));
    }
    expect([1, 2, 3, 4].map((n) => store.read(nth(n)))).toMatchObject([
      { state: "FAILED", answer: null },
      { state: "DONE", answer: null },
      { state: "DONE", answer: result(40) },
      { state: "DONE", answer: result(40) },
    ]);
    store.forget("s1", 5); // gives the room back, once
    for (let n = 5; n <= 6; n++) {
      store.create(nth(n), of("ana"));
      store.settle(nth(n), hold, "DONE", result(50));
    }
    expect(store.read(nth(5))).toMatchObject({ answer: result(50) });
  });

  it("knows a session for as long as its records would be kept, and then takes no room for it", () => {
    const { store, clock } = setUp({ maxRecords: 2 });
    store.create(nth(1), of("ana"));
    clock.advance(300_000);
    store.forget("s1", 2);
    clock.advance(599_999);
    expect(store.read(nth(1))).toBe("stale");
    clock.advance(600_001); // looked at when it might be over, not at every request
    expect(store.read(nth(1))).toBeUndefined();
    expect(store.create(nth(1, "s2"), of("ana"))).toEqual({ name: "created" });
  });

  it("leaves no timer behind when it is closed, nor when it has been empty for long", () => {
    const { store, clock } = setUp();
    store.create(nth(1), of("ana"));
    store.create({ principal: "ana", key: "k" }, of("ana"));
    clock.advance(100_000_000);
    expect(clock.leftovers()).toEqual([]);
    store.create(nth(1, "s2"), of("ana"));
    store.close();
    expect(clock.leftovers()).toEqual([]);
  });

  it("is not slowed down by a session whose `low` moves past many records, one by one or at once", () => {
    const { store } = setUp({ maxRecordsPerPrincipal: 20_000 });
    for (let n = 0; n < 20_000; n++) store.create(nth(n), of("ana"));
    for (let low = 1; low <= 10_000; low++) store.forget("s1", low);
    expect(store.read(nth(9_999))).toBe("stale");
    expect(store.read(nth(10_000))).toMatchObject({ attempt: 1 });
    store.forget("s1", 2 ** 53);
    expect(store.read(nth(19_999))).toBe("stale");
  });

  it("refuses options that are no limits", () => {
    expect(() => createMemoryRequestStore({ maxRecords: 0 })).toThrow(
      "Cannot keep request records with maxRecords 0: it must be above 0",
    );
    expect(() => createMemoryRequestStore({ keyRetentionMs: Number.NaN })).toThrow(RangeError);
  });
});
