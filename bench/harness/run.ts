/** Asks one question: every contestant in turn, and a line on the terminal for each sample. */
import { allNames, type ContestantName, contestants as known } from "../contestants/contestant.js";
import type { Question, Values } from "./question.js";
import { type Results, readCommit, readMachine, readVersions, type Sample } from "./results.js";
import { turnsOf } from "./rounds.js";

export interface RunOptions {
  /** The most rounds; each question has its own number otherwise. */
  readonly rounds?: number | undefined;
  /** Small and short: shows that everything works, measures nothing. */
  readonly quick: boolean;
  /** Only these. */
  readonly among?: readonly ContestantName[] | undefined;
}

/** @throws Error when a contestant fails or answers wrongly. */
export async function ask(question: Question, options: RunOptions): Promise<Results> {
  const { rounds, quick, among = allNames } = options;
  const takenAt = new Date().toISOString();
  const machine = readMachine();
  const turns = turnsOf(question, among, rounds);
  const took = performance.now();
  console.log(`\n${question.title} (${question.name}): ${turns.length} turns`);
  if (machine.loadBefore > 0.5 && !quick) {
    console.warn(
      `  The machine is busy (load ${machine.loadBefore}): these figures are worth little`,
    );
  }

  const samples: Sample[] = [];
  for (const { round, contestant } of turns) {
    let values: Values;
    try {
      values = await question.run(contestant, { round, quick });
    } catch (cause) {
      throw new Error(`${contestant} failed at ${question.name} in round ${round}`, { cause });
    }
    samples.push({ round, contestant, values: rounded(values) });
    console.log(
      `  ${String(round).padStart(2)}  ${known[contestant].title.padEnd(18)}${shown(question, values)}`,
    );
  }
  console.log(`  took ${Math.round((performance.now() - took) / 1000)} s`);
  const taking = question.contestants.filter((name) => among.includes(name));
  return {
    question: question.name,
    takenAt,
    commit: readCommit(),
    machine,
    versions: readVersions(taking),
    samples,
  };
}

// Seven digits are more than any of it is worth, and half as long as a double's.
const rounded = (values: Values): Values =>
  Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, Number(value.toPrecision(7))]),
  );

function shown({ tables }: Question, values: Values): string {
  return tables
    .flatMap(({ measures }) => measures)
    .filter(({ key }) => key in values)
    .map(({ key, digits, unit }) => `${values[key]!.toFixed(digits)} ${unit}`)
    .join("  ");
}
