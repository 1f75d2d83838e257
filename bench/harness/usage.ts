/** What a process has used so far: two readings give a rate, each by the clock of its own process. */

export interface Usage {
  readonly timeMs: number;
  /** User and system time of all threads, garbage collection included, in microseconds. */
  readonly cpuUs: number;
}

export function usageNow(): Usage {
  const { user, system } = process.cpuUsage();
  return { timeMs: performance.now(), cpuUs: user + system };
}

/** The share of a core between two readings, as CPU microseconds per millisecond. */
export function cpuUsPerMs(before: Usage, after: Usage): number {
  return (after.cpuUs - before.cpuUs) / (after.timeMs - before.timeMs);
}
