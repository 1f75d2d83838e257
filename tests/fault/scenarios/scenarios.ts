/** All scenarios that the long run draws from, by name. */
import type { Scenario } from "../scenario.js";
import { blackHoleScenario } from "./black-hole.js";
import { chaosScenario } from "./chaos.js";
import { expiryScenario, revocationScenario } from "./credentials.js";
import { dropAllScenario } from "./drop-all.js";
import { everyOffsetScenario } from "./every-offset.js";
import { killScenario } from "./kill.js";
import { rollingRestartScenario } from "./rolling-restart.js";
import { slowReaderScenario } from "./slow-reader.js";
import { stormScenario } from "./storm.js";

/** Each with how often it is drawn beside the others: chaos has the most to say. */
export const scenarios: readonly { readonly scenario: Scenario; readonly weight: number }[] = [
  { scenario: chaosScenario(12), weight: 6 },
  { scenario: killScenario(6), weight: 2 },
  { scenario: blackHoleScenario("both"), weight: 1 },
  { scenario: blackHoleScenario("up"), weight: 1 },
  { scenario: blackHoleScenario("down"), weight: 1 },
  { scenario: everyOffsetScenario(7), weight: 1 },
  { scenario: everyOffsetScenario(1), weight: 0 },
  { scenario: slowReaderScenario, weight: 1 },
  { scenario: stormScenario(2_000), weight: 1 },
  { scenario: killScenario(2, 1_000), weight: 0 },
  // What needs sessions is run by its name.
  ...[
    dropAllScenario(1_000),
    blackHoleScenario("both", { sessions: true }),
    blackHoleScenario("up", { sessions: true }),
    blackHoleScenario("down", { sessions: true }),
    everyOffsetScenario(1, { sessions: true }),
    everyOffsetScenario(7, { sessions: true }),
    expiryScenario,
    revocationScenario,
    rollingRestartScenario(100),
    stormScenario(2_000, { sessions: true }),
  ].map((scenario) => ({ scenario, weight: 0 })),
];
