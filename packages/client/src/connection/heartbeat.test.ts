import { createManualClock } from "@tautline/testing";
import { describe, expect, it } from "vitest";
import { startHeartbeat } from "./heartbeat.js";

function watch() {
  const clock = createManualClock();
  const heard: string[] = [];
  const say = (what: string) => heard.push(`${what} at ${clock.now()}`);
  const server = { ping: () => say("ping"), lost: () => say("lost") };
  const heartbeat = startHeartbeat(server, clock, { intervalMs: 15_000, timeoutMs: 5_000 });
  return { clock, heard, heartbeat };
}

describe("a heartbeat", () => {
  it("asks after an interval of silence, and gives up after the timeout", () => {
    const { clock, heard } = watch();
    clock.advance(60_000);
    expect(heard).toEqual(["ping at 15000", "lost at 20000"]);
    expect(clock.pending).toBe(0);
  });

  it("never asks a busy server", () => {
    const { clock, heard, heartbeat } = watch();
    for (let n = 0; n < 100; n++) {
      clock.advance(10_000);
      heartbeat.alive();
    }
    expect(heard).toEqual([]);
  });

  it("takes any frame for an answer, and counts the next silence from there", () => {
    const { clock, heard, heartbeat } = watch();
    clock.advance(15_000);
    heartbeat.alive();
    clock.advance(19_000);
    expect(heard).toEqual(["ping at 15000", "ping at 30000"]);
  });

  it("asks again when its own timer was far too late: it was the client that slept", () => {
    // A clock that jumps: timers fire after the sleep, all at once.
    let now = 0;
    let due: (() => void) | undefined;
    const clock = {
      now: () => now,
      after(_delayMs: number, run: () => void) {
        due = run;
        return {
          cancel() {
            due = undefined;
          },
        };
      },
    };
    const heard: string[] = [];
    const server = { ping: () => heard.push("ping"), lost: () => heard.push("lost") };
    const heartbeat = startHeartbeat(server, clock, { intervalMs: 15_000, timeoutMs: 5_000 });
    const wakeAt = (ms: number) => {
      now = ms;
      due!();
    };
    wakeAt(3_600_000); // the lid was closed for an hour
    expect(heard).toEqual(["ping"]);
    wakeAt(7_200_000); // and again, before the answer was read
    expect(heard).toEqual(["ping", "ping"]);
    heartbeat.alive();
    wakeAt(7_205_000);
    expect(heard).toEqual(["ping", "ping"]);
    wakeAt(7_220_000);
    wakeAt(9_000_000); // late
    wakeAt(9_900_000); // late once more: a tab in the background, and a dead server
    expect(heard).toEqual(["ping", "ping", "ping", "ping", "lost"]);
  });

  it("stops", () => {
    const { clock, heard, heartbeat } = watch();
    heartbeat.stop();
    clock.advance(60_000);
    expect(heard).toEqual([]);
  });
});
