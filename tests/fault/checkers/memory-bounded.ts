/** I11: memory stays under its base and a budget for each connection, and comes back. */
import { type Checker, ofKind, report } from "./checker.js";

/** What a process may hold. */
export interface MemoryBounds {
  /** What one connection may cost, in bytes, its full buffers included. */
  readonly perConnectionBytes: number;
  /** What compiled code and one collection of garbage may leave to the next, in bytes. */
  readonly slackBytes: number;
}

/** Finds processes that hold more than they may, or keep it. */
export function memoryBounded({ perConnectionBytes, slackBytes }: MemoryBounds): Checker {
  return (history) => {
    const { violations, add } = report("I11");
    const samples = ofKind(history, "memory");
    const processes = new Set(samples.map(({ by }) => by));
    if (processes.size === 0) add(0, "Nobody measured memory");

    for (const by of processes) {
      const own = samples.filter((sample) => sample.by === by);
      const base = own.filter(({ phase }) => phase === "base");
      for (const phase of ["base", "load", "after"] as const) {
        if (own.every((sample) => sample.phase !== phase)) {
          add(own[0]!.at, `${by} has no sample of ${phase}, so nothing can be said`);
        }
      }
      if (base.length === 0) continue;
      const baseBytes = Math.max(...base.map(({ liveBytes }) => liveBytes));
      for (const { phase, liveBytes, connections, at } of own) {
        const budget = phase === "load" ? connections * perConnectionBytes : 0;
        const most = baseBytes + budget + slackBytes;
        if (liveBytes <= most) continue;
        const forWhom = phase === "load" ? ` with ${connections} connections` : "";
        add(at, `${by} held ${liveBytes} bytes ${phase}${forWhom}, where ${most} are allowed`);
      }
    }
    return violations;
  };
}
