/**
 * `npm run bench`: installs, builds the packages and the benchmarks, and asks the questions of
 * bench/. What follows `--` goes to them: `npm run bench -- call-latency`, `npm run bench -- --list`.
 */
import { spawn } from "node:child_process";
import { root, run } from "./lib/run.mjs";
import { build, install } from "./lib/workspace.mjs";

console.log("Building …");
if (!(await install()).ok) process.exit(1);
if (!(await build({ folder: "bench" })).ok) process.exit(1);
const compiled = await run(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "bench"]);
if (!compiled.ok) process.exit(1);

// With no npm, pnpm or turbo left running beside it: they would be measured too.
const bench = spawn(process.execPath, ["bench/dist/main.js", ...process.argv.slice(2)], {
  cwd: root,
  stdio: "inherit",
});
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
  process.on(signal, () => bench.kill(signal)); // the processes it started end with it
}
bench.once("exit", (code, signal) => process.exit(signal ? 1 : (code ?? 0)));
