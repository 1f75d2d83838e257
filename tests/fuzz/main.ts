/**
 * The long run: `npm run fuzz -- --inputs 1000000 --seed 7`. Prints the table, with `--report` also
 * into RESULTS.md, and ends with 1 when anything failed or was met too seldom.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { fuzz } from "./fuzzer.js";
import { toMarkdown } from "./report.js";

const { values } = parseArgs({
  options: {
    inputs: { type: "string", default: "1000000" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    parallel: { type: "string", default: "48" },
    "at-least": { type: "string" },
    report: { type: "boolean", default: false },
  },
});
const inputs = Number(values.inputs);
const seed = Number(values.seed);
// A thousand in a million, and as many of fewer.
const atLeast = Number(values["at-least"] ?? Math.floor(inputs / 1_000));

console.log(`Seed ${seed}`);
const report = await fuzz({
  seed,
  inputs,
  atLeast,
  parallel: Number(values.parallel),
  onProgress: (line) => console.log(line),
});
const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
const page = toMarkdown(report, { inputs, seed, commit });
console.log(`\n${page}`);
// From the root of the repository, where `scripts/fuzz.mjs` starts.
if (values.report) writeFileSync("tests/fuzz/RESULTS.md", page);
process.exit(report.problems.length === 0 ? 0 : 1);
