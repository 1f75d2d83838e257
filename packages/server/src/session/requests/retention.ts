/**
 * Retention: what goes a fixed time after it was last touched. The time is the same for all, so
 * the order of touching is the order of going, and one timer watches the oldest.
 */
import type { Clock, Timer } from "@tautline/contracts/runtime";

/** Keeps items, each until `retentionMs` after it was last touched. */
export class Retention<Item extends object> {
  /** When each was touched; always in the order of it, which a Map keeps. */
  readonly #touchedAt = new Map<Item, number>();
  readonly #clock: Clock;
  readonly #retentionMs: number;
  readonly #expired: (item: Item) => void;
  /** Runs while there are items. Left alone when the last one goes: the next comes in no time. */
  #timer: Timer | undefined;

  /** @param expired Called once for each item whose time is over; it is out by then. */
  constructor(clock: Clock, retentionMs: number, expired: (item: Item) => void) {
    this.#clock = clock;
    this.#retentionMs = retentionMs;
    this.#expired = expired;
  }

  /** The item was written at `now`: its time begins again. */
  touch(item: Item, now: number) {
    this.#touchedAt.delete(item); // or it would keep its old place
    this.#touchedAt.set(item, now);
    this.#timer ??= this.#clock.after(this.#retentionMs, () => this.#sweep());
  }

  /** The item goes before its time. */
  drop(item: Item) {
    this.#touchedAt.delete(item);
  }

  /** Whether its time is over, though the timer may be late. */
  isOver(item: Item, now: number): boolean {
    const touchedAt = this.#touchedAt.get(item);
    return touchedAt === undefined || now - touchedAt >= this.#retentionMs;
  }

  close() {
    this.#timer?.cancel();
    this.#touchedAt.clear();
  }

  #sweep() {
    this.#timer = undefined;
    const now = this.#clock.now();
    for (const [item, touchedAt] of this.#touchedAt) {
      const leftMs = touchedAt + this.#retentionMs - now;
      if (leftMs > 0) {
        this.#timer = this.#clock.after(leftMs, () => this.#sweep());
        return;
      }
      this.#touchedAt.delete(item);
      this.#expired(item); // may touch it again: it is then the last
    }
  }
}
