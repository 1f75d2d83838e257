/**
 * The short run: every scenario once, with seeds that stay, so that a failure is one of the change
 * that was made and not of chance. The long run draws new ones: `npm run fault`.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cacheFolder } from "../processes/compile.js";
import { compilePrograms, type Programs } from "./programs.js";
import { expectScenario, type Scenario } from "./scenario.js";
import { blackHoleScenario } from "./scenarios/black-hole.js";
import { chaosScenario } from "./scenarios/chaos.js";
import { expiryScenario, revocationScenario } from "./scenarios/credentials.js";
import { dropAllScenario } from "./scenarios/drop-all.js";
import { everyOffsetScenario } from "./scenarios/every-offset.js";
import { killScenario } from "./scenarios/kill.js";
import { rollingRestartScenario } from "./scenarios/rolling-restart.js";
import { slowReaderScenario } from "./scenarios/slow-reader.js";
import { stormScenario } from "./scenarios/storm.js";
import { World } from "./world.js";

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
  // In small, and with time: how fast they are back is asked in full size, on a quiet machine.
  [dropAllScenario(100, 20_000), 11],
  [blackHoleScenario("both", { sessions: true }), 12],
  [everyOffsetScenario(41, { sessions: true }), 13],
  [expiryScenario, 14],
  [revocationScenario, 15],
  [rollingRestartScenario(40), 16],
];

describe("the harness", () => {
  it("has lines in processes of their own", async () => {
    const world = new World(programs, `${cacheFolder}fault-distant`, 10);
    const server = await world.server({ reconnectWindowMs: 20 });
    const proxy = await world.distantProxy(server.port);
    const clients = await world.clients(proxy.port, { count: 3 });
    await proxy.child.tell("cut", "reset");
    expect(await clients.tell("allLost", { withinMs: 5_000 })).toBeGreaterThanOrEqual(0);
    expect(await clients.tell("allOpen", { withinMs: 5_000 })).toBeGreaterThanOrEqual(0);
    expect(await proxy.child.tell("counts")).toEqual({ lines: 3, opened: 6 });
    await world.close();
    world.remove();
  });

  it("finds what a flawed server does", async () => {
    const world = new World(programs, `${cacheFolder}fault-flawed`, 9);
    const server = await world.server({ isFlawed: true, logPerSecond: 100 });
    const clients = await world.clients(server.port, { count: 5 });
    await clients.tell("follow", { what: "log" });
    await clients.tell("call", { path: "append", times: 50 });
    await world.letPass(500);
    await world.settled(clients);
    await world.close();
    const found = new Set(world.violations().map(({ invariant }) => invariant));
    expect([...found].sort()).toEqual(["I1", "I2", "I3", "I5", "I7"]);
    world.remove();
  });
});

describe("under fault", () => {
  it.each(short.map(([scenario, seed]) => ({ scenario, seed })))(
    "$scenario.name",
    async ({ scenario, seed }) => {
      const told = await expectScenario(programs, scenario, seed);
      console.log(`${scenario.name}: ${JSON.stringify(told)}`);
    },
  );
});
