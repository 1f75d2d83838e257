/** A window of time under load: what was done in it, and what it cost on either side. */
import { setTimeout as sleep } from "node:timers/promises";
import type { ServerProcess } from "./contest.js";
import { cpuUsPerMs, type Usage } from "./usage.js";

export interface WindowTimes {
  /** Load before the first reading, in milliseconds: connections settle and code gets compiled. */
  readonly warmUpMs: number;
  readonly measureMs: number;
}

/** What a load process reads of itself. */
export interface LoadReading extends Usage {
  readonly operations: number;
}

/** Rates and costs; the costs per operation, in microseconds of CPU. */
export interface WindowResult<Reading> {
  readonly perSecond: number;
  readonly serverUs: number;
  readonly clientUs: number;
  /** The second reading, with what it says besides. */
  readonly last: Reading;
}

/**
 * Reads both ends twice. A busy process answers some milliseconds late, so each rate is taken by
 * the clock of the process it belongs to.
 */
export async function measureWindow<Reading extends LoadReading>(
  server: ServerProcess,
  read: () => Promise<Reading>,
  { warmUpMs, measureMs }: WindowTimes,
): Promise<WindowResult<Reading>> {
  await sleep(warmUpMs);
  const [serverBefore, before] = await Promise.all([server.tell("usage"), read()]);
  await sleep(measureMs);
  const [serverAfter, last] = await Promise.all([server.tell("usage"), read()]);

  const perMs = (last.operations - before.operations) / (last.timeMs - before.timeMs);
  return {
    perSecond: perMs * 1000,
    serverUs: cpuUsPerMs(serverBefore, serverAfter) / perMs,
    clientUs: cpuUsPerMs(before, last) / perMs,
    last,
  };
}
