/**
 * I12: what one client does wrong is not felt by the others: their p99 stays within twice of what it
 * is when a well-behaved client sends the same bytes.
 */
import { type Checker, ofKind, percentile, report } from "./checker.js";

/** Below it a round trip on a busy machine says nothing, in milliseconds. */
export interface LatencyBounds {
  readonly floorMs: number;
}

// Fewer have no p99.
const leastProbes = 100;

/** Finds that healthy clients suffered. */
export function othersUnharmed({ floorMs }: LatencyBounds): Checker {
  return (history) => {
    const { violations, add } = report("I12");
    const probes = ofKind(history, "probe");
    const end = probes.at(-1)?.at ?? 0;
    const p99 = (phase: "fair" | "foul") => {
      const times = probes.filter((probe) => probe.phase === phase).map(({ ms }) => ms);
      if (times.length >= leastProbes) return percentile(times, 0.99);
      add(end, `There are ${times.length} ${phase} round trips: too few to tell`);
      return Number.NaN;
    };
    const fair = p99("fair");
    const foul = p99("foul");
    const most = 2 * Math.max(fair, floorMs);
    if (foul > most) {
      const told = `${foul.toFixed(1)} ms beside a foul client`;
      add(
        end,
        `p99 is ${told}, and ${fair.toFixed(1)} ms beside a fair one: ${most.toFixed(1)} are allowed`,
      );
    }
    return violations;
  };
}
