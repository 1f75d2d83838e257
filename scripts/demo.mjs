/**
 * `npm run demo`: installs, builds what the demo needs, and runs it in the foreground. What follows
 * `--` goes to the demo itself: `npm run demo -- --port 4000`.
 */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { killRunning, root } from "./lib/run.mjs";
import { onStop } from "./lib/stop.mjs";
import { build, install } from "./lib/workspace.mjs";

const folder = "apps/demo";

/** @type {import("node:child_process").ChildProcess | undefined} */
let demo;

onStop((signal) => {
  if (!demo) {
    killRunning();
    process.exit(1);
  }
  // A terminal sends Ctrl-C to both of us; the demo would take a second one for impatience.
  if (signal !== "SIGINT" || !process.stdin.isTTY) demo.kill(signal);
});

console.log("Installing dependencies …");
if (!(await install()).ok) process.exit(1);
console.log("Building the demo …");
if (!(await build({ folder })).ok) process.exit(1);

// Its `start` script is `node` and a file. Run here, with no npm, pnpm or shell in between, a signal
// reaches the demo itself, which then closes its connections and its database in peace.
const { scripts } = JSON.parse(readFileSync(`${root}${folder}/package.json`, "utf8"));
const [, ...startArgs] = scripts.start.split(" ");
demo = spawn(process.execPath, [...startArgs, ...process.argv.slice(2)], {
  cwd: `${root}${folder}`,
  stdio: "inherit",
});
demo.once("exit", (code, signal) => process.exit(signal ? 1 : (code ?? 0)));
