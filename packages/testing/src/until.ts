/**
 * Until: awaits a condition. It looks again after every turn of the event loop, so it ends
 * the moment the condition holds, and it gives up after a fixed number of turns with a
 * message that says what it was waiting for.
 */
import type { ManualClock } from "./manual-clock.js";
import { settled } from "./settled.js";

/** How long {@link until} waits and what it may move meanwhile. */
export interface UntilOptions {
  /**
   * Moved from timer to timer while the condition does not hold and nothing else is ready.
   * Without it no time passes.
   */
  readonly clock?: ManualClock;
  /**
   * The furthest `clock` is moved, in milliseconds from where it stood.
   * @default 60_000
   */
  readonly withinMs?: number;
  /**
   * How often the condition is looked at before giving up. The first hundred looks cost
   * microseconds, each further one a millisecond, for work outside the event loop.
   * @default 2_000
   */
  readonly turns?: number;
  /** What is awaited, for the message of the failure. @default the condition's source */
  readonly what?: string;
}

/** What is left of a type when it is known to be truthy. */
export type Truthy<T> = Exclude<T, false | null | undefined | 0 | 0n | "">;

// Enough for any chain of promises; what is not ready by then waits for something real.
const QUICK_TURNS = 100;

/**
 * Waits until `condition` returns something truthy and gives that back. A condition that
 * throws does not hold yet, so `() => rows[0].name === "a"` may be asked of an empty list.
 *
 * @throws Error when it still does not hold; `cause` is what it threw last.
 * @example
 * const [socket] = await until(() => network.sockets.length > 0 && network.sockets);
 * await until(() => client.state.name === "open", { clock });
 */
export async function until<T>(
  condition: () => T,
  options: UntilOptions = {},
): Promise<Truthy<Awaited<T>>> {
  const { clock, withinMs = 60_000, turns = 2_000 } = options;
  const startMs = clock?.now() ?? 0;
  let cause: unknown;

  for (let turn = 0; turn < turns; turn++) {
    try {
      cause = undefined;
      const value = await condition();
      if (value) return value as Truthy<Awaited<T>>;
    } catch (error) {
      cause = error;
    }
    // Every other turn, so that all that is ready goes before time does: a deadline must not
    // pass because the answer to it needed a few more promises.
    const nextMs = turn % 2 === 1 ? clock?.due[0] : undefined;
    if (nextMs !== undefined && nextMs - startMs <= withinMs) {
      await clock!.advanceAsync(Math.max(0, nextMs - clock!.now()));
    } else {
      await (turn < QUICK_TURNS ? settled() : pause());
    }
  }

  const what = options.what ?? String(condition);
  const moved = clock === undefined ? "" : ` and ${clock.now() - startMs} ms of the clock`;
  const threw = cause === undefined ? "" : `; it threw ${String(cause)}`;
  throw new Error(`Still waiting after ${turns} turns${moved} for: ${what}${threw}`, { cause });
}

declare function setTimeout(run: () => void, delayMs: number): unknown;

// Taken when this module loads, as in `settled`: fake timers must not stop the waiting.
const timeout = setTimeout;

function pause() {
  return new Promise<void>((resolve) => void timeout(resolve, 1));
}
