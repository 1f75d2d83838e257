import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createTimerWheel, systemClock, type TimerPlatform } from "./timer-wheel.js";

/** A platform whose timers fire when told, as late (or early) as the test likes. */
function manualPlatform(startMs = 0) {
  const timers = new Map<object, { readonly dueMs: number; readonly run: () => void }>();
  let nowMs = startMs;
  let sets = 0;
  let longestDelayMs = 0;
  const platform: TimerPlatform = {
    now: () => nowMs,
    setTimer(delayMs, run) {
      const timer = {};
      sets++;
      longestDelayMs = Math.max(longestDelayMs, delayMs);
      timers.set(timer, { dueMs: nowMs + delayMs, run });
      return timer;
    },
    clearTimer: (timer) => void timers.delete(timer as object),
  };
  /** Fires every platform timer that is due by `untilMs`, each at the moment it asked for. */
  function runUntil(untilMs: number) {
    for (;;) {
      const [timer, next] =
        [...timers].sort((one, other) => one[1].dueMs - other[1].dueMs)[0] ?? [];
      if (timer === undefined || next === undefined || next.dueMs > untilMs) break;
      timers.delete(timer);
      nowMs = Math.max(nowMs, next.dueMs);
      next.run();
    }
    nowMs = Math.max(nowMs, untilMs);
  }
  return {
    platform,
    runUntil,
    /** Lets time pass without firing anything, as a blocked event loop does. */
    block(ms: number) {
      nowMs += ms;
    },
    /** Fires the platform timer now although it is not due, as Node does with fractions. */
    fireEarly() {
      const [timer, next] = [...timers][0]!;
      timers.delete(timer);
      next.run();
    },
    get armed() {
      return timers.size;
    },
    get sets() {
      return sets;
    },
    get longestDelayMs() {
      return longestDelayMs;
    },
  };
}

describe("a timer wheel", () => {
  it("fires never early, at most 8 ms late below a second and at most 128 ms late above", () => {
    const anyDelay = fc.oneof(
      fc.double({ min: 0, max: 999.999, noNaN: true }),
      fc.double({ min: 1_000, max: 5_000, noNaN: true }),
      fc.constantFrom(0, 7.999, 8, 999.999, 1_000, 1_023.5, 1_024),
    );
    const anyTimer = fc.record({
      setAfterMs: fc.double({ min: 0, max: 300, noNaN: true }),
      delayMs: anyDelay,
    });
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1e9, noNaN: true }),
        fc.array(anyTimer, { minLength: 1, maxLength: 30 }),
        (startMs, timers) => {
          const { platform, runUntil } = manualPlatform(startMs);
          const wheel = createTimerWheel(platform);
          let fired = 0;
          for (const { setAfterMs, delayMs } of timers) {
            runUntil(platform.now() + setAfterMs);
            const dueMs = platform.now() + delayMs;
            wheel.after(delayMs, () => {
              fired++;
              const lateMs = platform.now() - dueMs;
              // A thousandth: `startMs` may be so large that fractions of it are rounded.
              expect(lateMs).toBeGreaterThanOrEqual(-0.001);
              expect(lateMs).toBeLessThanOrEqual((delayMs < 1_000 ? 8 : 128) + 0.001);
            });
          }
          runUntil(platform.now() + 10_000);
          expect(fired).toBe(timers.length);
        },
      ),
    );
  });

  it("takes a negative delay for none, and fires it in a later turn", () => {
    const { platform, runUntil } = manualPlatform();
    const wheel = createTimerWheel(platform);
    const fired = vi.fn();
    wheel.after(-5, fired);
    expect(fired).not.toHaveBeenCalled();
    runUntil(8);
    expect(fired).toHaveBeenCalledOnce();
  });

  it("reads the time of its platform", () => {
    const { platform, block } = manualPlatform(7);
    block(3);
    expect(createTimerWheel(platform).now()).toBe(10);
  });

  it("fires slices in order of time, and within a slice in order of setting", () => {
    const { platform, runUntil } = manualPlatform();
    const wheel = createTimerWheel(platform);
    const fired: string[] = [];
    wheel.after(2_000, () => fired.push("two seconds"));
    wheel.after(100, () => fired.push("100, set first"));
    wheel.after(500, () => fired.push("half a second"));
    wheel.after(97, () => fired.push("97, same slice"));
    wheel.after(90, () => fired.push("90"));
    runUntil(3_000);
    expect(fired).toEqual([
      "90",
      "100, set first",
      "97, same slice",
      "half a second",
      "two seconds",
    ]);
  });

  it("fires everything that is due in order after the event loop was blocked", () => {
    const { platform, block, runUntil } = manualPlatform();
    const wheel = createTimerWheel(platform);
    const fired: number[] = [];
    for (const delayMs of [300, 20, 1_500, 100]) wheel.after(delayMs, () => fired.push(delayMs));
    block(5_000);
    runUntil(5_000);
    expect(fired).toEqual([20, 100, 300, 1_500]);
  });

  it("waits on when the platform fires early", () => {
    const { platform, fireEarly, runUntil } = manualPlatform();
    const wheel = createTimerWheel(platform);
    const fired = vi.fn();
    wheel.after(50, fired);
    fireEarly();
    expect(fired).not.toHaveBeenCalled();
    runUntil(60);
    expect(fired).toHaveBeenCalledOnce();
  });

  it("keeps ten thousand timers on one platform timer, set once for those that come later", () => {
    const wheelPlatform = manualPlatform();
    const wheel = createTimerWheel(wheelPlatform.platform);
    let fired = 0;
    for (let n = 0; n < 10_000; n++) wheel.after(15_000 + n, () => fired++);
    expect(wheelPlatform.armed).toBe(1);
    expect(wheelPlatform.sets).toBe(1);
    wheelPlatform.runUntil(30_000);
    expect(fired).toBe(10_000);
    expect(wheelPlatform.armed).toBe(0);
  });

  it("moves the platform timer forward for an earlier timer, and back when that is done", () => {
    const wheelPlatform = manualPlatform();
    const wheel = createTimerWheel(wheelPlatform.platform);
    const fired: string[] = [];
    wheel.after(10_000, () => fired.push("later"));
    wheel.after(10, () => fired.push("earlier"));
    expect(wheelPlatform.armed).toBe(1);
    wheelPlatform.runUntil(20);
    expect(fired).toEqual(["earlier"]);
    expect(wheelPlatform.armed).toBe(1);
    wheelPlatform.runUntil(11_000);
    expect(fired).toEqual(["earlier", "later"]);
  });

  it("never asks the platform for more than the 2^31 - 1 ms that setTimeout can count", () => {
    const wheelPlatform = manualPlatform();
    const wheel = createTimerWheel(wheelPlatform.platform);
    const monthMs = 30 * 86_400_000;
    const fired = vi.fn();
    wheel.after(monthMs, fired);
    wheelPlatform.runUntil(monthMs - 1);
    expect(fired).not.toHaveBeenCalled();
    wheelPlatform.runUntil(monthMs + 128);
    expect(fired).toHaveBeenCalledOnce();
    expect(wheelPlatform.longestDelayMs).toBeLessThanOrEqual(2 ** 31 - 1);
    expect(wheelPlatform.sets).toBe(2);
  });
});

