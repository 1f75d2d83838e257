/**
 * Tells those who follow the changes that there are new ones. It carries no data: followers read
 * the table, which is the queue, so a slow one costs no memory and nothing falls out of it.
 */

/** Wakes everybody who waits. */
export type Feed = ReturnType<typeof createFeed>;

/** Makes a feed. One per process. */
export function createFeed() {
  const waiting = new Set<() => void>();

  return {
    /** Something was written. */
    announce() {
      for (const wake of waiting) wake();
    },

    /** Resolves with the next announcement, or when `signal` aborts. */
    next(signal: AbortSignal): Promise<void> {
      return new Promise((resolve) => {
        function wake() {
          waiting.delete(wake);
          signal.removeEventListener("abort", wake);
          resolve();
        }
        if (signal.aborted) return resolve();
        waiting.add(wake);
        signal.addEventListener("abort", wake);
      });
    },

    /** How many wait. */
    get waiting() {
      return waiting.size;
    },
  };
}

/**
 * Everything after `position` that `read` finds, then whatever comes, until `signal` aborts.
 *
 * @param read up to `limit` items after a position, in order, each with its `position`.
 */
export async function* follow<Item>(
  feed: Feed,
  read: (after: number, limit: number) => Item[],
  positionOf: (item: Item) => number,
  position: number,
  signal: AbortSignal,
): AsyncGenerator<Item, void, undefined> {
  const limit = 100; // one page of the table; keeps a long absence from being read in one go
  let last = position;
  while (!signal.aborted) {
    // Asked for before the table is read: an announcement between the two would otherwise be
    // missed, and its change would wait for the one after it.
    const news = feed.next(signal);
    for (let page = read(last, limit); page.length > 0; page = read(last, limit)) {
      for (const item of page) {
        yield item;
        last = positionOf(item);
      }
    }
    await news;
  }
}
