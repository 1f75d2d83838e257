/**
 * Asking a store: for one operation, for as long as it may take, and without a promise where the
 * store has its answer at hand.
 */
import type { Clock } from "@tautline/contracts/runtime";
import type { TRPCError } from "../../trpc.js";
import type { MaybePromise } from "./store.js";

/** Asks one store. */
export class Asking {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #onFailure: (cause: unknown) => void;

  /** @param onFailure The store threw, rejected or took too long. */
  constructor(clock: Clock, timeoutMs: number, onFailure: (cause: unknown) => void) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#onFailure = onFailure;
  }

  /**
   * Goes on with what the store gives.
   *
   * @param toError What the caller is told when the store fails.
   * @param lost The store failed and may have done it; called again when it answers after all.
   */
  ask<Given, Result>(
    operation: () => MaybePromise<Given>,
    toError: () => TRPCError,
    next: (given: Given) => MaybePromise<Result>,
    lost?: () => void,
  ): MaybePromise<Result> {
    let given: MaybePromise<Given>;
    try {
      given = operation();
    } catch (cause) {
      this.#onFailure(cause);
      lost?.();
      throw toError();
    }
    if (!(given instanceof Promise)) return next(given);
    return this.#inTime(given, toError, lost).then(next);
  }

  #inTime<Given>(
    asked: Promise<Given>,
    toError: () => TRPCError,
    lost: (() => void) | undefined,
  ): Promise<Given> {
    return new Promise((resolve, reject) => {
      let isOver = false;
      const fail = (cause: unknown) => {
        if (isOver) return;
        isOver = true;
        timer.cancel();
        this.#onFailure(cause);
        reject(toError());
        lost?.();
      };
      const timer = this.#clock.after(this.#timeoutMs, () =>
        fail(new Error(`The store took longer than ${this.#timeoutMs} ms`)),
      );
      asked.then(
        (given) => {
          if (isOver) return lost?.(); // once more: when its time was over, it was not done yet
          isOver = true;
          timer.cancel();
          resolve(given);
        },
        (cause) => (isOver ? lost?.() : fail(cause)),
      );
    });
  }
}

/** Goes on with what `start` gives, at once where it gives it at once. */
export function andThen<Given, Result>(
  start: () => MaybePromise<Given>,
  toError: (cause: unknown) => TRPCError,
  next: (given: Given) => MaybePromise<Result>,
): MaybePromise<Result> {
  let given: MaybePromise<Given>;
  try {
    given = start();
  } catch (cause) {
    throw toError(cause);
  }
  if (!(given instanceof Promise)) return next(given);
  const failed = (cause: unknown): never => {
    throw toError(cause);
  };
  // In one `then`: what `next` throws is not a failure of `start`.
  return given.then(next, failed);
}
