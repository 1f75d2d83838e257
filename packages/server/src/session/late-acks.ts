/**
 * Late acks: sessions whose clients wait for an `ack` that may wait, in few groups with one timer: a
 * timer of its own would take 150 bytes of each session that has just heard something. Not all in one
 * group, or ten thousand acks would be written in one turn of the event loop. PROTOCOL.md §9.3
 */
import type { Clock, Timer } from "@tautline/contracts/runtime";
import { ackDelayMs } from "@tautline/contracts/session";

/** A session that owes an `ack`. */
export interface Owing {
  acknowledgeLate(): void;
}

/** Those who began to owe one at about the same time. */
interface Group {
  /** When the first of them may wait no longer. */
  readonly dueMs: number;
  readonly sessions: Set<Owing>;
}

// An eighth: so many groups at most, and so much sooner than it must an ack is told at most.
const togetherMs = ackDelayMs / 8;

/** All sessions of a process that owe one. */
export class LateAcks {
  readonly #clock: Clock;
  /** The first one is due next. */
  #groups: Group[] = [];
  #timer: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `acknowledgeLate` in time, once. */
  add(session: Owing) {
    const dueMs = this.#clock.now() + ackDelayMs;
    const last = this.#groups.at(-1);
    if (last !== undefined && dueMs - last.dueMs < togetherMs) last.sessions.add(session);
    else this.#groups.push({ dueMs, sessions: new Set([session]) });
    this.#arm();
  }

  /** It is not called any more. */
  delete(session: Owing) {
    for (const { sessions } of this.#groups) sessions.delete(session);
    if (this.#groups.some(({ sessions }) => sessions.size > 0)) return;
    this.#groups = [];
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #arm() {
    const next = this.#groups[0];
    if (next === undefined) return;
    this.#timer ??= this.#clock.after(next.dueMs - this.#clock.now(), () => this.#settle());
  }

  #settle() {
    this.#timer = undefined;
    const { sessions } = this.#groups.shift()!;
    this.#arm();
    for (const session of sessions) session.acknowledgeLate();
  }
}
