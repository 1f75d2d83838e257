/**
 * Compiles every TypeScript block of our pages against the packages as they were built, and runs
 * those that a reader runs first: what a page shows has to work when it is copied.
 * `node scripts/check-snippets.mjs`, after a build; with paths, only these pages.
 */
import { readFileSync } from "node:fs";
import { root } from "./lib/run.mjs";
import { runs } from "./lib/snippet-runs.mjs";
import { compilePage, pagesWithSnippets, writePage } from "./lib/snippets.mjs";

const asked = process.argv.slice(2);
const paths = asked.length > 0 ? asked : pagesWithSnippets();
const pages = paths.map((path) => writePage(path, readFileSync(root + path, "utf8")));
/** @type {Set<string>} */
const broken = new Set();

/** @param {string} what @param {string | undefined} problem */
function say(what, problem) {
  console.log(`${problem === undefined ? "✓" : "✗"} ${what}`);
  if (problem === undefined) return;
  console.error(problem);
  process.exitCode = 1;
}

// Two at a time: a page is a second of one core.
const waiting = pages.values();
async function compileNext() {
  for (const page of waiting) {
    const problem = await compilePage(page);
    if (problem !== undefined) broken.add(page.path);
    for (const { line, unchecked } of page.snippets) {
      if (unchecked) console.log(`- ${page.path}:${line} is not checked: ${unchecked}`);
    }
    const count = page.snippets.filter(({ unchecked }) => !unchecked).length;
    if (count > 0) say(`${page.path}: ${count} ${count === 1 ? "snippet" : "snippets"}`, problem);
  }
}
await Promise.all([compileNext(), compileNext()]);

for (const { path, what, check } of runs) {
  const page = pages.find((each) => each.path === path);
  if (page === undefined || broken.has(path)) continue;
  let problem;
  try {
    await check(page.folder);
  } catch (error) {
    problem = error instanceof Error ? error.message : String(error);
  }
  say(`${path}: ${what}`, problem);
}
