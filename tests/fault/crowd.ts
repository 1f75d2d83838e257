/**
 * Crowd: more clients than one event loop should carry. A thousand timers that are due at once hold
 * up everything else in their process, which would be our doing and not the server's.
 */
import type { Outcomes } from "./notebook.js";
import type { ClientSetup } from "./peer.js";
import type { Clients, World } from "./world.js";

/** Clients in several processes. */
export interface Crowd {
  readonly processes: readonly Clients[];
  /** Tells all of them. */
  all(tell: (clients: Clients, share: number) => Promise<unknown>): Promise<void>;
  /** Waits until it is so in all of them; says after how many milliseconds, -1 if it never was. */
  wait(what: "allOpen" | "allLost" | "allReceive", withinMs: number): Promise<number>;
  /** What they saw together. */
  report(): Promise<{
    readonly outcomes: Record<string, Outcomes>;
    readonly lost: Outcomes;
    readonly sockets: number;
  }>;
}

/** Starts so many clients, in so many processes. */
export async function startCrowd(
  world: World,
  port: number,
  {
    count,
    processes: parts,
    ...setup
  }: Partial<ClientSetup> & { count: number; processes: number },
): Promise<Crowd> {
  const processes: Clients[] = [];
  // One after the other: a crowd that comes all at once is what a storm is to show, later.
  for (let part = 0; part < parts; part++) {
    processes.push(await world.clients(port, { ...setup, count: count / parts }));
  }
  return {
    processes,
    async all(tell) {
      await Promise.all(processes.map((each) => tell(each, 1 / parts)));
    },
    async wait(what, withinMs) {
      const waits = await Promise.all(processes.map((each) => each.tell(what, { withinMs })));
      return waits.includes(-1) ? -1 : Math.max(...waits);
    },
    async report() {
      const reports = await Promise.all(processes.map((each) => each.tell("report")));
      const outcomes: Record<string, Outcomes> = {};
      for (const [path, tally] of reports.flatMap((each) => Object.entries(each.outcomes))) {
        outcomes[path] = added(outcomes[path], tally);
      }
      return {
        outcomes,
        lost: reports.map(({ lost }) => lost).reduce(added, {}),
        sockets: reports.reduce((sum, { sockets }) => sum + sockets, 0),
      };
    },
  };
}

function added(a: Outcomes = {}, b: Outcomes): Outcomes {
  const sum = { ...a };
  for (const [what, count] of Object.entries(b)) sum[what] = (sum[what] ?? 0) + count;
  return sum;
}
