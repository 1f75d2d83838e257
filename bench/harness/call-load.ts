/** Keeps a number of calls in flight on every line, and counts them. */
import { checkAnswer, makeItem } from "../app/item.js";
import type { Line } from "../contestants/contestant.js";
import { quantile } from "./statistics.js";

export interface CallLoad {
  /** Calls answered so far, and the quantiles of their milliseconds since the last reading. */
  read(): { readonly operations: number; readonly p50Ms: number; readonly p99Ms: number };
  /** Asks nothing more; resolves when everything has been answered. Every caller asks once. */
  end(): Promise<void>;
}

/**
 * @param timed Whether to time each call: with many in flight it says how long the queue is, and
 * two readings of the clock a call are then better saved.
 */
export function startCalls(
  lines: readonly Line[],
  { inFlight, timed }: { readonly inFlight: number; readonly timed: boolean },
): CallLoad {
  let operations = 0;
  let latenciesMs: number[] = [];
  let ending = false;

  async function ask(line: Line) {
    do {
      const item = makeItem(operations);
      checkAnswer(item, await line.answer(item));
      operations += 1;
    } while (!ending);
  }

  async function askTimed(line: Line) {
    do {
      const item = makeItem(operations);
      const startMs = performance.now();
      const answer = await line.answer(item);
      latenciesMs.push(performance.now() - startMs);
      checkAnswer(item, answer);
      operations += 1;
    } while (!ending);
  }

  const asking = lines.flatMap((line) =>
    Array.from({ length: inFlight }, () => (timed ? askTimed(line) : ask(line))),
  );
  const all = Promise.all(asking);
  // A wrong answer is reported when the load is ended; until then nobody listens.
  all.catch(() => {});

  return {
    read() {
      const sorted = latenciesMs.sort((a, b) => a - b);
      latenciesMs = [];
      return { operations, p50Ms: quantile(sorted, 0.5), p99Ms: quantile(sorted, 0.99) };
    },
    async end() {
      ending = true;
      await all;
    },
  };
}
