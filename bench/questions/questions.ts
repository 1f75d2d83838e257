/** All questions, in the order of the report. */
import type { Question } from "../harness/question.js";
import { bundleSize } from "./bundle-size.js";
import { callLatency } from "./call-latency.js";
import { callsInFlight } from "./calls-in-flight.js";
import { fanOut } from "./fan-out.js";
import { idleMemory } from "./idle-memory.js";
import { sessionCost } from "./session-cost.js";
import { slowReader } from "./slow-reader.js";

export const questions: readonly Question[] = [
  callLatency,
  callsInFlight,
  fanOut,
  idleMemory,
  slowReader,
  sessionCost,
  bundleSize,
];

/** A question that asks itself: a program with a table of its own, which the report shows. */
export interface OwnProgram {
  readonly name: string;
  readonly title: string;
  /** Relative to this workspace, as are the other two. Starts with question, method and report. */
  readonly source: string;
  readonly table: string;
  readonly results: string;
}

export const ownPrograms: readonly OwnProgram[] = [
  {
    name: "type-check-size",
    title: "Type-check size",
    source: "types/main.ts",
    table: "results/types.md",
    results: "results/types.json",
  },
  {
    name: "decode-cost",
    title: "Cost of decoding",
    source: "decode-cost.ts",
    table: "results/decode-cost.md",
    results: "results/decode-cost.json",
  },
];
