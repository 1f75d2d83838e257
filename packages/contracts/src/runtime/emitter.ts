/** A list of listeners: the smallest thing that lets many watch one. */

/** Stops what it was returned by. Safe to call twice. */
export type Unsubscribe = () => void;

/** Tells every listener, in the order they came. */
export interface Emitter<T> {
  on(listener: (value: T) => void): Unsubscribe;
  emit(value: T): void;
}

/**
 * Creates an {@link Emitter}.
 *
 * @param onError What to do with an error a listener throws; the other listeners still run.
 */
export function createEmitter<T>(onError: (error: unknown) => void = rethrowLater): Emitter<T> {
  const listeners = new Set<{ readonly call: (value: T) => void }>();
  return {
    on(call) {
      // A wrapper per registration: the same function may be registered twice.
      const entry = { call };
      listeners.add(entry);
      return () => void listeners.delete(entry);
    },
    emit(value) {
      // A copy: who comes during this round is told from the next one on.
      for (const entry of [...listeners]) {
        if (!listeners.has(entry)) continue; // stopped meanwhile, by a listener before it
        try {
          entry.call(value);
        } catch (error) {
          onError(error);
        }
      }
    },
  };
}

declare function queueMicrotask(run: () => void): void;

/**
 * Lets an error surface as an uncaught one: a listener's bug belongs to its author, and must not
 * break the sender in the middle of its work.
 */
export function rethrowLater(error: unknown) {
  queueMicrotask(() => {
    throw error;
  });
}
