import { ackDelayMs } from "@tautline/contracts/session";
import { createManualClock } from "@tautline/testing";
import { describe, expect, it } from "vitest";
import { LateAcks } from "./late-acks.js";

function setUp() {
  const clock = createManualClock();
  const acks = new LateAcks(clock);
  const told: string[] = [];
  const sessionOf = (name: string) => ({
    acknowledgeLate: () => void told.push(`${name} ${clock.now()}`),
  });
  return { clock, acks, told, a: sessionOf("a"), b: sessionOf("b") };
}

describe("late acks", () => {
  it("are told once, when they may wait no longer", () => {
    const { clock, acks, told, a } = setUp();
    acks.add(a);
    clock.advance(ackDelayMs - 1);
    expect(told).toEqual([]);
    clock.advance(60_000);
    expect(told).toEqual(["a 1000"]);
  });

  it("go together with those that are owed soon after, on one timer", () => {
    const { clock, acks, told, a, b } = setUp();
    acks.add(a);
    clock.advance(100);
    acks.add(b);
    expect(clock.pending).toBe(1);
    clock.advance(900);
    expect(told).toEqual(["a 1000", "b 1000"]);
    expect(clock.pending).toBe(0);
  });

  it("go apart from those that are owed later: not everything in one turn", () => {
    const { clock, acks, told, a, b } = setUp();
    acks.add(a);
    clock.advance(400);
    acks.add(b);
    expect(clock.pending).toBe(1);
    clock.advance(2_000);
    expect(told).toEqual(["a 1000", "b 1400"]);
    expect(clock.pending).toBe(0);
  });

  it("wait their time again for a session that owes one anew", () => {
    const { clock, acks, told, a } = setUp();
    acks.add(a);
    clock.advance(1_500);
    acks.add(a);
    clock.advance(1_500);
    expect(told).toEqual(["a 1000", "a 2500"]);
  });

  it("leave no timer behind when the last session that owes one has gone", () => {
    const { clock, acks, told, a, b } = setUp();
    acks.add(a);
    acks.add(b);
    acks.delete(a);
    expect(clock.pending).toBe(1);
    acks.delete(b);
    expect(clock.pending).toBe(0);
    clock.advance(60_000);
    expect(told).toEqual([]);
  });
});
