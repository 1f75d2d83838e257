/**
 * Notebook: what the clients of a process have seen so far, beside what goes into the history; and
 * waiting until something of it is so.
 */
import { appErrorOf } from "@tautline/client";
import { now, type Writer } from "./history.js";

/** How often each thing was told: `ok`, or the code of a failure. */
export type Outcomes = Record<string, number>;

/** Where a subscriber stands. */
export interface Position {
  readonly stream: string;
  epoch?: string;
  offset?: number;
}

/** What was seen. */
export interface Notebook {
  readonly history: Writer;
  /** Of calls, by procedure. */
  readonly outcomes: Record<string, Outcomes>;
  /** Of subscriptions that ended with an error. */
  readonly lost: Outcomes;
  /** Those who still follow. */
  readonly following: Map<string, Position>;
  /** Clients with an open line, and calls that have not settled. */
  open: number;
  inFlight: number;
  /** Lets those who wait look again. */
  changed(): void;
  /** Waits until it is so, and says after how many milliseconds; -1 if it did not come to it. */
  until(isSo: () => boolean, withinMs: number): Promise<number>;
}

/** Opens an empty one. */
export function openNotebook(history: Writer): Notebook {
  const waiters = new Set<() => void>();
  let isDue = false;

  // Soon, not now: thousands of events come at once.
  function changed() {
    if (isDue || waiters.size === 0) return;
    isDue = true;
    setTimeout(() => {
      isDue = false;
      for (const waiter of waiters) waiter();
    }, 2);
  }

  function until(isSo: () => boolean, withinMs: number): Promise<number> {
    const begun = now();
    return new Promise((resolve) => {
      const finish = (ms: number) => {
        clearTimeout(timer);
        waiters.delete(look);
        resolve(ms);
      };
      const timer = setTimeout(() => finish(-1), withinMs);
      const look = () => isSo() && finish(now() - begun);
      waiters.add(look);
      look();
    });
  }

  return {
    history,
    outcomes: {},
    lost: {},
    following: new Map(),
    open: 0,
    inFlight: 0,
    changed,
    until,
  };
}

/** Counts something. */
export function count(tally: Outcomes, what: string) {
  tally[what] = (tally[what] ?? 0) + 1;
}

/** How a failure is called. */
export function codeOf(error: unknown): string {
  const { code } = (error as { data?: { code?: unknown } | null }).data ?? {};
  return appErrorOf(error)?.code ?? (typeof code === "string" ? code : String(error));
}
