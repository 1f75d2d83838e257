/**
 * Turn: what is put off until the present turn of the event loop has handled its input. An event
 * for a thousand subscribers is ready in a thousand outboxes, and asks the platform once.
 *
 * Under saturation it lingers: the writes of one event for a thousand subscribers take longer than
 * all else that is done for them. While the loop has other things to do, what would be written now is
 * late already, and may share its write with what becomes ready meanwhile.
 */
import type { Clock } from "@tautline/contracts/runtime";

/** Runs a function when the present turn of the event loop has handled its input. */
export type AfterTurn = (run: () => void) => void;

interface Flushable {
  flush(): void;
}

// A shorter flush has too few writes for any of them to be worth waiting for.
const minFlushMs = 1;
// Measured with a thousand subscribers, one event in a turn: 0.59 of bare `ws` without, 0.76 with 2 ms at
// most, 0.89 with 10, no more with 20.
const maxLingerMs = 10;
// A loop that turns so fast has nothing to do. Twice in a row: the next thing may be one turn away.
const emptyTurnMs = 0.1;
const emptyTurns = 2;

/**
 * How long a flush that is due may wait for more, in milliseconds: as long as the last one took,
 * `maxLingerMs` at most, and not at all when that one was short, or is long ago.
 *
 * @param tookMs How long the last flush took.
 * @param agoMs How long ago it ended.
 */
export function lingerMs(tookMs: number, agoMs: number): number {
  const isMostOfTheWork = tookMs >= minFlushMs && agoMs <= 4 * tookMs;
  return isMostOfTheWork ? Math.min(tookMs, maxLingerMs) : 0;
}

/** The turns of the event loop, as all connections of a server share them. */
export class Turn {
  /** Runs something at the end of this turn. */
  readonly after: AfterTurn;
  readonly #clock: Pick<Clock, "now">;
  /** Those that have something to write, in the order in which they said so. */
  #waiting: Flushable[] = [];
  /** The last flush. */
  #tookMs = 0;
  #endedAtMs = 0;
  /** Until when the present one may linger; undefined before it is due. */
  #lingersUntilMs: number | undefined;
  #lookedAtMs = 0;
  #emptyTurns = 0;

  constructor(after: AfterTurn, clock: Pick<Clock, "now">) {
    this.after = after;
    this.#clock = clock;
  }

  /** Flushes an outbox at the end of this turn, or of one soon after. Ask once until then. */
  flushLater(outbox: Flushable) {
    if (this.#waiting.length === 0) this.after(this.#flush);
    this.#waiting.push(outbox);
  }

  readonly #flush = () => {
    const nowMs = this.#clock.now();
    if (this.#lingers(nowMs)) return this.after(this.#flush);
    this.#lingersUntilMs = undefined;
    try {
      this.#flushAll();
    } finally {
      this.#endedAtMs = this.#clock.now();
      this.#tookMs = this.#endedAtMs - nowMs;
    }
  };

  #lingers(nowMs: number): boolean {
    if (this.#lingersUntilMs === undefined) {
      this.#lingersUntilMs = nowMs + lingerMs(this.#tookMs, nowMs - this.#endedAtMs);
      this.#emptyTurns = 0;
    } else {
      const wasEmpty = nowMs - this.#lookedAtMs < emptyTurnMs;
      this.#emptyTurns = wasEmpty ? this.#emptyTurns + 1 : 0;
    }
    this.#lookedAtMs = nowMs;
    return nowMs < this.#lingersUntilMs && this.#emptyTurns < emptyTurns;
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
