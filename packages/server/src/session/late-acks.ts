/**
 * Late acks: sessions whose clients wait for an `ack` that may wait, on one timer for all of them: a
 * timer of its own would take 150 bytes of each session that has just heard something. None waits
 * longer than it may; who comes while the timer runs waits less. PROTOCOL.md §9.3
 */
import type { Clock, Timer } from "@tautline/contracts/runtime";
import { ackDelayMs } from "@tautline/contracts/session";

/** A session that owes an `ack`. */
export interface Owing {
  acknowledgeLate(): void;
}

/** All sessions of a process that owe one. */
export class LateAcks {
  readonly #clock: Clock;
  #owing = new Set<Owing>();
  /** Runs while there are any. */
  #timer: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `acknowledgeLate` in time, once. */
  add(session: Owing) {
    this.#owing.add(session);
    this.#timer ??= this.#clock.after(ackDelayMs, () => this.#settle());
  }

  /** It is not called any more. */
  delete(session: Owing) {
    if (!this.#owing.delete(session) || this.#owing.size > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #settle() {
    const owing = this.#owing;
    this.#owing = new Set(); // first: who owes one from now on has all its time
    this.#timer = undefined;
    for (const session of owing) session.acknowledgeLate();
  }
}
