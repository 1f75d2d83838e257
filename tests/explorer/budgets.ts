/** Budgets: how much happens in a life. Small ones for every life there is, a large one for chance. */

/** How often each thing may happen in one life: what has no end can not be explored to it. */
export interface Budget {
  readonly calls: number;
  readonly pushes: number;
  /** Times that many events come at once: more than the credit, and enough for an `ack` at once. */
  readonly bursts: number;
  /** Wires that break. */
  readonly losses: number;
  readonly reconnects: number;
  readonly restarts: number;
  readonly thieves: number;
  /** Times that a client waits for its grace in vain. */
  readonly graces: number;
  /** Whether what is written at the end of a turn waits for a step of its own. */
  readonly slowTurns?: boolean;
  /** Whether the server notes which mutations have run. */
  readonly keepsRecords?: boolean;
  /** Whether handlers answer in a step of its own. */
  readonly answersLate?: boolean;
  /** Whether each message is acknowledged at once, and not some together. */
  readonly hastyAcks?: boolean;
}

/** How often each of it has happened. */
export type Spent = {
  [name in Exclude<
    keyof Budget,
    "slowTurns" | "keepsRecords" | "answersLate" | "hastyAcks"
  >]: number;
};

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
    maxDepth: 6,
  },
  {
    name: "a restart, a thief, a grace that passes",
    first: "opened",
    budget: { ...nothing, calls: 1, pushes: 1, losses: 1, restarts: 1, thieves: 2, graces: 1 },
    maxDepth: 5,
  },
  {
    name: "acks at once, a move and a loss",
    first: "opened",
    budget: { ...nothing, calls: 2, losses: 1, reconnects: 1, slowTurns: true, hastyAcks: true },
    maxDepth: 8,
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
