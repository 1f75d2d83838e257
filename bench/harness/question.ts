/** What a question is made of: who takes part, how a sample is taken, and how it is reported. */
import type { ContestantName } from "../contestants/contestant.js";

export interface Question {
  /** Its file's name, which is what the command line calls it. */
  readonly name: string;
  readonly title: string;
  readonly contestants: readonly ContestantName[];
  /** How many rounds a contestant takes part in: eleven or more where a ratio is promised. */
  rounds(contestant: ContestantName): number;
  readonly tables: readonly Table[];
  /** Takes one sample. */
  run(
    contestant: ContestantName,
    turn: { readonly round: number; readonly quick: boolean },
  ): Promise<Values>;
}

/** One sample, by the keys of the measures. A measure that does not apply is left out. */
export type Values = Readonly<Record<string, number>>;

export interface Table {
  readonly title: string;
  /**
   * Whom everyone is compared to.
   *
   * @default the floor
   */
  readonly base?: ContestantName;
  readonly measures: readonly Measure[];
}

export interface Measure {
  readonly key: string;
  readonly title: string;
  readonly unit: string;
  /** Digits after the point. */
  readonly digits: number;
  readonly better: "more" | "less";
  /** Whether a ratio to the base says something. */
  readonly ratio: boolean;
  /** Whether the difference to the base says more. */
  readonly difference?: boolean;
  /** Whether a chart shows it. */
  readonly chart?: boolean;
  /** What Tautline has to reach. */
  readonly promise?: Promised;
}

/** A bound for the ratio to the base, or for the value or the difference in their unit. */
export interface Promised {
  readonly of: "ratio" | "value" | "difference";
  /** Whether the whole 95 % interval has to keep within it, not only the median. */
  readonly whole?: boolean;
  readonly atMost?: number;
  readonly atLeast?: number;
}
