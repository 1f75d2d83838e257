/**
 * I3: what a subscriber receives in one epoch has rising offsets. Twice the same is not its matter
 * but that of I5.
 */
import { type Checker, report, subscriptionsIn } from "./checker.js";

/** Finds what came behind something later. */
export const offsetsRise: Checker = (history) => {
  const { violations, add } = report("I3");
  for (const { name, told } of subscriptionsIn(history).values()) {
    const highest = new Map<string, number>();
    const seen = new Set<string>();
    for (const event of told) {
      if (event.kind !== "receive") continue;
      const { epoch, offset, at } = event;
      const before = highest.get(epoch) ?? Number.NEGATIVE_INFINITY;
      const isRepeat = seen.has(`${offset} ${epoch}`);
      if (offset < before && !isRepeat) {
        add(at, `${name} received ${offset} behind ${before} (${epoch})`);
      }
      seen.add(`${offset} ${epoch}`);
      highest.set(epoch, Math.max(before, offset));
    }
  }
  return violations;
};
