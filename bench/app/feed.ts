/**
 * Where events come from in every server whose subscriptions are generators: an iterator written by
 * hand, so that no contestant pays for `events.on()`, which costs 35 KB a subscriber on Node 20.
 */
import type { Item } from "./item.js";

/** Hands each published item to everyone who follows. */
export class Feed {
  readonly #followers = new Set<Follower>();

  /** How many follow now. */
  get size() {
    return this.#followers.size;
  }

  publish(item: Item) {
    for (const follower of this.#followers) follower.push(item);
  }

  /** Follows from now on, until `return` or the signal ends it. */
  follow(signal?: AbortSignal): AsyncIterableIterator<Item, undefined> {
    const follower = new Follower(this.#followers);
    this.#followers.add(follower);
    // The generators around this one are waiting in `next` when their reader leaves, and can not be
    // told by `return` until that resolves: it is the signal that ends them.
    signal?.addEventListener("abort", follower, { once: true });
    return follower;
  }
}

class Follower implements AsyncIterableIterator<Item, undefined> {
  readonly #followers: Set<Follower>;
  readonly #waiting: Item[] = [];
  #wake: ((result: IteratorResult<Item, undefined>) => void) | undefined;
  #ended = false;

  constructor(followers: Set<Follower>) {
    this.#followers = followers;
  }

  push(item: Item) {
    const wake = this.#wake;
    if (wake === undefined) this.#waiting.push(item);
    else {
      this.#wake = undefined;
      wake({ done: false, value: item });
    }
  }

  next(): Promise<IteratorResult<Item, undefined>> {
    const value = this.#waiting.shift();
    if (value !== undefined) return Promise.resolve({ done: false, value });
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  return() {
    this.end();
    return Promise.resolve({ done: true as const, value: undefined });
  }

  end() {
    if (this.#ended) return;
    this.#ended = true;
    this.#followers.delete(this);
    this.#wake?.({ done: true, value: undefined });
    this.#wake = undefined;
  }

  /** The signal has aborted. */
  handleEvent() {
    this.end();
  }

  [Symbol.asyncIterator]() {
    return this;
  }
}
