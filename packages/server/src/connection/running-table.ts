/**
 * Running table: what runs on one connection, by id. A connection nearly always has one subscription, and
 * a map of one takes five times as much memory as this: 180 bytes for each of ten thousand.
 */
import type { RequestId } from "@tautline/contracts/wire";

interface Keyed {
  /** Ids are a client's: 1 and "1" are two, and "__proto__" is one like any other. */
  readonly key: RequestId | symbol;
}

/** A map of what runs, by its `key`, that makes no map before there are two. */
export class RunningTable<Running extends Keyed> {
  #one: Running | undefined;
  /** All others. */
  #others: Map<Running["key"], Running> | undefined;

  get size(): number {
    return (this.#one === undefined ? 0 : 1) + (this.#others === undefined ? 0 : this.#others.size);
  }

  get(key: Running["key"]): Running | undefined {
    return this.#one?.key === key ? this.#one : this.#others?.get(key);
  }

  /** Adds what has a key that is not taken. */
  add(running: Running) {
    if (this.#one === undefined) this.#one = running;
    else {
      this.#others ??= new Map();
      this.#others.set(running.key, running);
    }
  }

  delete({ key }: Running) {
    if (this.#one?.key === key) this.#one = undefined;
    else this.#others?.delete(key);
  }

  /** All there are now; what is deleted meanwhile is among them. */
  values(): readonly Running[] {
    const others = [...(this.#others?.values() ?? [])];
    return this.#one === undefined ? others : [this.#one, ...others];
  }
}
