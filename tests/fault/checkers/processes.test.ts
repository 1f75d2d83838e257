import { describe, expect, it } from "vitest";
import type { Memory } from "../events.js";
import { check } from "./check.js";
import { memoryBounded } from "./memory-bounded.js";
import { oneSocket } from "./one-socket.js";
import { othersUnharmed } from "./others-unharmed.js";
import { publish, receive, subscribe, told } from "./told.js";

const attach = (socket: string, generation: number, session = "s") =>
  ({ kind: "attach", session, generation, socket }) as const;
const deliver = (socket: string) => ({ kind: "deliver", socket }) as const;

describe("I10, one socket at a time", () => {
  it.each([
    ["one after the other", told(attach("x", 1), deliver("x"), attach("y", 2), deliver("y"))],
    ["two sessions", told(attach("x", 1), attach("y", 1, "t"), deliver("x"), deliver("y"))],
    ["sockets without a session", told(deliver("x"), deliver("y"))],
  ])("lets pass %s", (_, history) => {
    expect(oneSocket(history)).toEqual([]);
  });

  it.each([
    ["an older socket that still delivers", told(attach("x", 1), attach("y", 2), deliver("x"))],
    ["one generation attached twice", told(attach("x", 1), attach("y", 1))],
    ["an earlier generation attached later", told(attach("x", 2), attach("y", 1))],
    [
      "two that deliver in turn",
      told(attach("x", 1), deliver("x"), attach("y", 2), deliver("y"), deliver("x"), deliver("y")),
    ],
  ])("refuses %s", (_, history) => {
    expect(oneSocket(history)).toMatchObject([{ invariant: "I10" }]);
  });
});

describe("I11, memory stays in its bounds", () => {
  const sample = (phase: Memory["phase"], liveBytes: number, connections = 0): Memory => ({
    kind: "memory",
    phase,
    liveBytes,
    connections,
  });
  const bounded = memoryBounded({ perConnectionBytes: 100, slackBytes: 50 });

  it("lets pass what grows with its connections and comes back", () => {
    const history = told(sample("base", 1_000), sample("load", 2_000, 10), sample("after", 1_050));
    expect(bounded(history)).toEqual([]);
  });

  it.each([
    [
      "more than the budget",
      [sample("base", 1_000), sample("load", 2_051, 10), sample("after", 1_000)],
    ],
    ["what is kept", [sample("base", 1_000), sample("load", 1_500, 10), sample("after", 1_051)]],
    ["no base to compare with", [sample("load", 1_000, 10), sample("after", 1_000)]],
    ["nothing measured under load", [sample("base", 1_000), sample("after", 1_000)]],
    ["nothing measured afterwards", [sample("base", 1_000), sample("load", 1_000, 10)]],
    ["nothing measured", []],
  ])("refuses %s", (_, samples) => {
    expect(bounded(told(...samples))).toMatchObject([{ invariant: "I11" }]);
  });

  it("compares each process with itself", () => {
    const process = (by: string, bytes: number) =>
      [sample("base", bytes), sample("load", bytes, 1), sample("after", bytes)].map((each) => ({
        ...each,
        by,
      }));
    expect(bounded(told(...process("a", 10), ...process("b", 1_000)))).toEqual([]);
  });
});

describe("I12, others are unharmed", () => {
  const probes = (phase: "fair" | "foul", count: number, ms: number) =>
    Array.from({ length: count }, () => ({ kind: "probe", phase, ms }) as const);
  const unharmed = othersUnharmed({ floorMs: 5 });

  it.each([
    ["twice the time", told(...probes("fair", 200, 10), ...probes("foul", 200, 20))],
    ["what is below the floor", told(...probes("fair", 200, 0.1), ...probes("foul", 200, 9))],
    [
      "one slow round trip of 200",
      told(...probes("fair", 200, 10), ...probes("foul", 199, 10), ...probes("foul", 1, 900)),
    ],
  ])("lets pass %s", (_, history) => {
    expect(unharmed(history)).toEqual([]);
  });

  it.each([
    ["more than twice the time", told(...probes("fair", 200, 10), ...probes("foul", 200, 21))],
    [
      "a slow hundredth",
      told(...probes("fair", 200, 10), ...probes("foul", 196, 10), ...probes("foul", 4, 900)),
    ],
    ["too few to tell, foul", told(...probes("fair", 200, 10), ...probes("foul", 99, 10))],
    ["too few to tell, fair", told(...probes("fair", 99, 10), ...probes("foul", 200, 10))],
  ])("refuses %s", (_, history) => {
    expect(unharmed(history)).toMatchObject([{ invariant: "I12" }]);
  });
});

describe("all checkers together", () => {
  it("find what one of them finds, and what is measured only when it is", () => {
    const history = told(subscribe(), publish(1), receive(1), receive(1));
    expect(check(history)).toMatchObject([{ invariant: "I5" }]);
    const bounds = {
      memory: { perConnectionBytes: 1, slackBytes: 1 },
      latency: { floorMs: 1 },
    };
    const found = new Set(check(history, bounds).map(({ invariant }) => invariant));
    expect([...found]).toEqual(["I5", "I11", "I12"]);
  });
});
