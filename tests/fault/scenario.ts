/** Scenario: what is done to a world, and what must then be so. Runs one with a seed. */

import { cacheFolder } from "../processes/compile.js";
import type { Bounds } from "./checkers/check.js";
import type { Violation } from "./checkers/checker.js";
import type { Outcomes } from "./notebook.js";
import type { Programs } from "./programs.js";
import { World } from "./world.js";

/** One way to break things. */
export interface Scenario {
  /** As the command line calls it. */
  readonly name: string;
  /** What must hold, as a sentence. */
  readonly promise: string;
  /** What it measures, and is to be checked besides. */
  readonly bounds?: Bounds;
  /** Breaks things; what it draws from `world.random` follows from the seed. Says what it saw. */
  run(world: World): Promise<unknown>;
}

/** What came of a run. */
export interface Outcome {
  /** What the scenario measured. */
  readonly told: unknown;
  readonly error: Error | undefined;
  /** Where the history is; removed when all went well. */
  readonly folder: string;
}

/** Runs a scenario, and checks the history. */
export async function runScenario(
  programs: Programs,
  scenario: Scenario,
  seed: number,
): Promise<Outcome> {
  const folder = `${cacheFolder}fault-${scenario.name}-${seed}`;
  const world = new World(programs, folder, seed);
  let told: unknown;
  let error: Error | undefined;
  try {
    told = await scenario.run(world);
  } catch (thrown) {
    error = toError(thrown);
  }
  try {
    await world.close(error !== undefined);
    // A run that failed has a history too, and what is wrong in it may say why.
    const violations = world.violations(scenario.bounds);
    if (violations.length > 0) throw new Error(toText(violations));
  } catch (thrown) {
    const found = toError(thrown);
    error = error === undefined ? found : new Error(`${error.message}\n${found.message}`);
  }
  if (error === undefined) world.remove();
  return { told, error, folder };
}

/** The same for a test, which says with what seed it failed and where the history is. */
export async function expectScenario(programs: Programs, scenario: Scenario, seed: number) {
  const { told, error, folder } = await runScenario(programs, scenario, seed);
  if (error === undefined) return told;
  const again = `npm run fault -- --scenario ${scenario.name} --seed ${seed}`;
  error.message += `\nAgain: ${again}\nHistory: ${folder.slice(folder.indexOf("tests/"))}`;
  throw error;
}

/** Enough of them to see what is wrong. */
function toText(violations: readonly Violation[]): string {
  const lines = violations.slice(0, 20).map(({ invariant, message, at }) => {
    return `${invariant} at ${at.toFixed(1)}: ${message}`;
  });
  if (violations.length > 20) lines.push(`and ${violations.length - 20} more`);
  return ["Promises were broken", ...lines].join("\n");
}

/** Says what is not so. */
export function must(isSo: boolean, what: string): asserts isSo {
  if (!isSo) throw new Error(`It is not so that ${what}`);
}

/** Whether there were calls, and all were answered. */
export const isAllOk = (outcomes: Outcomes | undefined) =>
  outcomes !== undefined && Object.keys(outcomes).join() === "ok";

/** All calls were answered, and no subscription ended. */
export function mustLoseNothing(seen: {
  readonly outcomes: Readonly<Record<string, Outcomes>>;
  readonly lost: Outcomes;
}) {
  const { outcomes, lost } = seen;
  for (const [path, each] of Object.entries(outcomes)) {
    must(isAllOk(each), `every ${path} was answered: ${JSON.stringify(each)}`);
  }
  must(Object.keys(lost).length === 0, `no subscription was lost: ${JSON.stringify(lost)}`);
}

const toError = (thrown: unknown) => (thrown instanceof Error ? thrown : new Error(String(thrown)));