describe("a timer without end", () => {
  it("never fires and holds no platform timer", () => {
    const wheelPlatform = manualPlatform();
    const wheel = createTimerWheel(wheelPlatform.platform);
    const [never, soon] = [vi.fn(), vi.fn()];
    const timer = wheel.after(Number.POSITIVE_INFINITY, never);
    expect(wheelPlatform.armed).toBe(0);
    wheel.after(10, soon);
    wheelPlatform.runUntil(1e12);
    expect(soon).toHaveBeenCalledOnce();
    expect(never).not.toHaveBeenCalled();
    expect(wheelPlatform.armed).toBe(0);
    timer.cancel();
  });
});

describe("a timer that is cancelled", () => {
  it("does not fire, and cancelling it again changes nothing", () => {
    const { platform, runUntil } = manualPlatform();
    const wheel = createTimerWheel(platform);
    const [cancelled, other] = [vi.fn(), vi.fn()];
    const timer = wheel.after(10, cancelled);
    wheel.after(10, other);
    timer.cancel();
    timer.cancel();
    runUntil(100);
    timer.cancel();
    expect(cancelled).not.toHaveBeenCalled();
    expect(other).toHaveBeenCalledOnce();
  });

  it("clears the platform timer when it was the last, so an idle process can end", () => {
    const wheelPlatform = manualPlatform();
    const wheel = createTimerWheel(wheelPlatform.platform);
    const [first, second] = [wheel.after(10, vi.fn()), wheel.after(2_000, vi.fn())];
    first.cancel();
    expect(wheelPlatform.armed).toBe(1);
    second.cancel();
    expect(wheelPlatform.armed).toBe(0);
    wheel.after(10, vi.fn());
    expect(wheelPlatform.armed).toBe(1);
  });

  it("may be in the same slice as the one that cancels it, before or behind it", () => {
    const { platform, runUntil } = manualPlatform();
    const wheel = createTimerWheel(platform);
    const fired: string[] = [];
    const before = wheel.after(10, () => fired.push("before"));
    wheel.after(10, () => {
      before.cancel();
      behind.cancel();
    });
    const behind = wheel.after(10, () => fired.push("behind"));
    wheel.after(10, () => fired.push("last"));
    runUntil(100);
    expect(fired).toEqual(["before", "last"]);
  });

  it("may be the last of all in a slice that is due as well", () => {
    const wheelPlatform = manualPlatform();
    const wheel = createTimerWheel(wheelPlatform.platform);
    const fired: string[] = [];
    wheel.after(10, () => {
      fired.push("first slice");
      second.cancel();
      wheel.after(10, () => fired.push("set meanwhile"));
    });
    const second = wheel.after(50, () => fired.push("second slice"));
    wheelPlatform.block(200);
    wheelPlatform.runUntil(300);
    expect(fired).toEqual(["first slice", "set meanwhile"]);
    expect(wheelPlatform.armed).toBe(0);
  });

  it("may share its function with another that is not", () => {
    const { platform, runUntil } = manualPlatform();
    const wheel = createTimerWheel(platform);
    const shared = vi.fn();
    const timer = wheel.after(10, shared);
    wheel.after(10, shared);
    wheel.after(10, shared);
    timer.cancel();
    runUntil(100);
    expect(shared).toHaveBeenCalledTimes(2);
  });

  it("cancels itself without harm while it runs", () => {
    const wheelPlatform = manualPlatform();
    const wheel = createTimerWheel(wheelPlatform.platform);
    const timer = wheel.after(10, () => timer.cancel());
    const other = vi.fn();
    wheel.after(500, other);
    wheelPlatform.runUntil(1_000);
    expect(other).toHaveBeenCalledOnce();
    expect(wheelPlatform.armed).toBe(0);
  });
});

