/**
 * The time of a service in a test: a clock moved by hand or the real one, behind the same words.
 * Whatever ends only when time passes is awaited here, so that it ends on both.
 */
import { type Clock, systemClock } from "@tautline/contracts/runtime";
import { createManualClock, type ManualClock } from "../manual-clock.js";
import { settled } from "../settled.js";
import { type Truthy, type UntilOptions, until } from "../until.js";

/** Time, and how it passes. */
export interface AppTime {
  readonly clock: Clock;
  /** Lets time pass, and what it makes ready happen. */
  advance(ms: number): Promise<void>;
  /** Waits for a condition; time passes meanwhile. */
  until<T>(condition: () => T, options?: Omit<UntilOptions, "clock">): Promise<Truthy<Awaited<T>>>;
  /** Waits for a promise; time passes meanwhile. */
  finish<T>(promise: PromiseLike<T>, what?: string): Promise<T>;
  /** One line for each timer that has not fired. */
  leftovers(): string[];
}

/** Creates the time of a service. */
export function createTime(given: ManualClock | "real" = createManualClock()): AppTime {
  const time = given === "real" ? realTime() : manualTime(given);
  return {
    ...time,
    async finish(promise, what = "a promise to settle") {
      let isDone = false;
      const done = () => {
        isDone = true;
      };
      promise.then(done, done);
      await time.until(() => isDone, { what });
      return promise;
    },
  };
}

function manualTime(clock: ManualClock): Omit<AppTime, "finish"> {
  return {
    clock,
    advance: (ms) => clock.advanceAsync(ms),
    until: (condition, options) => until(condition, { ...options, clock }),
    leftovers: () => clock.leftovers(),
  };
}

function realTime(): Omit<AppTime, "finish"> {
  const waiting = new Set<{ readonly dueMs: number }>();
  const clock: Clock = {
    now: () => systemClock.now(),
    after(delayMs, run) {
      const entry = { dueMs: systemClock.now() + delayMs };
      waiting.add(entry);
      const timer = systemClock.after(delayMs, () => {
        waiting.delete(entry);
        run();
      });
      return {
        cancel() {
          waiting.delete(entry);
          timer.cancel();
        },
      };
    },
  };
  return {
    clock,
    async advance(ms) {
      if (!Number.isFinite(ms) || ms < 0) throw new RangeError(`Cannot wait for ${ms} ms`);
      await settled();
      if (ms > 0) await new Promise<void>((resolve) => void systemClock.after(ms, resolve));
      await settled();
    },
    // A turn takes about a millisecond; clients that came too often wait for up to 30 s.
    until: (condition, options) => until(condition, { turns: 60_000, ...options }),
    leftovers: () =>
      [...waiting].map(
        ({ dueMs }) => `timer due in ${Math.round(dueMs - systemClock.now())} ms: unnamed`,
      ),
  };
}
