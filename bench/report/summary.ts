/** What the samples of a question come to: an estimate for each measure and contestant. */
import { type ContestantName, contestantNames, floor } from "../contestants/contestant.js";
import type { Measure, Promised } from "../harness/question.js";
import type { Results } from "../harness/results.js";
import { type Estimate, estimate } from "../harness/statistics.js";

export interface Cell {
  readonly value: Estimate;
  /** To the floor in the same round, which takes out what the machine did meanwhile. */
  readonly ratio: Estimate | undefined;
  readonly rounds: number;
}

/** Who has samples, in the order of the report. */
export function presentIn({ samples }: Results): readonly ContestantName[] {
  return contestantNames.filter((name) => samples.some(({ contestant }) => contestant === name));
}

/** The estimates of one measure; `undefined` where the contestant has none. */
export function cellOf(
  { samples }: Results,
  { key, ratio }: Measure,
  contestant: ContestantName,
): Cell | undefined {
  const byRound = (name: ContestantName) =>
    new Map(
      samples
        .filter((sample) => sample.contestant === name && key in sample.values)
        .map((sample) => [sample.round, sample.values[key]!]),
    );
  const own = byRound(contestant);
  if (own.size === 0) return undefined;
  const base = byRound(floor);
  const ratios = [...own].flatMap(([round, value]) =>
    base.has(round) ? [value / base.get(round)!] : [],
  );
  return {
    value: estimate([...own.values()]),
    ratio: ratio && ratios.length > 0 ? estimate(ratios) : undefined,
    rounds: own.size,
  };
}

/** What was promised, what was measured, and whether that is what was promised. */
export interface Verdict {
  readonly measured: Estimate;
  readonly kept: boolean;
}

/** Holds Tautline's median against a promise. */
export function verdictOf(
  results: Results,
  measure: Measure,
  { of, atMost = Number.POSITIVE_INFINITY, atLeast = Number.NEGATIVE_INFINITY }: Promised,
): Verdict | undefined {
  const measured = cellOf(results, measure, "tautline")?.[of];
  if (measured === undefined) return undefined;
  return { measured, kept: measured.value <= atMost && measured.value >= atLeast };
}
