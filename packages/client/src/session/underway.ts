/**
 * The calls under way in a session, by number. The numbers rise, so a call is kept at its number's
 * place in a ring, and moves to a table only when it is still there a whole round later, as
 * subscriptions are. A table alone would cost a busy client much: see `call-list.ts`.
 */
import type { Call } from "../call/call.js";

// More than are under way at once in most apps; it grows where there are more.
const firstPlaces = 64;

/** What others may do with them. */
export type CallsUnderway = Pick<Underway, "size" | "get" | "values">;

/** Calls by number. */
export class Underway {
  size = 0;
  /** A power of two. */
  #places = firstPlaces;
  #numbers: (number | undefined)[] = [];
  #calls: (Call | undefined)[] = [];
  readonly #older = new Map<number, Call>();

  /** Adds a call under a number higher than all before. */
  add(id: number, call: Call) {
    this.size++;
    this.#put(id, call);
    if (this.#older.size > this.#places) this.#grow();
  }

  get(id: unknown): Call | undefined {
    const place = this.#placeOf(id as number);
    return this.#numbers[place] === id ? this.#calls[place] : this.#older.get(id as number);
  }

  /** Takes out a call that is there. */
  delete(id: unknown) {
    const place = this.#placeOf(id as number);
    this.size--;
    if (this.#numbers[place] !== id) this.#older.delete(id as number);
    else this.#numbers[place] = this.#calls[place] = undefined;
  }

  /** All of them, the oldest first. */
  values(): Call[] {
    return this.#entries().map(([, call]) => call);
  }

  #placeOf(id: number) {
    return id & (this.#places - 1);
  }

  #put(id: number, call: Call) {
    const place = this.#placeOf(id);
    const occupant = this.#numbers[place];
    if (occupant !== undefined) this.#older.set(occupant, this.#calls[place]!);
    this.#numbers[place] = id;
    this.#calls[place] = call;
  }

  #grow() {
    const entries = this.#entries();
    this.#places *= 2;
    this.#numbers = [];
    this.#calls = [];
    this.#older.clear();
    for (const [id, call] of entries) this.#put(id, call);
  }

  #entries(): [number, Call][] {
    const recent = this.#numbers.flatMap((id, place): [number, Call][] =>
      id === undefined ? [] : [[id, this.#calls[place]!]],
    );
    return [...this.#older, ...recent].sort(([a], [b]) => a - b);
  }
}
