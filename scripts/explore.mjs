/**
 * `npm run explore`: walks through schedules of two ends of a session at random, until one breaks a
 * promise. What follows `--` goes to tests/explorer/main.ts: `npm run explore -- --seed 7 --walks 100000`.
 */
import { root } from "./lib/run.mjs";
import { install } from "./lib/workspace.mjs";

if (!(await install()).ok) process.exit(1);

process.chdir(root);
// As the tests run: the sources, by vite. Imported late, for the line above may have brought it.
const { loadConfigFromFile, runnerImport } = await import("vite");
const environment = /** @type {const} */ ({ command: "build", mode: "test" });
const found = await loadConfigFromFile(environment, `${root}vitest.config.ts`);
await runnerImport(`${root}tests/explorer/main.ts`, {
  configFile: false,
  root,
  logLevel: "warn",
  resolve: found?.config.resolve,
});
