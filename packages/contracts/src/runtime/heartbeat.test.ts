import { describe, expect, it } from "vitest";
import type { Clock } from "./clock.js";
import { Heartbeat } from "./heartbeat.js";

/** Timers that fire on time while the test advances, and too late after it was away. */
function createLoop() {
  let nowMs = 0;
  let timers: { readonly dueMs: number; readonly run: () => void }[] = [];
  const clock: Clock = {
    now: () => nowMs,
    after(delayMs, run) {
      const timer = { dueMs: nowMs + delayMs, run };
      timers.push(timer);
      return {
        cancel() {
          timers = timers.filter((other) => other !== timer);
        },
      };
    },
  };
  /** Fires what is due already, and not what is set meanwhile. */
  function turn() {
    const due = timers.filter(({ dueMs }) => dueMs <= nowMs);
    timers = timers.filter(({ dueMs }) => dueMs > nowMs);
    for (const { run } of due) run();
  }
  return {
    clock,
    turn,
    get pending() {
      return timers.length;
    },
    /** Time passes, and every timer fires when it is due. */
    advance(ms: number) {
      const endMs = nowMs + ms;
      for (;;) {
        const dueMs = Math.min(...timers.map((timer) => timer.dueMs));
        if (dueMs > endMs) break;
        nowMs = dueMs;
        turn();
      }
      nowMs = endMs;
    },
    /** Time passes, and nothing runs: the loop is stalled, or the machine asleep. */
    away(ms: number) {
      nowMs += ms;
    },
  };
}

/** Watches a peer, and notes what happens when. */
function watch(options: ConstructorParameters<typeof Heartbeat>[2] = {}) {
  const loop = createLoop();
  const events: string[] = [];
  const note = (name: string) => () => events.push(`${name} ${loop.clock.now()}`);
  const peer = { ping: note("ping"), lost: note("lost") };
  return { loop, events, heartbeat: new Heartbeat(peer, loop.clock, options) };
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
    const { loop, events, heartbeat } = watch();
    for (const atMs of heardAtMs) loop.clock.after(atMs, () => heartbeat.alive());
    loop.advance(55_000);
    expect(events).toEqual(expected);
  });

  it.each([
    ["keeps a peer of whom much of a large message comes, and goes on asking", 20_000, 4],
    ["loses one that only trickles", 3_000, 1],
  ])("%s", (_sentence, bytesPerSecond, asked) => {
    const loop = createLoop();
    const events: string[] = [];
    const peer = {
      ping: () => events.push("ping"),
      lost: () => events.push("lost"),
      // The message is whole, and the link is gone, after 30 s.
      get bytesRead() {
        return Math.min(loop.clock.now(), 30_000) * (bytesPerSecond / 1_000);
      },
    };
    new Heartbeat(peer, loop.clock);
    loop.advance(60_000);
    expect(events).toEqual([...Array.from({ length: asked }, () => "ping"), "lost"]);
  });

  it("keeps to the times it is given", () => {
    const { loop, events } = watch({ intervalMs: 500, timeoutMs: 100 });
    loop.advance(1_000);
    expect(events).toEqual(["ping 500", "lost 600"]);
  });

  it("leaves no timer when it has lost its peer, nor when it is stopped", () => {
    const lost = watch();
    lost.loop.advance(20_000);
    expect(lost.loop.pending).toBe(0);
    const stopped = watch();
    stopped.loop.advance(16_000);
    expect(stopped.loop.pending).toBe(1);
    stopped.heartbeat.stop();
    expect(stopped.loop.pending).toBe(0);
  });

  it("may be stopped by the ping itself", () => {
    const loop = createLoop();
    const heartbeat = new Heartbeat(
      { ping: () => heartbeat.stop(), lost: () => expect.unreachable() },
      loop.clock,
    );
    loop.advance(60_000);
    expect(loop.pending).toBe(0);
  });

  it("goes on waiting when its timer fires too early", () => {
    const { loop, events } = watch();
    const { clock } = loop;
    const early: Clock = { ...clock, after: (ms, run) => clock.after(ms > 1 ? ms - 1 : ms, run) };
    new Heartbeat({ ping: () => events.push(`early ${clock.now()}`), lost() {} }, early);
    loop.advance(15_000);
    expect(events).toEqual(["ping 15000", "early 15000"]);
  });
});

describe("a heartbeat whose own end was away", () => {
  it.each([
    ["before it asked", [60_000]],
    ["between the question and the answer", [15_000, 60_000]],
    ["by just more than the answer's time", [15_000, 5_001]],
    ["twice in a row", [15_000, 60_000, 60_000]],
  ])("keeps a healthy peer: %s", (_when, aways) => {
    const { loop, events, heartbeat } = watch();
    // The peer answers at once, but timers run before that is read.
    for (const ms of aways) {
      loop.away(ms);
      loop.turn();
    }
    heartbeat.alive();
    for (let second = 0; second < 100; second++) {
      const asked = events.length;
      loop.advance(1_000);
      if (events.length > asked) heartbeat.alive();
    }
    expect(events.filter((event) => event.startsWith("lost"))).toEqual([]);
  });

  it("says how late it was after a sleep, and nothing of a timer that is a little late", () => {
    const loop = createLoop();
    const late: number[] = [];
    const peer = { ping() {}, lost() {}, late: (ms: number) => late.push(ms) };
    new Heartbeat(peer, loop.clock);
    loop.away(15_900);
    loop.turn();
    expect(late).toEqual([]);
    loop.away(65_000);
    loop.turn();
    expect(late).toEqual([60_000]);
  });

  it("asks at once when it is told to, and once", () => {
    const { loop, events, heartbeat } = watch();
    loop.advance(1_000);
    heartbeat.ask();
    heartbeat.ask();
    expect(events).toEqual(["ping 1000"]);
    loop.advance(5_000);
    expect(events).toEqual(["ping 1000", "lost 6000"]);
  });

  it("asks again after a sleep, which may have swallowed the answer", () => {
    const { loop, events, heartbeat } = watch();
    loop.advance(15_000);
    loop.away(3_600_000); // the lid was closed for an hour
    loop.turn();
    expect(events).toEqual(["ping 15000", "ping 3615000"]);
    loop.advance(4_999);
    heartbeat.alive();
    loop.advance(10_001);
    expect(events).toEqual(["ping 15000", "ping 3615000"]);
  });

  it("loses a dead peer all the same, an answer's time later", () => {
    const { loop, events } = watch();
    loop.advance(15_000);
    loop.away(60_000);
    loop.turn();
    loop.advance(60_000);
    expect(events).toEqual(["ping 15000", "ping 75000", "lost 80000"]);
  });

  it("loses it although every timer is late, as in a tab in the background", () => {
    const { loop, events } = watch();
    for (let minute = 0; minute < 10; minute++) {
      loop.away(60_000);
      loop.turn();
    }
    expect(events).toEqual(["ping 60000", "ping 120000", "lost 240000"]);
  });
});
