/**
 * I1: nothing is received that was not published: not another payload, not under another offset,
 * not into another stream, not before its time.
 */
import { type Checker, isSame, publicationsIn, report, subscriptionsIn } from "./checker.js";

/** Finds what was received and never published. */
export const nothingInvented: Checker = (history) => {
  const { violations, add } = report("I1");
  const publications = publicationsIn(history);
  const subscriptions = subscriptionsIn(history);

  for (const event of history) {
    if (event.kind === "receive" && !subscriptions.has(event.subscriber)) {
      add(event.at, `${event.subscriber} received ${event.offset} and had never subscribed`);
    }
  }
  for (const { name, begun, told } of subscriptions.values()) {
    for (const event of told) {
      if (event.kind !== "receive") continue;
      const there = publications.of(begun.stream, event.epoch).at(event.offset);
      const what = `${name} received ${event.offset} of ${begun.stream} (${event.epoch})`;
      if (there.length === 0) add(event.at, `${what}, which was not published`);
      else if (!there.some(({ payload }) => isSame(payload, event.payload))) {
        add(event.at, `${what} with another payload: ${JSON.stringify(event.payload)}`);
      } else if (there.every(({ at }) => at > event.at)) {
        add(event.at, `${what} before it was published`);
      }
    }
  }
  return violations;
};
