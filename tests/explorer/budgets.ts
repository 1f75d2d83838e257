/** Budgets: how much happens in a life. Small ones for every life there is, a large one for chance. */
import type { Budget } from "./world.js";

/** A life in which the network does nothing but deliver. */
export const nothing: Budget = {
  calls: 0,
  pushes: 0,
  bursts: 0,
  losses: 0,
  reconnects: 0,
  restarts: 0,
  thieves: 0,
  graces: 0,
};

/** Until the client is in a session, and its subscription has begun. */
export const opened = [
  "socket 1 opens",
  "socket 1 to the server", // hello, and the subscription behind it
  "socket 1 to the client", // welcome, and that it has started
] as const;

/** For all schedules. Together they have every pair of what may happen. */
export const budgets: readonly {
  readonly name: string;
  readonly first: "dialling" | "opened";
  readonly budget: Budget;
  /** As deep as a few seconds of CI go. */
  readonly maxDepth: number;
}[] = [
  {
    name: "one loss while it opens",
    first: "dialling",
    budget: { ...nothing, calls: 2, pushes: 1, losses: 1 },
    maxDepth: 8,
  },
  {
    name: "two losses",
    first: "opened",
    budget: { ...nothing, calls: 1, pushes: 1, losses: 2 },
    maxDepth: 7,
  },
  {
    name: "a move, and a loss in it",
    first: "opened",
    budget: { ...nothing, calls: 1, pushes: 1, losses: 1, reconnects: 1 },
    maxDepth: 5,
  },
  {
    name: "a restart, a thief, a grace that passes",
    first: "opened",
    budget: { ...nothing, calls: 1, pushes: 1, losses: 1, restarts: 1, thieves: 2, graces: 1 },
    maxDepth: 5,
  },
];

/** For walks at random. */
export const longBudget: Budget = {
  calls: 6,
  pushes: 6,
  bursts: 1,
  losses: 5,
  reconnects: 3,
  restarts: 1,
  thieves: 2,
  graces: 2,
};
