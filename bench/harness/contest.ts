/** One contestant at one question: its processes, made for this round and ended with it. */
import { setTimeout as sleep } from "node:timers/promises";
import type { ContestantName } from "../contestants/contestant.js";
import type { loadOrders } from "./load-process.js";
import { type Child, startChild } from "./orders.js";
import type { serverOrders } from "./server-process.js";

export type ServerProcess = Child<typeof serverOrders>;
export type LoadProcess = Child<typeof loadOrders>;

/** A server, and as many load processes as a question starts. Every round has new ones, so that the
 * luck of one compilation is not taken for a property of the library. */
export interface Contest extends AsyncDisposable {
  readonly server: ServerProcess;
  startLoad(): LoadProcess;
}

/** Starts the server. `collects` lets a question ask for garbage collection. */
export async function startContest(
  contestant: ContestantName,
  { collects = false }: { readonly collects?: boolean } = {},
): Promise<Contest> {
  const nodeArgs = collects ? ["--expose-gc"] : [];
  const server: ServerProcess = startChild("./server-process.js", [contestant], nodeArgs);
  const children: Child<never>[] = [server as never];
  const end = async () => void (await Promise.all(children.map((child) => child.end())));
  try {
    const url = await server.tell("start");
    return {
      server,
      startLoad() {
        const load: LoadProcess = startChild("./load-process.js", [contestant, url]);
        children.unshift(load as never);
        return load;
      },
      [Symbol.asyncDispose]: end,
    };
  } catch (error) {
    await end();
    throw error;
  }
}

const pollMs = 10;
const patienceMs = 60_000;

/**
 * Resolves when `read` says what is expected.
 *
 * @throws Error when it still says something else after a minute.
 */
export async function until(what: string, read: () => Promise<number>, expected: number) {
  const giveUpMs = performance.now() + patienceMs;
  for (;;) {
    const value = await read();
    if (value === expected) return;
    if (performance.now() > giveUpMs) {
      throw new Error(`${value} ${what} after a minute, ${expected} were expected`);
    }
    await sleep(pollMs);
  }
}
