/**
 * One running subscription: takes events from the handler's iterable no faster than the client
 * reads them, and does what the contract's `overflow` says when the handler is faster.
 *
 * Most of ten thousand subscriptions wait for an event most of the time, so waiting is made of
 * callbacks: a suspended function with its promises takes a kilobyte more.
 */
import type { Overflow } from "@tautline/contracts";
import { OverflowBuffer } from "./overflow-buffer.js";

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
  /**
   * The end: the handler is done, or disposed of. Told once.
   *
   * @param failure What the handler or `send` threw, if that was the end.
   */
  ended(failure: Failure | undefined): void;
}

/** Something that was thrown: also `undefined` may be. */
export interface Failure {
  readonly cause: unknown;
}

/**
 * What the handler's iterator is doing: nothing, giving an event (or waiting for the event loop to
 * turn), nothing any more because the reader was cut off, or nothing because it has finished.
 */
type Source = "idle" | "busy" | "cut" | "finished";

/** Pumps one iterable into one sink. */
export class Subscription {
  readonly #iterator: AsyncIterator<unknown>;
  readonly #sink: SubscriptionSink;
  /** What was pulled and not sent; undefined where nothing is pulled before there is room. */
  readonly #buffer: OverflowBuffer | undefined;
  #source: Source = "idle";
  /** Events the client still accepts; infinite in the base dialect. */
  #credit: number;
  /** Pulls into the buffer: they go on without room, but not for ever in one turn. */
  #pulls = 0;
  /** An event is being validated that takes its time; the next ones have to wait. */
  #isSending = false;
  #waitsForRoom = false;
  /** Nothing more is pulled or sent. */
  #isOver = false;
  /** What ended the source; told when everything before it was sent. */
  #failure: Failure | undefined;
  // Two functions for all events: they come by the thousand. Bound: others keep their surroundings, too.
  readonly #onNext: (next: IteratorResult<unknown>) => void;
  readonly #onThrown: (cause: unknown) => void;

  constructor(
    events: AsyncIterable<unknown>,
    sink: SubscriptionSink,
    overflow: Overflow,
    credit: number,
  ) {
    this.#iterator = events[Symbol.asyncIterator]();
    this.#sink = sink;
    this.#buffer = overflow === "wait" ? undefined : new OverflowBuffer(overflow);
    this.#credit = credit;
    this.#onNext = this.#given.bind(this);
    this.#onThrown = this.#thrown.bind(this);
  }

  /** Begins to pull. */
  start() {
    this.#goOn();
  }

  /** The client accepts `count` more. */
  addCredit(count: number) {
    this.#credit += count;
    this.#goOn();
  }

  /** Ends it from outside: the handler's `finally` runs, and then the sink is told of the end. */
  stop() {
    this.#end(undefined);
  }

  /** Does all that can be done now. Called whenever something has changed. */
  #goOn() {
    const buffer = this.#buffer;
    if (buffer !== undefined) while (!buffer.isEmpty && this.#maySend) this.#send(buffer.take());
    if (this.#isOver) return;
    const isEmpty = buffer === undefined || buffer.isEmpty;
    const isEnding = this.#source === "cut" || this.#source === "finished";
    if (isEnding && isEmpty && !this.#isSending) return this.#end(this.#failure);
    // Without a buffer, asked before the event is pulled: what is not pulled needs no memory.
    if (this.#source === "idle" && (buffer !== undefined || this.#maySend)) this.#pull();
    const wantsRoom = !isEmpty || this.#source === "idle";
    if (wantsRoom && !this.#isSending) this.#awaitRoom();
  }

  get #maySend() {
    return !this.#isOver && !this.#isSending && this.#credit > 0 && !this.#sink.full;
  }

  #awaitRoom() {
    if (this.#waitsForRoom || !this.#sink.full) return;
    this.#waitsForRoom = true;
    this.#sink.whenRoom(() => {
      this.#waitsForRoom = false;
      this.#goOn();
    });
  }

  // ---- from the handler --------------------------------------------------------------------

  #pull() {
    this.#source = "busy";
    if (this.#buffer === undefined) this.#sink.pulling();
    try {
      // An iterator written by hand may give its results without a promise.
      Promise.resolve(this.#iterator.next()).then(this.#onNext, this.#onThrown);
    } catch (cause) {
      this.#onThrown(cause);
    }
  }

  #given(next: IteratorResult<unknown>) {
    if (this.#isOver) return; // nobody wants it any more
    // From one written by hand whose `next` just returns at the end. `for await` throws here, too.
    if (typeof next !== "object" || next === null) {
      return this.#thrown(
        new TypeError(`An iterator's next() gave ${String(next)}, and no object`),
      );
    }
    this.#source = next.done ? "finished" : "idle";
    if (!next.done) {
      if (this.#buffer === undefined) this.#send(next.value);
      else this.#keep(this.#buffer, next.value);
    }
    this.#goOn();
  }

  #thrown(cause: unknown) {
    this.#fail("finished", cause);
  }

  #fail(source: "cut" | "finished", cause: unknown) {
    this.#source = source;
    this.#failure = { cause };
    this.#buffer?.fail();
    this.#goOn();
  }

  #keep(buffer: OverflowBuffer, event: unknown) {
    try {
      buffer.add(event);
    } catch (cause) {
      return this.#fail("cut", cause);
    }
    if (++this.#pulls % maxPullsPerTurn > 0) return;
    this.#source = "busy";
    this.#sink.afterTurn(() => {
      this.#source = "idle";
      this.#goOn();
    });
  }

  // ---- to the client -----------------------------------------------------------------------

  #send(event: unknown) {
    this.#credit -= 1;
    try {
      const sending = this.#sink.send(event);
      if (sending === undefined) return this.#sink.pulled();
      this.#isSending = true;
      sending.then(
        () => {
          this.#isSending = false;
          this.#sink.pulled();
          this.#goOn();
        },
        (cause) => this.#end({ cause }),
      );
    } catch (cause) {
      this.#end({ cause });
    }
  }

  // ---- the end -----------------------------------------------------------------------------

  #end(failure: Failure | undefined) {
    if (this.#isOver) return;
    this.#isOver = true; // what was pulled ahead must not go on when sending has failed
    this.#sink.pulled();
    // First: a generator that waits for its next event can not be returned before that comes, and
    // one returned early has not closed what it meant to read later.
    this.#sink.over();
    const ended = () => this.#sink.ended(failure);
    if (this.#source === "finished") return ended();
    try {
      // What fails here has no one to be told to; a generator has settled its last `next` by then.
      Promise.resolve(this.#iterator.return?.()).then(ended, ended);
    } catch {
      ended();
    }
  }
}
