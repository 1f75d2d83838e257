/** How many rounds: eleven where a ratio is promised, so that its interval means something. */
import type { ContestantName } from "../contestants/contestant.js";

const full = 11;

/** Eleven for the named, fewer for the others: nothing is promised of those, and time is short. */
export const fullRoundsFor =
  (named: readonly ContestantName[], others = 3) =>
  (contestant: ContestantName) =>
    named.includes(contestant) ? full : others;
