/** All scenarios that the long run draws from, by name. */
import type { Scenario } from "../scenario.js";
import { blackHoleScenario } from "./black-hole.js";
import { chaosScenario } from "./chaos.js";
import { everyOffsetScenario } from "./every-offset.js";
import { killScenario } from "./kill.js";
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
];
