/**
 * Follows every link from one of our pages to another, headings included: files move, and nothing
 * else notices. `node scripts/check-links.mjs`
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { filesIn } from "./lib/files.mjs";
import { anchorsOf, linksOf } from "./lib/links.mjs";
import { root } from "./lib/run.mjs";

const pages = filesIn(".", /\.md$/);
let count = 0;

for (const page of pages) {
  for (const { target, line } of linksOf(read(page))) {
    count++;
    const problem = whyBroken(page, target);
    if (!problem) continue;
    console.error(`${page}:${line} links to ${target}: ${problem}`);
    process.exitCode = 1;
  }
}
console.log(`Followed ${count} links in ${pages.length} pages.`);

/** @param {string} page @param {string} target */
function whyBroken(page, target) {
  const [path, anchor] = target.split("#");
  const file = path === "" ? page : join(dirname(page), decodeURI(path));
  if (!existsSync(root + file)) return "no such file";
  if (!anchor || !file.endsWith(".md")) return undefined;
  return anchorsOf(read(file)).has(decodeURI(anchor)) ? undefined : "no such heading";
}

/** @param {string} path */
function read(path) {
  return readFileSync(root + path, "utf8");
}
