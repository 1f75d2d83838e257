import { describe, expect, it } from "vitest";
import { atMostOnce } from "./at-most-once.js";
import { nothingAfterRevocation } from "./nothing-after-revocation.js";
import { settledInTime } from "./settled-in-time.js";
import { execute, invoke, ok, publish, receive, reply, subscribe, told } from "./told.js";

const unknown = (call: string) => ({ kind: "unknown", call, code: "OUTCOME_UNKNOWN" }) as const;
const fail = (call: string) => ({ kind: "fail", call, code: "NOT_SENT" }) as const;
const revoked = { kind: "revoked", user: "ana", graceMs: 1_000 } as const;

describe("I7, at most once", () => {
  it.each([
    ["one that ran and was answered", told(invoke("1"), execute("1"), reply("1"), ok("1"))],
    ["one that is unknown and ran", told(invoke("1"), execute("1"), unknown("1"))],
    ["one that is unknown and did not", told(invoke("1"), unknown("1"))],
    ["one that failed and did not run", told(invoke("1"), fail("1"))],
    [
      "two, each once",
      told(invoke("1"), invoke("2"), execute("2"), execute("1"), ok("2"), ok("1")),
    ],
    [
      "two calls with one key that ran once",
      told(
        invoke("1", { key: "k" }),
        execute("1"),
        unknown("1"),
        reply("1", "x"),
        invoke("2", { key: "k" }),
        ok("2", "x"),
      ),
    ],
    [
      "a call that failed beside one with its key that ran",
      told(invoke("1", { key: "k" }), fail("1"), invoke("2", { key: "k" }), execute("2"), ok("2")),
    ],
    [
      "one that may run again and did",
      told(invoke("1", { repeat: "safe" }), execute("1"), execute("1", 2), ok("1")),
    ],
    ["a query, which notes nothing", told(invoke("1", { repeat: "query" }), ok("1"))],
  ])("lets pass %s", (_, history) => {
    expect(atMostOnce(history)).toEqual([]);
  });

  it.each([
    ["one that ran twice", told(invoke("1"), execute("1"), execute("1", 2), ok("1"))],
    [
      "one that is unknown and ran twice",
      told(invoke("1"), execute("1"), execute("1", 2), unknown("1")),
    ],
    ["one that was answered and never ran", told(invoke("1"), ok("1"))],
    ["one that was answered before it ran", told(invoke("1"), ok("1"), execute("1"))],
    [
      "one that may run again, was answered and never ran",
      told(invoke("1", { repeat: "safe" }), ok("1")),
    ],
    [
      "one that ran although its caller was told it had not",
      told(invoke("1"), execute("1"), fail("1")),
    ],
    ["one that ran before it was asked for", told(execute("1"), invoke("1"), ok("1"))],
    ["one that nobody asked for", told(execute("1"))],
    [
      "one key that ran for each of two calls",
      told(
        invoke("1", { key: "k" }),
        execute("1"),
        ok("1", "x"),
        invoke("2", { key: "k" }),
        execute("2"),
        ok("2", "x"),
      ),
    ],
    [
      "two answers to one key",
      told(
        invoke("1", { key: "k" }),
        execute("1"),
        ok("1", "x"),
        invoke("2", { key: "k" }),
        ok("2", "y"),
      ),
    ],
    [
      "an answer that the handler did not give",
      told(invoke("1"), execute("1"), reply("1", "x"), ok("1", "y")),
    ],
  ])("refuses %s", (_, history) => {
    expect(atMostOnce(history)).toMatchObject([{ invariant: "I7" }]);
  });
});

describe("I9, everything settles in time", () => {
  it.each([
    ["an answer", told(invoke("1"), ok("1"))],
    ["a failure at the deadline", told(invoke("1"), { ...unknown("1"), at: 1_001 })],
    ["a client that was ended", told(invoke("1"), { kind: "killed", actor: "somebody" })],
  ])("lets pass %s", (_, history) => {
    expect(settledInTime(history)).toEqual([]);
  });

  it.each([
    ["one that hangs", told(invoke("1"), { kind: "quiet", at: 60_000 })],
    ["one that hangs when the history ends early", told(invoke("1"))],
    ["one that settles long after its deadline", told(invoke("1"), { ...ok("1"), at: 10_000 })],
    ["one that settles twice", told(invoke("1"), ok("1"), fail("1"))],
    ["one that was never made", told(ok("1"))],
    ["one of a client that was not ended", told(invoke("1"), { kind: "killed", actor: "another" })],
  ])("refuses %s", (_, history) => {
    expect(settledInTime(history)).toMatchObject([{ invariant: "I9" }]);
  });
});

describe("I13, nothing after revocation", () => {
  const ana = { user: "ana" };

  it.each([
    ["events in the grace", told(subscribe("a", ana), revoked, { ...receive(1), at: 900 })],
    [
      "others' events",
      told(subscribe("a", { user: "ben" }), revoked, { ...receive(1), at: 9_000 }),
    ],
    [
      "events after she may again",
      told(
        subscribe("a", ana),
        revoked,
        { kind: "granted", user: "ana" },
        { ...receive(1), at: 9_000 },
      ),
    ],
    ["the end of her call", told(invoke("1", ana), revoked, { ...fail("1"), at: 9_000 })],
    [
      "events of nobody in particular",
      told(subscribe("a"), publish(1), revoked, { ...receive(1), at: 9_000 }),
    ],
  ])("lets pass %s", (_, history) => {
    expect(nothingAfterRevocation(history)).toEqual([]);
  });

  it.each([
    ["an event", told(subscribe("a", ana), revoked, { ...receive(1), at: 9_000 })],
    ["an answer", told(invoke("1", ana), revoked, { ...ok("1"), at: 9_000 })],
    ["the answer to a later call", told(revoked, { ...invoke("1", ana), at: 8_000 }, ok("1"))],
    [
      "an event to a later subscription",
      told(revoked, { ...subscribe("a", ana), at: 8_000 }, receive(1)),
    ],
  ])("refuses %s", (_, history) => {
    expect(nothingAfterRevocation(history)).toMatchObject([{ invariant: "I13" }]);
  });
});
