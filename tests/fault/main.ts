/**
 * The long run: `npm run fault -- --seed 7 --minutes 10`. Every round has a seed of its own, counted
 * up from the first, which is printed; `--scenario kill --seed 12` has that round again.
 */
import { parseArgs } from "node:util";
import { compilePrograms } from "./programs.js";
import { createRandom } from "./random.js";
import { runScenario } from "./scenario.js";
import { scenarios } from "./scenarios/scenarios.js";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    minutes: { type: "string" },
    scenario: { type: "string" },
    list: { type: "boolean", default: false },
  },
});

if (values.list) {
  for (const { scenario } of scenarios) {
    console.log(`${scenario.name.padEnd(26)}${scenario.promise}`);
  }
} else {
  const chosen = scenarios.filter(({ scenario, weight }) =>
    values.scenario === undefined ? weight > 0 : scenario.name === values.scenario,
  );
  if (chosen.length === 0) throw new RangeError(`Cannot run ${values.scenario}: see --list`);
  // A single scenario with a seed is somebody looking for what happened: once is enough.
  const minutes = Number(values.minutes ?? (values.scenario === undefined ? 10 : 0));
  process.exitCode = await runFor(minutes, Number(values.seed), chosen);
}

async function runFor(minutes: number, first: number, chosen: typeof scenarios) {
  const endAt = performance.now() + minutes * 60_000;
  const lots = chosen.flatMap(({ scenario, weight }) =>
    Array.from({ length: Math.max(1, weight) }, () => scenario),
  );
  const programs = await compilePrograms();
  let failed = 0;
  let seed = first;
  console.log(`Seed ${first}, ${minutes} minutes`);
  do {
    const scenario = createRandom(seed).pick(lots);
    const begun = performance.now();
    const { told, error, folder } = await runScenario(programs, scenario, seed);
    const seconds = ((performance.now() - begun) / 1_000).toFixed(1);
    console.log(`${error ? "✗" : "✓"} seed ${seed} ${scenario.name} ${seconds} s`);
    if (error === undefined) console.log(`  ${JSON.stringify(told)}`);
    else {
      failed++;
      console.log(
        `${error.message}\n  Again: npm run fault -- --scenario ${scenario.name} --seed ${seed}`,
      );
      console.log(`  History: ${folder.slice(folder.indexOf("tests/"))}`);
    }
    seed++;
  } while (performance.now() < endAt);
  programs.remove();
  console.log(`${seed - first} rounds, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}
