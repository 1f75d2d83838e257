/**
 * Turn: what is put off until the present turn of the event loop has handled its input. An event
 * for a thousand subscribers is ready in a thousand outboxes, and asks the platform once.
 *
 * Under saturation it lingers: the writes of one event for a thousand subscribers take longer than
 * all else that is done for them. While the process has no idle time, what would be written now is
 * late already, and shares its write with what becomes ready meanwhile.
 */
import { performance } from "node:perf_hooks";
import type { Clock } from "@tautline/contracts/runtime";

/** Runs a function when the present turn of the event loop has handled its input. */
export type AfterTurn = (run: () => void) => void;

/** What an event loop tells of itself: milliseconds since some fixed moments, of which differences count. */
export interface LoopTimes {
  now(): number;
  /** How long it has waited in all, with nothing to do. */
  idleMs(): number;
}

/** The event loop of this process, by a clock. */
export function loopTimes(clock: Pick<Clock, "now">): LoopTimes {
  return {
    now: () => clock.now(),
    idleMs: () => performance.eventLoopUtilization().idle,
  };
}

interface Flushable {
  flush(): void;
}

// A shorter flush has too few writes for any of them to be worth waiting for.
const minFlushMs = 1;
// Measured with a thousand subscribers, one event in a turn: 0.59 of bare `ws` without, 0.76 with 2 ms at
// most, 0.89 with 10, no more with 20.
const maxLingerMs = 10;
// With this share of the time to spare, each event can have a write of its own.
const idleShare = 1 / 8;

/** The flush before this one: how long it took, and what the loop has done since. Milliseconds. */
export interface LastFlush {
  readonly tookMs: number;
  readonly agoMs: number;
  readonly idleMs: number;
}

/**
 * How long a flush that is due should wait for more: as long as the last one took, `maxLingerMs` at most. A
 * loop that has idle time never waits, nor one whose flushes are short or far between.
 */
export function lingerMs({ tookMs, agoMs, idleMs }: LastFlush): number {
  const isSaturated = tookMs >= minFlushMs && agoMs <= 4 * tookMs && idleMs <= agoMs * idleShare;
  return isSaturated ? Math.min(tookMs, maxLingerMs) : 0;
}

/** The turns of the event loop, as all connections of a server share them. */
export class Turn {
  /** Runs something at the end of this turn. */
  readonly after: AfterTurn;
  readonly #loop: LoopTimes;
  /** Those that have something to write, in the order in which they said so. */
  #waiting: Flushable[] = [];
  /** When the flush that lingers ends that. */
  #lingersUntilMs: number | undefined;
  #tookMs = 0;
  #endedAtMs = 0;
  #idleAtEndMs = 0;

  constructor(after: AfterTurn, loop: LoopTimes) {
    this.after = after;
    this.#loop = loop;
  }

  /** Flushes an outbox at the end of this turn, or in one of the next. Ask once until then. */
  flushLater(outbox: Flushable) {
    if (this.#waiting.length === 0) this.after(this.#flush);
    this.#waiting.push(outbox);
  }

  readonly #flush = () => {
    const nowMs = this.#loop.now();
    this.#lingersUntilMs ??= nowMs + this.#lingerMs(nowMs);
    if (nowMs < this.#lingersUntilMs) return this.after(this.#flush);
    this.#lingersUntilMs = undefined;
    try {
      this.#flushAll();
    } finally {
      this.#endedAtMs = this.#loop.now();
      this.#tookMs = this.#endedAtMs - nowMs;
      // Asked only where it may be of use: most flushes are of one outbox.
      if (this.#tookMs >= minFlushMs) this.#idleAtEndMs = this.#loop.idleMs();
    }
  };

  #lingerMs(nowMs: number): number {
    const tookMs = this.#tookMs;
    if (tookMs < minFlushMs) return 0;
    const idleMs = this.#loop.idleMs() - this.#idleAtEndMs;
    return lingerMs({ tookMs, agoMs: nowMs - this.#endedAtMs, idleMs });
  }

  #flushAll() {
    const waiting = this.#waiting;
    this.#waiting = [];
    let flushed = 0;
    try {
      for (const outbox of waiting) {
        flushed++;
        outbox.flush();
      }
    } finally {
      // What one of them throws ends the turn, but not what the others had to say.
      for (const outbox of waiting.slice(flushed)) this.flushLater(outbox);
    }
  }
}
