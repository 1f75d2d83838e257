/**
 * Places: how many calls run at once for one principal, over all its connections to this process.
 */

/** Takes and gives back places of one principal. */
export interface Place {
  /** Takes a place, or says that there is none. */
  take(): boolean;
  release(): void;
}

/** For connections without a principal: each is bounded by itself only. */
export const unlimitedPlace: Place = { take: () => true, release() {} };

/** Counts the running calls of each principal up to `limit`. */
export function createPlaces(limit: number) {
  const taken = new Map<string, number>();

  class PrincipalPlace implements Place {
    readonly #userId: string;

    constructor(userId: string) {
      this.#userId = userId;
    }

    take() {
      const count = taken.get(this.#userId) ?? 0;
      if (count >= limit) return false;
      taken.set(this.#userId, count + 1);
      return true;
    }

    release() {
      const count = taken.get(this.#userId) ?? 0;
      // Forgotten at zero: a million users may come by in a month.
      if (count <= 1) taken.delete(this.#userId);
      else taken.set(this.#userId, count - 1);
    }
  }

  return {
    /** The places of a principal. */
    of: (userId: string | undefined): Place =>
      userId === undefined ? unlimitedPlace : new PrincipalPlace(userId),
  };
}
