/**
 * The conductor: `npm run bench` asks everything, `npm run bench -- call-latency` one question.
 *
 *     --rounds 3         at most three rounds of each; printed, not kept
 *     --quick            small and short: does everything work? Leaves the results alone
 *     --only ws,trpc     these contestants; printed, not kept
 *     --report           asks nothing, makes the report anew from the results there are
 *     --list             what can be asked
 *
 * Ends with 1 when a contestant fails or answers wrongly; the other questions are asked all the same.
 * A figure that misses its promise is printed, and no failure: benchmarks are not timed tests.
 */
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";
import { allNames, type ContestantName } from "./contestants/contestant.js";
import { benchFolder, reportFolder, resultsFolder, trialFolder } from "./harness/folders.js";
import type { Question } from "./harness/question.js";
import { type Results, writeResults } from "./harness/results.js";
import { ask } from "./harness/run.js";
import { type OwnProgram, ownPrograms, questions } from "./questions/questions.js";
import { writeReport } from "./report/report.js";
import { promiseTexts, tableText } from "./report/tables.js";

const { values: options, positionals: names } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string" },
    quick: { type: "boolean", default: false },
    only: { type: "string" },
    report: { type: "boolean", default: false },
    list: { type: "boolean", default: false },
  },
});

const { quick } = options;
const all = [...questions, ...ownPrograms];
const rounds = options.rounds === undefined ? undefined : readRounds(options.rounds);
const among = options.only?.split(",").map(readContestant);
// With fewer contestants or rounds it would be a worse answer to the same question.
const keepsResults = quick || (among === undefined && rounds === undefined);
const folders = quick
  ? { results: trialFolder, report: trialFolder }
  : { results: resultsFolder, report: reportFolder };

// So that `exit` is heard, and the processes that were started end.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => process.exit(130));
}

if (options.list) {
  for (const { name, title } of all) console.log(`${name.padEnd(18)}${title}`);
} else {
  if (!options.report) {
    for (const each of all.filter(isWanted)) {
      try {
        if ("run" in each) await askQuestion(each);
        else runOwnProgram(each);
      } catch (error) {
        // The others take their quarter of an hour: it should not be lost with this one.
        console.error(error);
        process.exitCode = 1;
      }
    }
  }
  if (keepsResults || options.report) writeReport(folders.results, folders.report);
}

async function askQuestion(question: Question) {
  const results = await ask(question, { rounds: rounds ?? (quick ? 1 : undefined), quick, among });
  print(question, results);
  if (keepsResults) writeResults(folders.results, results);
}

function print(question: Question, results: Results) {
  for (const table of question.tables) console.log(`\n${tableText(table, results)}`);
  for (const line of promiseTexts(question, results)) console.log(`\n${line}`);
}

function runOwnProgram({ name, source }: OwnProgram) {
  // It has no contestants that could answer wrongly, and always keeps its results.
  if (quick || !keepsResults) return;
  console.log(`\n${name}`);
  const args = ["node_modules/jiti/lib/jiti-cli.mjs", source];
  const { status } = spawnSync(process.execPath, args, { cwd: benchFolder, stdio: "inherit" });
  if (status !== 0) throw new Error(`${source} failed`);
}

function isWanted({ name }: { readonly name: string }): boolean {
  const unknown = names.find((given) => !all.some((each) => each.name === given));
  if (unknown !== undefined) throw new RangeError(`Cannot ask ${unknown}: see --list`);
  return names.length === 0 || names.includes(name);
}

function readRounds(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new RangeError(`Cannot run ${text} rounds: give a whole number above 0`);
}

function readContestant(name: string): ContestantName {
  const known = allNames.find((each) => each === name);
  if (known !== undefined) return known;
  throw new RangeError(`Cannot ask ${name}: there are ${allNames.join(", ")}`);
}
