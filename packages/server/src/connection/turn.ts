/**
 * Turn: what is put off until the present turn of the event loop has handled its input. An event
 * for a thousand subscribers is ready in a thousand outboxes, and asks the platform once.
 */

/** Runs a function when the present turn of the event loop has handled its input. */
export type AfterTurn = (run: () => void) => void;

interface Flushable {
  flush(): void;
}

/** The turns of the event loop, as all connections of a server share them. */
export class Turn {
  /** Runs something at the end of this turn. */
  readonly after: AfterTurn;
  /** Those that have something to write, in the order in which they said so. */
  #waiting: Flushable[] = [];

  constructor(after: AfterTurn) {
    this.after = after;
  }

  /** Flushes an outbox at the end of this turn. Ask once a turn. */
  flushLater(outbox: Flushable) {
    if (this.#waiting.length === 0) this.after(this.#flush);
    this.#waiting.push(outbox);
  }

  readonly #flush = () => {
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
  };
}
