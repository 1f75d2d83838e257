/** I5: a subscriber's handler gets no publication twice, however often its line was made anew. */
import { type Checker, report, subscriptionsIn } from "./checker.js";

/** Finds what was given to one handler twice. */
export const nothingDoubled: Checker = (history) => {
  const { violations, add } = report("I5");
  for (const { name, told } of subscriptionsIn(history).values()) {
    const seen = new Set<string>();
    for (const event of told) {
      if (event.kind !== "receive") continue;
      const position = `${event.offset} (${event.epoch})`;
      if (seen.has(position)) add(event.at, `${name} received ${position} twice`);
      seen.add(position);
    }
  }
  return violations;
};
