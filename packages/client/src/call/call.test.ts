import { describe, expect, it } from "vitest";
import { afterLoss } from "./call.js";

const call = {
  kind: "query",
  repeatable: false,
  restarts: false,
  started: false,
  tracked: false,
  lastEventId: undefined,
} as const;
const query = { ...call, repeatable: true };
const mutation = { ...call, kind: "mutation" } as const;
const subscription = { ...call, kind: "subscription" } as const;

describe("after the loss of its connection", () => {
  it.each([
    ["a query is sent again", query, 1006, "again"],
    ["a query is sent again on another server", query, 4000, "again"],
    ["a query may be what was too big", query, 1009, "PAYLOAD_TOO_LARGE"],
    ["a mutation may have run", mutation, 1006, "OUTCOME_UNKNOWN"],
    ["a mutation may have run, with a result too big", mutation, 1009, "OUTCOME_UNKNOWN"],
    ["a mutation that may be repeated is", { ...mutation, repeatable: true }, 1006, "again"],
    [
      "but not when it may be what was too big",
      { ...mutation, repeatable: true },
      1009,
      "PAYLOAD_TOO_LARGE",
    ],
    ["a subscription that never started starts", subscription, 1006, "again"],
    [
      "one with a position goes on",
      { ...subscription, started: true, lastEventId: "4" },
      1006,
      "again",
    ],
    [
      "one that is tracked has missed nothing yet",
      { ...subscription, started: true, tracked: true },
      1006,
      "again",
    ],
    [
      "one that may restart does",
      { ...subscription, started: true, restarts: true },
      1006,
      "again",
    ],
    ["any other has lost events", { ...subscription, started: true }, 1006, "STREAM_LOST"],
    [
      "a position leads to the same big event again",
      { ...subscription, started: true, lastEventId: "4" },
      1009,
      "PAYLOAD_TOO_LARGE",
    ],
  ] as const)("%s", (_, lost, code, fate) => {
    expect(afterLoss(lost, code)).toBe(fate);
  });
});
