/** All checkers together: what is promised of every run, and what some runs measure besides. */
import type { Event } from "../events.js";
import { atMostOnce } from "./at-most-once.js";
import type { Checker, Violation } from "./checker.js";
import { type MemoryBounds, memoryBounded } from "./memory-bounded.js";
import { nothingAfterRevocation } from "./nothing-after-revocation.js";
import { nothingDoubled } from "./nothing-doubled.js";
import { nothingInvented } from "./nothing-invented.js";
import { nothingLost } from "./nothing-lost.js";
import { offsetsRise } from "./offsets-rise.js";
import { oneSocket } from "./one-socket.js";
import { type LatencyBounds, othersUnharmed } from "./others-unharmed.js";
import { settledInTime } from "./settled-in-time.js";

/** What a run measures: then these invariants are checked too. */
export interface Bounds {
  readonly memory?: MemoryBounds;
  readonly latency?: LatencyBounds;
}

const always: readonly Checker[] = [
  nothingInvented, // I1
  nothingLost, // I2
  offsetsRise, // I3
  nothingDoubled, // I5
  atMostOnce, // I7
  settledInTime, // I9
  oneSocket, // I10
  nothingAfterRevocation, // I13
];

/** Finds everything in a history that must not be. */
export function check(history: readonly Event[], { memory, latency }: Bounds = {}): Violation[] {
  const checkers = [
    ...always,
    ...(memory === undefined ? [] : [memoryBounded(memory)]), // I11
    ...(latency === undefined ? [] : [othersUnharmed(latency)]), // I12
  ];
  return checkers.flatMap((checker) => checker(history));
}
