/**
 * `npm test`: everything, on a machine with Node and npm. All steps run even when one fails, since
 * one look at a failing run should show all that is wrong. The last line is the one that CI reads.
 *
 *     npm test -- --only=unit,types    these, and first what they need
 *     npm test -- --list               their names
 */
import { check, report } from "./lib/report.mjs";
import { killRunning } from "./lib/run.mjs";
import { steps } from "./lib/steps.mjs";
import { onStop } from "./lib/stop.mjs";

// All steps together, whatever each may take alone: CI gives up after 25 minutes, and a run that is
// cut off there could not say what failed.
const budgetMs = 23 * 60_000;

/** @param {readonly string[]} args */
function chooseSteps(args) {
  const only = args.find((arg) => arg.startsWith("--only="));
  const unknownArg = args.find((arg) => arg !== only);
  if (unknownArg)
    throw new RangeError(`Cannot understand ${unknownArg}: there is --only= and --list`);
  if (!only) return steps;

  const names = only.slice("--only=".length).split(",");
  const unknown = names.find((name) => !steps.some((step) => step.name === name));
  if (unknown !== undefined) throw new RangeError(`Cannot run step "${unknown}": see --list`);
  const wanted = new Set(
    steps.flatMap((s) => (names.includes(s.name) ? [s.name, ...s.needs] : [])),
  );
  return steps.filter((step) => wanted.has(step.name));
}

/** @param {readonly import("./lib/steps.mjs").Step[]} chosen */
async function runSteps(chosen) {
  const start = performance.now();
  /** @type {import("./lib/report.mjs").Row[]} */
  const rows = [];
  for (const step of chosen.filter((each) => each.exists())) {
    console.log(`\n── ${step.title} (${step.name}) ──`);
    const began = performance.now();
    const endMs = Math.min(start + budgetMs, began + step.timeoutMs);
    const leftMs = () => Math.max(0, endMs - performance.now());
    const broken = rows.find((row) => step.needs.includes(row.name) && row.failed > 0);
    let result;
    if (broken) result = notRun(`${broken.name} failed`);
    else if (leftMs() === 0) result = notRun(`the ${budgetMs / 60_000} minutes for all are over`);
    else result = await step.run(leftMs);
    rows.push({ ...result, name: step.name, seconds: (performance.now() - began) / 1000 });
  }
  return rows;
}

/** @param {string} reason */
function notRun(reason) {
  console.error(`Not run: ${reason}`);
  return check(false);
}

onStop(() => {
  killRunning();
  process.exit(130);
});

const args = process.argv.slice(2);
if (args.includes("--list")) {
  for (const step of steps) console.log(`${step.name.padEnd(10)}${step.title}`);
} else {
  try {
    const rows = await runSteps(chooseSteps(args));
    console.log(`\n${report(rows)}`);
    if (rows.some((row) => row.failed > 0)) process.exitCode = 1;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    console.error(error.message);
    process.exitCode = 2;
  }
}
