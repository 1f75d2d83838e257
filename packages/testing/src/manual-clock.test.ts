import { describe, expect, it, vi } from "vitest";
import { createManualClock } from "./manual-clock.js";

describe("a manual clock", () => {
  it("stands still until it is advanced", async () => {
    const clock = createManualClock(1_000);
    const fired = vi.fn();
    clock.after(0, fired);
    await new Promise(setImmediate);
    expect(clock.now()).toBe(1_000);
    expect(fired).not.toHaveBeenCalled();
    clock.advance(0);
    expect(fired).toHaveBeenCalledOnce();
  });

  it("starts at 0", () => {
    expect(createManualClock().now()).toBe(0);
  });

  it("fires in order of due time, ties in order of setting, each at its moment", () => {
    const clock = createManualClock();
    const fired: string[] = [];
    const set = (name: string, delayMs: number) =>
      clock.after(delayMs, () => fired.push(`${name} at ${clock.now()}`));
    set("late", 30);
    set("first tie", 20);
    set("early", 10);
    set("second tie", 20);
    set("negative", -5);
    clock.advance(25);
    expect(fired).toEqual(["negative at 0", "early at 10", "first tie at 20", "second tie at 20"]);
    expect(clock.now()).toBe(25);
    clock.advance(5);
    expect(fired.at(-1)).toBe("late at 30");
  });

  it("fires timers set while it advances in the same advance, when they are due", () => {
    const clock = createManualClock();
    const beats: number[] = [];
    const beat = () => {
      beats.push(clock.now());
      clock.after(10, beat);
    };
    clock.after(10, beat);
    clock.advance(35);
    expect(beats).toEqual([10, 20, 30]);
    expect(clock.due).toEqual([40]);
  });

  it("does not fire a cancelled timer, whoever cancels it and how often", () => {
    const clock = createManualClock();
    const fired = vi.fn();
    const timer = clock.after(10, fired);
    clock.after(5, () => timer.cancel());
    clock.advance(20);
    timer.cancel();
    expect(fired).not.toHaveBeenCalled();
    expect(clock.pending).toBe(0);
  });

  it("stops where a timer throws, and goes on from there", () => {
    const clock = createManualClock();
    const later = vi.fn();
    clock.after(10, () => {
      throw new Error("a bug in a timer");
    });
    clock.after(20, later);
    expect(() => clock.advance(100)).toThrow("a bug in a timer");
    expect(clock.now()).toBe(10);
    clock.advance(10);
    expect(later).toHaveBeenCalledOnce();
  });

  it("never goes back, also when a timer advances it", () => {
    const clock = createManualClock();
    clock.after(10, () => clock.advance(100));
    clock.advance(20);
    expect(clock.now()).toBe(110);
  });

  it("lists what is pending, earliest first, and describes it as leftovers", () => {
    const clock = createManualClock(100);
    expect(clock.leftovers()).toEqual([]);
    clock.after(50, function checkHeartbeat() {});
    const cancelled = clock.after(1, () => {});
    clock.after(20, () => {});
    cancelled.cancel();
    expect(clock.pending).toBe(2);
    expect(clock.due).toEqual([120, 150]);
    expect(clock.leftovers()).toEqual([
      "timer due in 20 ms: unnamed",
      "timer due in 50 ms: checkHeartbeat",
    ]);
  });

  it("keeps ten thousand timers in order", () => {
    const clock = createManualClock();
    const fired: number[] = [];
    for (let n = 0; n < 10_000; n++) {
      const delayMs = (n * 7_919) % 10_007;
      clock.after(delayMs, () => fired.push(delayMs));
    }
    clock.advance(10_007);
    expect(fired).toEqual([...fired].sort((one, other) => one - other));
    expect(fired).toHaveLength(10_000);
  });

  it("refuses steps and delays that are no time", async () => {
    const clock = createManualClock();
    expect(() => clock.advance(-1)).toThrow(RangeError);
    expect(() => clock.advance(Number.POSITIVE_INFINITY)).toThrow(RangeError);
    await expect(clock.advanceAsync(Number.NaN)).rejects.toThrow(RangeError);
    expect(() => clock.after(Number.NaN, () => {})).toThrow(RangeError);
  });
});

describe("advanceAsync", () => {
  it("lets promises go on before the first timer, between two and after the last", async () => {
    const clock = createManualClock();
    const seen: string[] = [];
    const sleep = (ms: number) => new Promise<void>((resolve) => void clock.after(ms, resolve));
    const work = async () => {
      await Promise.resolve(); // sets its first timer only when it gets a turn
      await sleep(10);
      seen.push(`first at ${clock.now()}`);
      await sleep(10);
      seen.push(`second at ${clock.now()}`);
      await sleep(0);
      seen.push(`third at ${clock.now()}`);
    };
    const done = work();
    await clock.advanceAsync(20);
    expect(seen).toEqual(["first at 10", "second at 20", "third at 20"]);
    expect(clock.now()).toBe(20);
    await done;
  });

  it("lets the answer to one timer cancel the next", async () => {
    const clock = createManualClock();
    const lost = vi.fn();
    const deadline = clock.after(11, lost);
    clock.after(10, () => void Promise.resolve().then(() => deadline.cancel()));
    await clock.advanceAsync(20);
    expect(lost).not.toHaveBeenCalled();
  });

  it("rejects with what a timer throws", async () => {
    const clock = createManualClock();
    clock.after(10, () => {
      throw new Error("a bug in a timer");
    });
    await expect(clock.advanceAsync(20)).rejects.toThrow("a bug in a timer");
    expect(clock.now()).toBe(10);
  });

  it("moves to the furthest of two advances that run at once", async () => {
    const clock = createManualClock();
    const fired: number[] = [];
    for (const delayMs of [5, 15, 25]) clock.after(delayMs, () => fired.push(clock.now()));
    await Promise.all([clock.advanceAsync(10), clock.advanceAsync(30)]);
    expect(fired).toEqual([5, 15, 25]);
    expect(clock.now()).toBe(30);
  });
});

it("fires late, all at one moment, what fell due while it slept", () => {
  const clock = createManualClock();
  const fired: string[] = [];
  for (const delayMs of [10, 20, 500]) {
    clock.after(delayMs, () => fired.push(`${delayMs} at ${clock.now()}`));
  }
  clock.sleep(100);
  expect(fired).toEqual(["10 at 100", "20 at 100"]);
  expect(() => clock.sleep(-1)).toThrow(RangeError);
});
