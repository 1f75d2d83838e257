/**
 * The long run: `npm run explore -- --seed 7 --walks 100000`. Ends with 1 when something was found,
 * and prints the shortest schedule that shows it.
 */
import { parseArgs } from "node:util";
import { longBudget } from "./budgets.js";
import { toText, walk } from "./search.js";

const { values } = parseArgs({
  options: {
    walks: { type: "string", default: "100000" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    steps: { type: "string", default: "60" },
  },
});
const seed = Number(values.seed);
const beganMs = performance.now();
const seconds = () => `${((performance.now() - beganMs) / 1_000).toFixed(0)} s`;

console.log(`Seed ${seed}`);
const { walks, finding } = await walk({
  budget: longBudget,
  seed,
  walks: Number(values.walks),
  steps: Number(values.steps),
  onProgress: (count) => {
    if (count % 10_000 === 0) console.log(`${count} walks in ${seconds()}`);
  },
});
if (finding !== undefined) console.log(`Walk ${walks} breaks a promise.\n${toText(finding)}`);
else console.log(`${walks} walks in ${seconds()}: nothing found`);
process.exit(finding === undefined ? 0 : 1);
