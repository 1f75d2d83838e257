/**
 * How long the event loop was held up: by the clock, and by the process's own work. On a machine that
 * others use as well the first grows without any doing of ours; the second does not.
 */

import { percentile } from "./checkers/checker.js";

/** Delays since the meter was read before, in milliseconds. */
export interface LoopDelay {
  /** By the clock. */
  readonly p99: number;
  readonly max: number;
  /** No more than the CPU time that the process used meanwhile. */
  readonly ownP99: number;
  readonly ownMax: number;
}

const stepMs = 5;

/** Begins to measure. */
export function meterLoopDelay() {
  let clock: number[] = [];
  let own: number[] = [];
  let lastMs = performance.now();
  let lastCpuMs = cpuMs();

  setInterval(() => {
    const nowMs = performance.now();
    const nowCpuMs = cpuMs();
    const delayMs = Math.max(0, nowMs - lastMs - stepMs);
    clock.push(delayMs);
    own.push(Math.min(delayMs, nowCpuMs - lastCpuMs));
    lastMs = nowMs;
    lastCpuMs = nowCpuMs;
  }, stepMs);

  return {
    /** What was measured since the last time. */
    read(): LoopDelay {
      const told = {
        p99: p99(clock),
        max: Math.max(0, ...clock),
        ownP99: p99(own),
        ownMax: Math.max(0, ...own),
      };
      clock = [];
      own = [];
      return told;
    },
  };
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** Of the samples, as Node's own `monitorEventLoopDelay` has it. */
const p99 = (delays: readonly number[]) => (delays.length === 0 ? 0 : percentile(delays, 0.99));
