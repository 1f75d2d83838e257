/**
 * Whose turn it is. A machine gets warmer, and its neighbours busier, while a benchmark runs, so
 * contestants alternate: each round has one turn of everyone who takes part in it, every other round
 * goes backwards, and after each such pair another one starts.
 */
import type { ContestantName } from "../contestants/contestant.js";
import type { Question } from "./question.js";

export interface Turn {
  readonly round: number;
  readonly contestant: ContestantName;
}

/** All turns of a question, at most `limit` rounds, with only those who are in `among`. */
export function turnsOf(
  { contestants, rounds }: Pick<Question, "contestants" | "rounds">,
  among: readonly ContestantName[],
  limit = Number.POSITIVE_INFINITY,
): readonly Turn[] {
  const taking = contestants.filter((contestant) => among.includes(contestant));
  const own = (contestant: ContestantName) => Math.min(limit, rounds(contestant));
  const total = Math.max(0, ...taking.map(own));
  return Array.from({ length: total }, (_, index) => {
    const present = taking.filter((contestant) => isPresent(index, own(contestant), total));
    // Two rounds from each start, there and back: of two contestants, either goes first in half of them.
    const start = Math.floor(index / 2) % present.length;
    const rotated = [...present.slice(start), ...present.slice(0, start)];
    if (index % 2 === 1) rotated.reverse();
    return rotated.map((contestant) => ({ round: index + 1, contestant }));
  }).flat();
}

/** Spreads fewer rounds evenly over all of them, the first included. */
function isPresent(index: number, own: number, total: number): boolean {
  return Math.ceil((index * own) / total) < Math.ceil(((index + 1) * own) / total);
}
