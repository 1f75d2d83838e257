/**
 * Overflow buffer: the events that a handler has given and a slow reader has not taken, for the
 * subscriptions whose contract says what is lost of them.
 */
import type { Overflow } from "@tautline/contracts";
import { appError } from "../errors.js";

// Events kept for a slow reader by `drop-oldest` and `cut`.
const keptEvents = 32;

/** Keeps events in order, as many as `overflow` allows. */
export class OverflowBuffer {
  readonly #overflow: Exclude<Overflow, "wait">;
  readonly #events: unknown[] = [];

  constructor(overflow: Exclude<Overflow, "wait">) {
    this.#overflow = overflow;
  }

  get isEmpty(): boolean {
    return this.#events.length === 0;
  }

  /**
   * Keeps an event, in place of the oldest where there is no room.
   *
   * @throws TRPCError OVERFLOW where the reader is to be cut off instead.
   */
  add(event: unknown) {
    const limit = this.#overflow === "latest" ? 1 : keptEvents;
    if (this.#events.length >= limit) {
      if (this.#overflow === "cut") {
        throw appError("OVERFLOW", { waiting: limit }, `The reader is ${limit} events behind`);
      }
      this.#events.shift();
    }
    this.#events.push(event);
  }

  /** Takes the oldest. */
  take(): unknown {
    return this.#events.shift();
  }

  /** Nothing more comes, because of a failure. */
  fail() {
    // Those behind a cut come again on resumption.
    if (this.#overflow === "cut") this.#events.length = 0;
  }
}
