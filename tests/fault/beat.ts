/** Beat: one timer for all generators of a process, so that a thousand of them go in step. */

/** What a generator waits with. */
export interface Follower {
  /** Resolves with the next event that is due; at once if one is. */
  next(): Promise<void>;
  stop(): void;
}

/** Lets generators go on, each so many times. */
export class Beat {
  readonly #followers = new Set<{ due: number; wake: (() => void) | undefined }>();
  #timer: NodeJS.Timeout | undefined;

  /** Goes on so many times a second; 0 stops it. */
  pace(perSecond: number) {
    clearInterval(this.#timer);
    if (perSecond > 0) this.#timer = setInterval(() => this.strike(1), 1_000 / perSecond);
  }

  /** Makes so many more events due, for everybody. */
  strike(times: number) {
    for (const follower of this.#followers) {
      follower.due += times;
      follower.wake?.();
    }
  }

  /** Follows from now on; the end of `signal` ends the waiting. */
  follow(signal: AbortSignal): Follower {
    const follower: { due: number; wake: (() => void) | undefined } = { due: 0, wake: undefined };
    this.#followers.add(follower);
    signal.addEventListener("abort", () => follower.wake?.(), { once: true });
    return {
      async next() {
        while (follower.due === 0 && !signal.aborted) {
          await new Promise<void>((resolve) => {
            follower.wake = resolve;
          });
          follower.wake = undefined;
        }
        follower.due--;
      },
      stop: () => void this.#followers.delete(follower),
    };
  }
}
