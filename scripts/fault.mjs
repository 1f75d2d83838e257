/**
 * `npm run fault`: kills servers and cuts lines for some minutes, at random. What follows `--` goes to
 * tests/fault/main.ts: `npm run fault -- --seed 7 --minutes 10`.
 */
import { root } from "./lib/run.mjs";
import { install } from "./lib/workspace.mjs";

if (!(await install()).ok) process.exit(1);

// As the tests run: the sources, by vite. Imported late, for the line above may have brought it.
const { loadConfigFromFile, runnerImport } = await import("vite");
const environment = /** @type {const} */ ({ command: "build", mode: "test" });
const found = await loadConfigFromFile(environment, `${root}vitest.config.ts`);
await runnerImport(`${root}tests/fault/main.ts`, {
  configFile: false,
  root,
  logLevel: "warn",
  resolve: found?.config.resolve,
});
