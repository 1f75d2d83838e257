/**
 * One running subscription: takes events from the handler's iterable no faster than the client
 * reads them, and does what the contract's `overflow` says when the handler is faster.
 */
import type { Overflow } from "@tautline/contracts";
import { appError } from "../errors.js";

/** Events kept for a slow reader by `drop-oldest` and `cut`. */
export const overflowBuffer = 32;

// A handler that never waits must still let the event loop turn.
const maxPullsPerTurn = 64;

/** What a subscription needs of its connection. */
export interface SubscriptionSink {
  /** Whether the connection has room for one more event. */
  readonly full: boolean;
  /** Calls `run` once there is room again. */
  whenRoom(run: () => void): void;
  afterTurn(run: () => void): void;
  /** An event is about to be pulled: room should be set aside for it. */
  pulling(): void;
  /** It was sent, or none came. Safe to call twice. */
  pulled(): void;
  /** Validates, encodes and sends one event. */
  send(event: unknown): void | Promise<void>;
  /** Nothing more is sent: the handler's signal should abort. */
  over(): void;
}

/** Pumps one iterable into one sink. */
export class Subscription {
  readonly #iterator: AsyncIterator<unknown>;
  readonly #sink: SubscriptionSink;
  readonly #overflow: Overflow;
  /** Events the client still accepts; infinite in the base dialect. */
  #credit: number;
  /** Nothing more is pulled or sent. */
  #stopped = false;
  /** The iterator is finished by itself, so it wants no `return`. */
  #finished = false;
  /** Set once: an iterator is returned once at most. */
  #disposal: Promise<void> | undefined;
  /** Wakes whoever waits for credit, room, an event or the end. At most one waits. */
  #wake: (() => void) | undefined;
  #waitsForRoom = false;
  /** Lets go of the pull that is under way, if one is. */
  #abandonPull: (() => void) | undefined;

  constructor(
    events: AsyncIterable<unknown>,
    sink: SubscriptionSink,
    overflow: Overflow,
    credit: number,
  ) {
    this.#iterator = events[Symbol.asyncIterator]();
    this.#sink = sink;
    this.#overflow = overflow;
    this.#credit = credit;
  }

  /** The client accepts `count` more. */
  addCredit(count: number) {
    this.#credit += count;
    this.#wakeUp();
  }

  /** Ends it from outside: the handler's `finally` runs, and then `run` resolves. */
  stop() {
    this.#stopped = true;
    this.#wakeUp();
    void this.#dispose();
  }

  /**
   * Runs until the handler is done or `stop` was called, and everything sent.
   *
   * @throws whatever the handler throws, once it is disposed of.
   */
  async run(): Promise<void> {
    try {
      if (this.#overflow === "wait") await this.#pumpInStep();
      else await this.#pumpThroughBuffer(this.#overflow);
    } finally {
      this.#stopped = true; // what was pulled ahead must not go on when sending has failed
      this.#sink.pulled();
      // First: a generator that waits for its next event can not be returned before that comes, and
      // one returned early has not closed what it meant to read later.
      this.#sink.over();
      await this.#dispose();
    }
  }

  async #pumpInStep() {
    // Outside the loop, and emptied in it: a suspended function keeps what its variables last held,
    // and the next event may be hours away.
    let next: IteratorYieldResult<unknown> | undefined;
    while (!this.#stopped) {
      // Asked before the event is pulled: what is not pulled needs no memory.
      if (!this.#hasRoom) {
        await this.#roomOrStop();
        continue;
      }
      this.#sink.pulling();
      next = await this.#pull();
      if (next === undefined) return;
      const sending = this.#deliver(next.value);
      next = undefined;
      if (sending !== undefined) await sending;
      this.#sink.pulled();
    }
  }

  async #pumpThroughBuffer(overflow: Exclude<Overflow, "wait">) {
    const waiting: unknown[] = [];
    let done = false;
    let failure: { readonly error: unknown } | undefined;
    const limit = overflow === "latest" ? 1 : overflowBuffer;

    const pull = async () => {
      let next: IteratorYieldResult<unknown> | undefined; // as above
      for (let pulls = 1; !this.#stopped; pulls++) {
        next = await this.#pull();
        if (next === undefined) return;
        if (waiting.length >= limit) {
          if (overflow === "cut") {
            const message = `The reader is ${limit} events behind`;
            throw appError("OVERFLOW", { waiting: limit }, message);
          }
          waiting.shift();
        }
        waiting.push(next.value);
        next = undefined;
        this.#wakeUp();
        if (pulls % maxPullsPerTurn === 0) await new Promise<void>(this.#sink.afterTurn);
      }
    };
    const pulling = pull()
      .catch((error: unknown) => {
        failure = { error };
        if (overflow === "cut") waiting.length = 0; // those behind the cut come again on resumption
      })
      .finally(() => {
        done = true;
        this.#wakeUp();
      });

    while (!this.#stopped) {
      if (waiting.length === 0) {
        if (done) break;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      } else if (this.#hasRoom) {
        const sending = this.#deliver(waiting.shift());
        if (sending !== undefined) await sending;
      } else await this.#roomOrStop();
    }
    await pulling;
    if (failure !== undefined && !this.#stopped) throw failure.error;
  }

  /** The next event; `undefined` when there is none, or nobody wants it any more. */
  async #pull(): Promise<IteratorYieldResult<unknown> | undefined> {
    try {
      const next = await new Promise<IteratorResult<unknown> | undefined>((resolve, reject) => {
        this.#abandonPull = () => resolve(undefined);
        // An iterator written by hand may give its results without a promise.
        Promise.resolve(this.#iterator.next()).then(resolve, reject);
      });
      if (next === undefined || this.#stopped) return undefined;
      if (!next.done) return next;
    } catch (error) {
      this.#finished = true;
      if (this.#stopped) return undefined; // it was told to end, and this is how it did
      throw error;
    }
    this.#finished = true;
    return undefined;
  }

  #deliver(event: unknown) {
    this.#credit -= 1;
    return this.#sink.send(event);
  }

  get #hasRoom() {
    return this.#credit > 0 && !this.#sink.full;
  }

  #roomOrStop(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      if (this.#waitsForRoom || !this.#sink.full) return;
      this.#waitsForRoom = true;
      this.#sink.whenRoom(() => {
        this.#waitsForRoom = false;
        this.#wakeUp();
      });
    });
  }

  #wakeUp() {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  #dispose(): Promise<void> {
    this.#disposal ??= this.#returnIterator();
    return this.#disposal;
  }

  async #returnIterator() {
    try {
      if (!this.#finished) await this.#iterator.return?.();
    } catch {
      // What fails while nobody waits any more has no one to be told to; `run` reports the rest.
    }
    // A generator has settled its last `next` by now. Another iterator may never do it.
    this.#abandonPull?.();
  }
}
