/**
 * I2: nothing is lost in silence. Between the first and the last position of a subscriber, every
 * publication was received or covered by a gap; and once all is quiet, whoever still subscribes has
 * the last one too.
 */
import type { EventOf } from "../events.js";
import {
  type Checker,
  publicationsIn,
  report,
  type Subscription,
  subscriptionsIn,
} from "./checker.js";

/** What a subscriber received in one go: no gap, and one epoch. */
interface Stretch {
  readonly epoch: string;
  /** Where it begins: everything behind it should follow. */
  readonly from: number;
  last: number;
  readonly received: Set<number>;
  at: number;
}

/** Finds publications that a subscriber missed and was not told of. */
export const nothingLost: Checker = (history) => {
  const { violations, add } = report("I2");
  const publications = publicationsIn(history);
  const subscriptions = subscriptionsIn(history);
  const quiets = history.filter((event): event is EventOf<"quiet"> => event.kind === "quiet");
  const quietAt = quiets.at(-1)?.at;

  for (const subscription of subscriptions.values()) {
    const { name, begun, told } = subscription;
    const stretches = stretchesOf(subscription, (event) =>
      add(event.at, `${name} went on in epoch ${event.epoch} and was told of no gap`),
    );
    for (const { epoch, from, last, received, at } of stretches) {
      const missing = publications
        .of(begun.stream, epoch)
        .all.filter(({ offset }) => offset > from && offset < last && !received.has(offset))
        .map(({ offset }) => offset);
      if (missing.length === 0) continue;
      add(at, `${name} never received ${few(missing)} of ${begun.stream} (${epoch})`);
    }

    const isOver = told.some(({ kind }) => kind === "lost" || kind === "ended");
    if (isOver || quietAt === undefined || begun.at > quietAt) continue;
    const latest = publications.latest(begun.stream);
    if (latest === undefined || latest.at > quietAt) continue;
    const present = stretches.at(-1);
    const isThere = present?.epoch === latest.epoch && present.last >= latest.offset;
    if (isThere) continue;
    const has = present === undefined ? "nothing" : `${present.last} (${present.epoch})`;
    const wanted = `${latest.offset} (${latest.epoch})`;
    add(quietAt, `${name} has ${has} of ${begun.stream}, where all is quiet at ${wanted}`);
  }
  return violations;
};

function stretchesOf(
  { begun, told }: Subscription,
  changedInSilence: (event: EventOf<"receive">) => void,
): Stretch[] {
  const { from, at } = begun;
  const stretches: Stretch[] = [];
  let present = from && begin(from.epoch, from.offset, at);

  function begin(epoch: string, from: number, at: number) {
    const stretch: Stretch = { epoch, from, last: from, received: new Set(), at };
    stretches.push(stretch);
    return stretch;
  }
  for (const event of told) {
    if (event.kind === "gap") present = begin(event.epoch, event.offset, event.at);
    if (event.kind !== "receive") continue;
    if (present !== undefined && present.epoch !== event.epoch) changedInSilence(event);
    if (present?.epoch !== event.epoch) present = begin(event.epoch, event.offset, event.at);
    present.received.add(event.offset);
    present.last = Math.max(present.last, event.offset);
    present.at = event.at;
  }
  return stretches;
}

/** Enough of a list to see what is wrong. */
function few(offsets: readonly number[]): string {
  const shown = offsets.slice(0, 5).join(", ");
  return offsets.length > 5 ? `${shown} and ${offsets.length - 5} more` : shown;
}
