/**
 * Compares every `@default` in the packages with the default in the code: a number that is written
 * twice is soon two numbers. `node scripts/check-defaults.mjs`
 */
import { readFileSync } from "node:fs";
import { codeDefaults, documentedDefaults, whyNotEqual } from "./lib/defaults.mjs";
import { filesIn } from "./lib/files.mjs";
import { root } from "./lib/run.mjs";

const files = filesIn("packages", /^(?!.*\.test(?:-d)?\.).*\.tsx?$/).map((path) => {
  const source = readFileSync(root + path, "utf8");
  return { path, documented: documentedDefaults(source), code: codeDefaults(source) };
});

/** @type {import("./lib/defaults.mjs").Defaults} */
const everywhere = new Map();
for (const { code } of files) {
  for (const [name, values] of code) {
    everywhere.set(name, [...(everywhere.get(name) ?? []), ...values]);
  }
}

let inWords = 0;
let compared = 0;
for (const { path, documented, code } of files) {
  for (const each of documented) {
    if (each.value === undefined) inWords++;
    else compared++;
    const problem = whyNotEqual(each, code, everywhere);
    if (!problem) continue;
    console.error(`${path}:${each.line} ${problem}`);
    process.exitCode = 1;
  }
}
console.log(
  `Compared ${compared} documented defaults with the code; ${inWords} more are in words.`,
);
