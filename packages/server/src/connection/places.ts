/**
 * Places: how many calls run at once for one principal, over all its connections to this process.
 */

/** Takes and gives back places of one principal. */
export interface Place {
  /** Takes a place, or says that there is none. */
  readonly take: () => boolean;
  readonly release: () => void;
}

/** Counts the running calls of each principal up to `limit`. */
export function createPlaces(limit: number) {
  const taken = new Map<string, number>();
  const unlimited: Place = { take: () => true, release: () => {} };

  return {
    /** The places of a principal. Connections without one are bounded each by itself only. */
    of(userId: string | undefined): Place {
      if (userId === undefined) return unlimited;
      return {
        take() {
          const count = taken.get(userId) ?? 0;
          if (count >= limit) return false;
          taken.set(userId, count + 1);
          return true;
        },
        release() {
          const count = taken.get(userId) ?? 0;
          // Forgotten at zero: a million users may come by in a month.
          if (count <= 1) taken.delete(userId);
          else taken.set(userId, count - 1);
        },
      };
    },
  };
}
