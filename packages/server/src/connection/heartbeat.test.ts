import type { Clock } from "@tautline/contracts/runtime";
import { createManualClock } from "@tautline/testing";
import { describe, expect, it } from "vitest";
import { startHeartbeat } from "./heartbeat.js";

const options = { intervalMs: 15_000, timeoutMs: 5_000 };

/** Watches a peer that is heard of at the times given, and notes what happens when. */
function watch(heardAtMs: readonly number[], untilMs: number) {
  const clock = createManualClock();
  const events: string[] = [];
  const note = (name: string) => () => events.push(`${name} ${clock.now()}`);
  const heartbeat = startHeartbeat({ ping: note("ping"), lost: note("lost") }, clock, options);
  for (const atMs of heardAtMs) clock.after(atMs, () => heartbeat.alive());
  clock.advance(untilMs);
  return { events, clock, heartbeat };
}

describe("a heartbeat", () => {
  it.each<[string, number[], string[]]>([
    ["asks after silence and gives up after more", [], ["ping 15000", "lost 20000"]],
    [
      "is content with an answer",
      [15_100, 30_200, 45_300],
      ["ping 15000", "ping 30100", "ping 45200"],
    ],
    [
      "counts an answer in the very last moment",
      [20_000],
      ["ping 15000", "ping 35000", "lost 40000"],
    ],
    ["does not count an answer that comes later", [20_001], ["ping 15000", "lost 20000"]],
    ["takes any frame for a sign of life", [14_999], ["ping 29999", "lost 34999"]],
    ["never asks a peer that talks", [10_000, 20_000, 30_000, 40_000, 50_000], []],
    [
      "asks again after each silence",
      [16_000, 32_000],
      ["ping 15000", "ping 31000", "ping 47000", "lost 52000"],
    ],
  ])("%s", (_sentence, heardAtMs, expected) => {
    expect(watch(heardAtMs, 55_000).events).toEqual(expected);
  });

  it("leaves no timer when it has lost its peer, nor when it is stopped", () => {
    expect(watch([], 20_000).clock.pending).toBe(0);
    const { clock, heartbeat } = watch([], 16_000);
    expect(clock.pending).toBe(1);
    heartbeat.stop();
    expect(clock.pending).toBe(0);
  });

  it("may be stopped by the ping itself", () => {
    const clock = createManualClock();
    const heartbeat = startHeartbeat(
      { ping: () => heartbeat.stop(), lost: () => expect.unreachable() },
      clock,
    );
    clock.advance(60_000);
    expect(clock.pending).toBe(0);
  });

  it("uses 15 s and 5 s when nothing is said", () => {
    const clock = createManualClock();
    const events: string[] = [];
    const note = (name: string) => () => events.push(`${name} ${clock.now()}`);
    startHeartbeat({ ping: note("ping"), lost: note("lost") }, clock);
    clock.advance(60_000);
    expect(events).toEqual(["ping 15000", "lost 20000"]);
  });
});

describe("a heartbeat whose own event loop stalls", () => {
  /** Time that passes without timers; then each loop fires what is due, and reads what came. */
  function stallingLoop() {
    let nowMs = 0;
    let timers: { readonly dueMs: number; readonly run: () => void }[] = [];
    const clock: Clock = {
      now: () => nowMs,
      after(delayMs, run) {
        const timer = { dueMs: nowMs + delayMs, run };
        timers.push(timer);
        return { cancel: () => (timers = timers.filter((other) => other !== timer)) };
      },
    };
    return {
      clock,
      stall: (ms: number) => (nowMs += ms),
      turn(readInput: () => void) {
        const due = timers.filter(({ dueMs }) => dueMs <= nowMs);
        timers = timers.filter(({ dueMs }) => dueMs > nowMs);
        for (const { run } of due) run();
        readInput();
      },
    };
  }

  it.each([
    ["before it asked", [60_000]],
    ["between the question and the answer", [15_000, 60_000]],
    ["by just more than the answer's time", [15_000, 5_001]],
  ])("keeps a healthy peer when it stalls %s", (_when, stalls) => {
    const loop = stallingLoop();
    let answers = 0;
    const lost: number[] = [];
    const heartbeat = startHeartbeat(
      { ping: () => answers++, lost: () => lost.push(loop.clock.now()) },
      loop.clock,
      options,
    );
    // The peer answers at once; what it sent is read after the timers of the turn.
    const readInput = () => {
      if (answers > 0) heartbeat.alive();
      answers = 0;
    };
    const stallThenRun = (ms: number) => {
      loop.stall(ms);
      // The question leaves in the turn it is asked in; its answer can only be read in a later one.
      const asked = answers;
      loop.turn(asked > 0 ? readInput : () => {});
    };
    for (const ms of stalls) stallThenRun(ms);
    for (let turn = 0; turn < 100; turn++) stallThenRun(1_000);
    expect(lost).toEqual([]);
  });

  it("still loses a dead one, a turn later", () => {
    const loop = stallingLoop();
    const lost: number[] = [];
    const peer = { ping() {}, lost: () => lost.push(loop.clock.now()) };
    startHeartbeat(peer, loop.clock, options);
    for (const ms of [15_000, 60_000, 10]) {
      loop.stall(ms);
      loop.turn(() => {});
    }
    expect(lost).toEqual([75_010]);
  });
});
