/**
 * Drain: how a server leaves without anybody losing anything. Its clients are asked to go elsewhere,
 * a few at a time; what they have under way here ends here, and the last one turns off the light.
 * PROTOCOL.md §9.6
 */
import type { Clock, Timer } from "@tautline/contracts/runtime";

/** Options of `server.drain`. */
export interface DrainOptions {
  /**
   * The longest it may take, in milliseconds. Keep it below what a supervisor grants: 30 s in
   * Kubernetes.
   *
   * @default 25_000
   */
  readonly deadlineMs?: number;
  /**
   * Clients leave at a random time within this, in milliseconds, so that they do not all come to the
   * next server at once.
   *
   * @default 5_000
   */
  readonly windowMs?: number;
}

/** A connection, as far as leaving goes. */
export interface Leaving {
  end(code: number, reason: string): void;
  /** Asks the client to connect elsewhere, within `delayMs` from now. */
  askToLeave(delayMs: number): void;
}

// Asked at once, ten thousand clients would keep the event loop from answering any of them.
const batches = 10;
// How often it is seen whether all have left. Nobody waits for the last fraction of a second.
const lookMs = 50;

/**
 * Asks all to leave, and waits until they have.
 *
 * @param open Those that are there; what leaves is taken out of it.
 * @param isBusy Whether calls run of clients that have lost their socket: nobody is there, and a mutation
 * should end all the same.
 * @returns a promise that resolves when nobody is left, or at the deadline.
 */
export function drain(
  open: ReadonlySet<Leaving>,
  clock: Clock,
  deadlineMs: number,
  windowMs: number,
  isBusy: () => boolean,
): Promise<void> {
  const all = [...open];
  const size = Math.ceil(all.length / batches);
  const pauseMs = windowMs / batches;

  let asking: Timer | undefined;

  function ask(batch: number) {
    const asked = all.slice(batch * size, (batch + 1) * size);
    if (asked.length === 0) return;
    for (const connection of asked) if (open.has(connection)) connection.askToLeave(pauseMs);
    asking = clock.after(pauseMs, () => ask(batch + 1));
  }

  return new Promise((resolve) => {
    const lateAtMs = clock.now() + deadlineMs;
    const look = () => {
      const isOver = open.size === 0 && !isBusy();
      if (!isOver && clock.now() < lateAtMs) return void clock.after(lookMs, look);
      asking?.cancel();
      resolve();
    };
    ask(0);
    look();
  });
}
