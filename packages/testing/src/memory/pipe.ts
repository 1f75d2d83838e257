/**
 * Pipe: one direction of a connection in memory. It keeps what TCP keeps (everything arrives
 * once and in order, or the connection ends) and lets a test decide the rest: how long the
 * way is, whether the reader reads, whether anything gets through at all.
 */
import type { Clock, Timer } from "@tautline/contracts/runtime";
import { createQueue } from "./queue.js";

/** Who stops a pipe: the socket that reads from it, or the test. */
export type Pauser = "reader" | "test";

/** One direction. Items wait in the buffer until the reader reads, then travel the wire. */
export interface Pipe<Item> {
  /** Bytes of the items in the buffer. */
  readonly bufferedBytes: number;
  /** Sends an item, of `bytes` bytes as far as the buffer is concerned. */
  push(item: Item, bytes: number): void;
  /** Sends an item past the buffer and past a reader that paused; what these keep is lost. */
  pushLast(item: Item): void;
  /** Loses everything that has not arrived. */
  drop(): void;
  /**
   * Nothing arrives until everyone who paused has resumed. Items pushed meanwhile stay in the
   * buffer; those that left before wait with the reader's kernel.
   */
  pause(by: Pauser): void;
  /** Lets go of what `by` paused. */
  resume(by: Pauser): void;
  /** Nothing arrives, and nobody can tell. */
  hold(): void;
  /** What was held arrives, as TCP would have sent it again. */
  release(): void;
  /** How long the way is for items that leave from now on, in milliseconds. */
  delay(ms: number): void;
}

/** What a pipe tells the two ends it joins. */
export interface PipeEvents<Item> {
  /** To the reading end, one item in a microtask of its own: never inside a `push`. */
  arrive(item: Item): void;
  /** To the writing end: the buffer is empty again. */
  drained(): void;
}

/**
 * Creates one direction of a connection.
 *
 * @throws RangeError when `latencyMs` is negative or not finite.
 * @throws TypeError when it is above zero and there is no clock to measure it.
 */
export function createPipe<Item>(
  clock: Clock | undefined,
  latencyMs: number,
  events: PipeEvents<Item>,
): Pipe<Item> {
  const pausers = new Set<Pauser>();
  let buffer: { readonly item: Item; readonly bytes: number }[] = [];
  const wire = createQueue<{ readonly item: Item; readonly arrivesMs: number }>();
  let bufferedBytes = 0;
  let held = false;
  /** The last item is on the wire: a reader that paused is told of it all the same. */
  let ending = false;
  let wayMs = checkedDelay(latencyMs, clock);
  /** A microtask that delivers is on its way. */
  let queued = false;
  /** The first item on the wire needs this much more time. */
  let timer: Timer | undefined;

  const now = () => clock?.now() ?? 0;

  function launch(item: Item) {
    wire.push({ item, arrivesMs: now() + wayMs });
    schedule();
  }

  function isBlocked() {
    return held || (pausers.size > 0 && !ending);
  }

  // Only ever for the first on the wire: where the way was made shorter, those behind wait.
  function schedule() {
    const next = wire.first;
    if (next === undefined || isBlocked() || queued || timer !== undefined) return;
    const remainingMs = next.arrivesMs - now();
    if (remainingMs <= 0) {
      queued = true;
      queueMicrotask(deliver);
    } else {
      timer = clock!.after(remainingMs, function frameOnItsWay() {
        timer = undefined;
        schedule();
      });
    }
  }

  function deliver() {
    queued = false;
    // Looked at again: since this was queued the wire may have been emptied or blocked.
    const next = wire.first;
    if (next === undefined || isBlocked()) return;
    if (next.arrivesMs > now()) return schedule();
    wire.shift();
    try {
      events.arrive(next.item);
    } finally {
      schedule(); // in `finally`: what one item causes must not stop those behind it
    }
  }

  function stopTimer() {
    timer?.cancel();
    timer = undefined;
  }

  function drop() {
    buffer = [];
    wire.clear();
    bufferedBytes = 0;
    stopTimer();
  }

  return {
    get bufferedBytes() {
      return bufferedBytes;
    },
    push(item, bytes) {
      if (pausers.size === 0) return launch(item);
      buffer.push({ item, bytes });
      bufferedBytes += bytes;
    },
    pushLast(item) {
      if (pausers.size > 0) drop();
      ending = true;
      launch(item);
    },
    drop,
    pause(by) {
      pausers.add(by);
    },
    resume(by) {
      pausers.delete(by);
      if (pausers.size > 0) return;
      const leaving = buffer;
      const hadBytes = bufferedBytes > 0;
      buffer = [];
      bufferedBytes = 0;
      for (const { item } of leaving) launch(item);
      schedule();
      if (hadBytes) events.drained();
    },
    hold() {
      held = true;
      stopTimer();
    },
    release() {
      held = false;
      schedule();
    },
    delay(ms) {
      wayMs = checkedDelay(ms, clock);
    },
  };
}

/**
 * A delay that can be kept.
 *
 * @throws RangeError when it is negative or not finite.
 * @throws TypeError when it is above zero and there is no clock to measure it.
 */
export function checkedDelay(ms: number, clock: Clock | undefined): number {
  if (!Number.isFinite(ms) || ms < 0) throw new RangeError(`Cannot delay frames by ${ms} ms`);
  if (ms > 0 && clock === undefined) {
    throw new TypeError(`Cannot delay frames by ${ms} ms: pass a clock to measure it`);
  }
  return ms;
}

declare function queueMicrotask(run: () => void): void;