describe("a timer that sets another", () => {
  it("gets it a slice later at the earliest, even without a delay", () => {
    const { platform, runUntil } = manualPlatform();
    const wheel = createTimerWheel(platform);
    let rounds = 0;
    const again = () => {
      rounds++;
      wheel.after(0, again);
    };
    wheel.after(0, again);
    runUntil(800);
    expect(rounds).toBe(100);
  });
});

describe("a timer that throws", () => {
  it("tells the platform, and stops none of the others", () => {
    const wheelPlatform = manualPlatform();
    const wheel = createTimerWheel(wheelPlatform.platform);
    const fired: string[] = [];
    wheel.after(10, () => fired.push("before"));
    wheel.after(10, () => {
      throw new Error("a bug in a timer");
    });
    wheel.after(10, () => fired.push("same slice"));
    wheel.after(30, () => fired.push("later slice"));
    wheelPlatform.block(100);
    expect(() => wheelPlatform.runUntil(100)).toThrow("a bug in a timer");
    expect(wheelPlatform.armed).toBe(1);
    wheelPlatform.runUntil(100);
    expect(fired).toEqual(["before", "same slice", "later slice"]);
    expect(wheelPlatform.armed).toBe(0);
  });

  it("leaves the platform free when it was the last", () => {
    const wheelPlatform = manualPlatform();
    createTimerWheel(wheelPlatform.platform).after(10, () => {
      throw new Error("a bug in a timer");
    });
    expect(() => wheelPlatform.runUntil(100)).toThrow("a bug in a timer");
    expect(wheelPlatform.armed).toBe(0);
  });
});

describe("a wheel that runs for long", () => {
  afterEach(() => void vi.unstubAllGlobals());

  it("keeps no slices behind for deadlines that are set and cancelled for ever", () => {
    // The slices are the entries of the one Map a wheel makes.
    const made: { readonly size: number }[] = [];
    vi.stubGlobal(
      "Map",
      class extends Map {
        constructor() {
          super();
          made.push(this);
        }
      },
    );
    const { platform, runUntil } = manualPlatform();
    made.length = 0;
    const wheel = createTimerWheel(platform);
    expect(made).toHaveLength(1);
    const [slices] = made;

    const beat = () => void wheel.after(15_000, beat); // one is always waiting
    beat();
    let most = 0;
    for (let nowMs = 0; nowMs < 3_600_000; nowMs += 50) {
      runUntil(nowMs);
      wheel.after(30_000, () => {}).cancel();
      most = Math.max(most, slices!.size);
    }
    // Each heartbeat sweeps: until then one slice of 128 ms after another, and its own.
    expect(most).toBeLessThanOrEqual(Math.ceil((15_000 + 128) / 128) + 1);
  });
});

describe("the clock of this process", () => {
  it("fires never early, on real timers", async () => {
    const startMs = systemClock.now();
    await new Promise<void>((resolve) => void systemClock.after(3, resolve));
    expect(systemClock.now() - startMs).toBeGreaterThanOrEqual(3);
  });
});
