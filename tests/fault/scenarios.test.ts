/**
 * The short run: every scenario once, with seeds that stay, so that a failure is one of the change
 * that was made and not of chance. The long run draws new ones: `npm run fault`.
 */
import { afterAll, beforeAll, describe, it } from "vitest";
import { compilePrograms, type Programs } from "./compile.js";
import { expectScenario, type Scenario } from "./scenario.js";
import { blackHoleScenario } from "./scenarios/black-hole.js";
import { chaosScenario } from "./scenarios/chaos.js";
import { everyOffsetScenario } from "./scenarios/every-offset.js";
import { killScenario } from "./scenarios/kill.js";
import { slowReaderScenario } from "./scenarios/slow-reader.js";
import { stormScenario } from "./scenarios/storm.js";

let programs: Programs;
beforeAll(async () => {
  programs = await compilePrograms();
}, 60_000);
afterAll(() => programs.remove());

const short: readonly (readonly [Scenario, seed: number])[] = [
  [blackHoleScenario("both"), 1],
  [blackHoleScenario("up"), 2],
  [blackHoleScenario("down"), 3],
  [killScenario(2), 4],
  [everyOffsetScenario(17), 5],
  [slowReaderScenario, 6],
  [stormScenario(1_000), 7],
  [chaosScenario(8), 8],
];

describe("under fault", () => {
  it.each(short.map(([scenario, seed]) => ({ scenario, seed })))(
    "$scenario.name",
    async ({ scenario, seed }) => {
      const told = await expectScenario(programs, scenario, seed);
      console.log(`${scenario.name}: ${JSON.stringify(told)}`);
    },
  );
});
