/**
 * Subscriptions, as their readers see them: with callbacks, or with `for await`. A reader with
 * `for await` returns credit as it reads, so events wait at the server and not here: never more
 * of them than the credit. PROTOCOL.md §5.4
 */
import { guarded } from "@tautline/contracts/runtime";
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
    if (!following()) queueMicrotask(run);
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

/** A reader with `for await`, and its iterator. */
export function createIterator(following: () => Following) {
  let events: unknown[] = [];
  let isOver = false;
  let isIterated = false;
  let failure: AnyCallError | undefined;
  let wake = () => {};

  async function* iterate() {
    for (;;) {
      while (events.length > 0) {
        const event = events.shift();
        following().read();
        yield event;
      }
      if (failure) throw failure;
      if (isOver) return;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }

  const reader: Reader = {
    next(event) {
      events.push(event);
      wake();
    },
    fail(error) {
      failure = error;
      wake();
    },
    end(byServer) {
      if (!byServer) events = [];
      isOver = true;
      wake();
    },
    hasBacklog: () => events.length > 0,
  };

  const inner = iterate();
  const iterator = {
    [Symbol.asyncIterator]() {
      if (isIterated) throw new TypeError("Cannot iterate twice: subscribe again");
      isIterated = true;
      return iterator;
    },
    next: () => inner.next(),
    return() {
      following().stop(); // first, or a `next` that waits would keep `inner` waiting
      return inner.return();
    },
  };
  return { reader, iterator };
}
