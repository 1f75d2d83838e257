/**
 * The message every contestant carries: five fields, one of them a Date, as applications have them.
 * What a call does with it is next to nothing, so that what is measured is the way there and back.
 */

/** About 110 bytes as JSON. */
export interface Item {
  id: string;
  title: string;
  count: number;
  open: boolean;
  at: Date;
}

const startMs = Date.UTC(2026, 0, 1);

/** A different item for each number, told from any other by all but its title. */
export function makeItem(count: number): Item {
  const at = new Date(startMs + count);
  return { id: `item-${count}`, title: "Disk almost full", count, open: count % 2 === 0, at };
}

/** What every server does with a call: an item of its own, so that no answer is an echo. */
export function answerTo(item: Item): Item {
  return { ...item, count: item.count + 1 };
}

/**
 * Holds an answer against its question.
 *
 * @throws Error when a field is missing, has another value, or `at` is no Date any more.
 */
export function checkAnswer(asked: Item, answer: Item) {
  const right =
    answer.count === asked.count + 1 &&
    answer.id === asked.id &&
    answer.title === asked.title &&
    answer.open === asked.open &&
    answer.at instanceof Date &&
    answer.at.getTime() === asked.at.getTime();
  if (!right) {
    throw new Error(`Wrong answer to ${JSON.stringify(asked)}: ${JSON.stringify(answer)}`);
  }
}

/**
 * Holds an event against the one that is due.
 *
 * @throws Error when one is missing, doubled, out of order or damaged.
 */
export function checkEvent(item: Item, due: number) {
  const { count, id, at } = item;
  if (count === due && id === `item-${due}` && at instanceof Date && at.getTime() === startMs + due)
    return;
  throw new Error(`Wrong event, item ${due} was due: ${JSON.stringify(item)}`);
}

/** For wires without Dates: makes one of the text in its place, in place. */
export function reviveItem(item: Item): Item {
  item.at = new Date(item.at);
  return item;
}
