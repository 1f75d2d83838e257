/**
 * Subscriptions, as their readers see them: with callbacks, or with `for await`. A reader with
 * `for await` returns credit as it reads, so events wait at the server and not here: never more
 * of them than the credit. PROTOCOL.md §5.4
 */
import type { Reader } from "./call.js";
import type { AnyCallError } from "./call-error.js";

/** What the reader of a subscription can do. */
export interface Following {
  /** It has read one event. */
  read(): void;
  /** It wants no more: it is told the end, and the server to stop. */
  stop(): void;
}

/** The callbacks of `.subscribe()`, seen without their types. */
export interface Callbacks {
  onData?(event: unknown): void;
  onStarted?(): void;
  onError?(error: AnyCallError): void;
  onStopped?(): void;
  onComplete?(): void;
}

/** A reader that calls back. `following` is there once `.subscribe()` has returned. */
export function createCallbackReader(
  callbacks: Callbacks,
  following: () => Following | undefined,
): Reader {
  // A callback that unsubscribes needs what `.subscribe()` has not returned yet.
  const later = (run: () => void) => {
    if (following() === undefined) queueMicrotask(run);
    else guarded(run);
  };
  return {
    next(event) {
      guarded(() => callbacks.onData?.(event));
      following()?.read();
    },
    fail: (error) => later(() => callbacks.onError?.(error)),
    begin: () => guarded(() => callbacks.onStarted?.()),
    end(byServer) {
      if (byServer) guarded(() => callbacks.onStopped?.());
      later(() => callbacks.onComplete?.());
    },
  };
}

/** Calls what is not ours. Its error belongs to its author and must not stop our own work. */
export function guarded(run: () => void) {
  try {
    run();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

interface Waiting {
  resolve(result: IteratorResult<unknown, undefined>): void;
  reject(error: AnyCallError): void;
}

/** A reader with `for await`, and its iterator. */
export function createIterator(following: () => Following) {
  let events: unknown[] = [];
  let waiting: Waiting[] = [];
  let ended = false;
  let iterated = false;
  let failure: AnyCallError | undefined;

  function finish() {
    ended = true;
    const all = waiting;
    waiting = [];
    for (const { resolve, reject } of all) {
      // Only one is told of the failure, as only one would have got the event.
      const error = failure;
      failure = undefined;
      if (error === undefined) resolve(done);
      else reject(error);
    }
  }

  const reader: Reader = {
    next(event) {
      const first = waiting.shift();
      if (first === undefined) {
        events.push(event);
        return;
      }
      first.resolve({ value: event, done: false });
      following().read();
    },
    fail(error) {
      failure = error;
      finish();
    },
    end(byServer) {
      if (!byServer) events = [];
      finish();
    },
    get backlog() {
      return events.length > 0;
    },
  };

  const iterator = {
    [Symbol.asyncIterator]() {
      if (iterated) throw new TypeError("Cannot iterate a subscription twice: subscribe again");
      iterated = true;
      return iterator;
    },
    next(): Promise<IteratorResult<unknown, undefined>> {
      if (events.length > 0) {
        const value = events.shift();
        following().read();
        return Promise.resolve({ value, done: false });
      }
      if (failure !== undefined) {
        const error = failure;
        failure = undefined;
        return Promise.reject(error);
      }
      if (ended) return Promise.resolve(done);
      return new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
      });
    },
    return(): Promise<IteratorResult<unknown, undefined>> {
      events = [];
      failure = undefined;
      following().stop();
      return Promise.resolve(done);
    },
  };
  return { reader, iterator };
}

const done = { value: undefined, done: true } as const;
