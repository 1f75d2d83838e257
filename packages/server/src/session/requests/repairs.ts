/**
 * Repairs: what has to become true in a store that failed once. Its callers were told so, honestly;
 * but a record that says RUNNING on a server that lives, and runs nothing, would let whoever asks
 * elsewhere wait for an answer that never comes. So it is tried again, behind everybody's back.
 */
import type { Clock, Timer } from "@tautline/contracts/runtime";
import type { Asking } from "./asking.js";
import { notRecorded } from "./refusals.js";
import type { MaybePromise } from "./store.js";

// Each holds an answer of up to 64 KiB. What is beyond has to wait for its record to expire.
const maxRepairs = 1_000;
const firstDelayMs = 1_000;
const longestDelayMs = 30_000;
// A record of a session is kept no longer.
const giveUpMs = 600_000;

/** Repairs of one store. */
export class Repairs {
  readonly #clock: Clock;
  readonly #asking: Asking;
  readonly #timers = new Set<Timer>();
  #count = 0;
  #isClosed = false;

  constructor(clock: Clock, asking: Asking) {
    this.#clock = clock;
    this.#asking = asking;
  }

  /** Does it now, or as soon as the store works again. It has to be harmless when done twice. */
  start(operation: () => MaybePromise<unknown>) {
    if (this.#isClosed || this.#count >= maxRepairs) return;
    this.#count++;
    void this.#repair(operation).finally(() => this.#count--);
  }

  /** Leaves things as they are. */
  close() {
    this.#isClosed = true;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }

  async #repair(operation: () => MaybePromise<unknown>) {
    const untilMs = this.#clock.now() + giveUpMs;
    for (let delayMs = firstDelayMs; ; delayMs = Math.min(delayMs * 2, longestDelayMs)) {
      if (this.#isClosed || this.#clock.now() >= untilMs) return;
      try {
        await this.#asking.ask(
          operation,
          () => notRecorded("Not yet repaired"),
          () => {},
        );
        return;
      } catch {
        await this.#pause(delayMs); // the log has it already
      }
    }
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.#isClosed) return;
      const timer = this.#clock.after(delayMs, () => {
        this.#timers.delete(timer);
        resolve();
      });
      this.#timers.add(timer);
    });
  }
}
