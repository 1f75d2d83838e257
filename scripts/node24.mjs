/** Runs the suite on Node 24, on whatever Node this is: `node scripts/node24.mjs`. */
import { node24Suite } from "./lib/steps.mjs";

const { passed, failed, skipped } = await node24Suite();
for (const reason of skipped) console.error(`skipped: ${reason}`);
console.log(`${passed} passed, ${failed} failed`);
if (failed > 0) process.exitCode = 1;
