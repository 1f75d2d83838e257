/** What the samples of a question come to: an estimate for each measure and contestant. */
import { allNames, type ContestantName, floor } from "../contestants/contestant.js";
import type { Measure, Promised, Table } from "../harness/question.js";
import type { Results } from "../harness/results.js";
import { type Estimate, estimate } from "../harness/statistics.js";

export interface Cell {
  readonly value: Estimate;
  /** To the base in the same round, which takes out what the machine did meanwhile. */
  readonly ratio: Estimate | undefined;
  /** From the base in the same round. */
  readonly difference: Estimate | undefined;
  readonly rounds: number;
}

/** Who has samples, in the order of the report. */
export function presentIn({ samples }: Results): readonly ContestantName[] {
  return allNames.filter((name) => samples.some(({ contestant }) => contestant === name));
}

/** The estimates of one measure of a table; `undefined` where the contestant has none. */
export function cellOf(
  { samples }: Results,
  { base: baseName = floor }: Table,
  { key, ratio, difference = false }: Measure,
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
  const base = byRound(baseName);
  const compared = (wanted: boolean, compare: (value: number, to: number) => number) => {
    if (!wanted || contestant === baseName) return undefined;
    const both = [...own].filter(([round]) => base.has(round));
    if (both.length === 0) return undefined;
    return estimate(both.map(([round, value]) => compare(value, base.get(round)!)));
  };
  return {
    value: estimate([...own.values()]),
    ratio: compared(ratio, (value, to) => value / to),
    difference: compared(difference, (value, to) => value - to),
    rounds: own.size,
  };
}

/** What was promised, what was measured, and whether that is what was promised. */
export interface Verdict {
  readonly measured: Estimate;
  readonly kept: boolean;
}

/** Holds Tautline's median, or its whole interval, against a promise. */
export function verdictOf(
  results: Results,
  table: Table,
  measure: Measure,
  { of, whole, atMost = Number.POSITIVE_INFINITY, atLeast = Number.NEGATIVE_INFINITY }: Promised,
): Verdict | undefined {
  const measured = cellOf(results, table, measure, "tautline")?.[of];
  if (measured === undefined) return undefined;
  const { value } = measured;
  const { low, high } = whole ? measured : { low: value, high: value };
  return { measured, kept: high <= atMost && low >= atLeast };
}
