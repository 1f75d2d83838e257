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
  // With time: how fast they are back is a question for a machine that does nothing else.
  { scenario: dropAllScenario(1_000, 20_000), weight: 1 },
  { scenario: blackHoleScenario("both", { sessions: true }), weight: 1 },
  { scenario: blackHoleScenario("up", { sessions: true }), weight: 1 },
  { scenario: blackHoleScenario("down", { sessions: true }), weight: 1 },
  { scenario: everyOffsetScenario(1, { sessions: true }), weight: 0 },
  { scenario: everyOffsetScenario(7, { sessions: true }), weight: 1 },
  { scenario: expiryScenario, weight: 1 },
  { scenario: revocationScenario, weight: 1 },
  { scenario: rollingRestartScenario(100), weight: 1 },
  { scenario: stormScenario(2_000, { sessions: true }), weight: 1 },
];
