/**
 * `npm run fuzz`: throws inputs at a server until a million of them have found nothing. What follows
 * `--` goes to tests/fuzz/main.ts: `npm run fuzz -- --inputs 1000000 --seed 7 --report`.
 */
import { root } from "./lib/run.mjs";
import { install } from "./lib/workspace.mjs";

if (!(await install()).ok) process.exit(1);

process.chdir(root);
// As the tests run: the sources, by vite. Imported late, for the line above may have brought it.
const { loadConfigFromFile, runnerImport } = await import("vite");
const environment = /** @type {const} */ ({ command: "build", mode: "test" });
const found = await loadConfigFromFile(environment, `${root}vitest.config.ts`);
await runnerImport(`${root}tests/fuzz/main.ts`, {
  configFile: false,
  root,
  logLevel: "warn",
  resolve: found?.config.resolve,
});
