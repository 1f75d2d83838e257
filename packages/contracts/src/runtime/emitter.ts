/** A list of listeners: the smallest thing that lets many watch one. */

/** Stops what it was returned by. Safe to call twice. */
export type Unsubscribe = () => void;

/** Tells every listener, in the order they came. */
export interface Emitter<T> {
  on(listener: (value: T) => void): Unsubscribe;
  emit(value: T): void;
}

/** Creates an {@link Emitter}. An error that a listener throws surfaces later: {@link guarded}. */
export function createEmitter<T>(): Emitter<T> {
  const listeners = new Set<(value: T) => void>();
  return {
    on(listener) {
      // A function per registration: the same listener may be registered twice.
      const tell = (value: T) => listener(value);
      listeners.add(tell);
      return () => void listeners.delete(tell);
    },
    emit(value) {
      // A copy: who comes during this round is told from the next one on. Who was stopped meanwhile,
      // by a listener before it, is passed over.
      for (const tell of [...listeners]) if (listeners.has(tell)) guarded(() => tell(value));
    },
  };
}

declare function queueMicrotask(run: () => void): void;

/**
 * Calls what is not ours. Its error surfaces as an uncaught one: it belongs to its author, and must
 * not break us in the middle of our work.
 */
export function guarded(run: () => void) {
  try {
    run();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
