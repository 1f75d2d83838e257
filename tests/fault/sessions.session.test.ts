/** What sessions promise, in full size: minutes, not seconds, and on a machine that does nothing else. */
import { afterAll, beforeAll, describe, it } from "vitest";
import { compilePrograms, type Programs } from "./programs.js";
import { expectScenario, type Scenario } from "./scenario.js";
import { blackHoleScenario } from "./scenarios/black-hole.js";
import { expiryScenario, revocationScenario } from "./scenarios/credentials.js";
import { dropAllScenario } from "./scenarios/drop-all.js";
import { everyOffsetScenario } from "./scenarios/every-offset.js";
import { killScenario } from "./scenarios/kill.js";
import { rollingRestartScenario } from "./scenarios/rolling-restart.js";
import { stormScenario } from "./scenarios/storm.js";

let programs: Programs;
beforeAll(async () => {
  programs = await compilePrograms();
}, 60_000);
afterAll(() => programs.remove());

const sessions = { sessions: true };
const full: readonly (readonly [Scenario, seed: number])[] = [
  [dropAllScenario(1_000), 21],
  [killScenario(2, 1_000), 20],
  [blackHoleScenario("both", sessions), 22],
  [blackHoleScenario("up", sessions), 23],
  [blackHoleScenario("down", sessions), 24],
  [everyOffsetScenario(1, sessions), 25],
  [expiryScenario, 26],
  [revocationScenario, 27],
  [rollingRestartScenario(100), 28],
  [stormScenario(2_000, sessions), 29],
];

describe("a session under fault", () => {
  it.each(full.map(([scenario, seed]) => ({ scenario, seed })))(
    "$scenario.name",
    async ({ scenario, seed }) => {
      const told = await expectScenario(programs, scenario, seed);
      console.log(`${scenario.name}: ${JSON.stringify(told)}`);
    },
  );
});
