import { describe, expect, it } from "vitest";
import { type Asked, type Decision, decide, type Known, transitMs } from "./decide.js";
import type { RequestRecord } from "./store.js";

const minutes = (count: number) => count * 60_000;

const asked: Asked = { principal: "ana", hash: 7, n: 5, low: 5, repeat: "never" };
const known: Known = {
  stored: undefined,
  storeEpoch: "e1",
  retentionMs: minutes(10),
  incarnation: "here",
  runsHere: false,
  isLive: (incarnation) => incarnation === "alive",
};

const facts = { principal: "ana", hash: 7, claim: 1, attempt: 1 };
const answer = { ok: true, encoded: '{"json":1}' };
const refusal = { ok: false, encoded: '{"json":{"message":"no"}}' };
const done: RequestRecord = { ...facts, incarnation: "dead", state: "DONE", answer };
const failed: RequestRecord = { ...facts, incarnation: "dead", state: "FAILED", answer: refusal };
const runningOn = (incarnation: string, attempt = 1): RequestRecord => ({
  ...facts,
  incarnation,
  attempt,
  state: "RUNNING",
});

/** Sent again in another session. */
const again = (ageMs = 5_000, storeEpoch = "e1"): Partial<Asked> => ({
  n: 1,
  low: 1,
  first: { session: "s0", n: 5, storeEpoch, ageMs },
});

const run = (attempt = 1): Decision => ({ name: "run", attempt });
const lookup = (attempt = 1): Decision => ({ name: "lookup", attempt });
const refuse = (code: "STALE" | "REQUEST_ID_CONFLICT" | "OUTCOME_UNKNOWN"): Decision => ({
  name: "refuse",
  code,
});

type Row = readonly [sentence: string, asked: Partial<Asked>, known: Partial<Known>, Decision];

function holds(title: string, rows: readonly Row[]) {
  describe(title, () => {
    it.each(rows)("%s", (_, request, state, decision) => {
      expect(decide({ ...asked, ...request }, { ...known, ...state })).toEqual(decision);
    });
  });
}

holds("a mutation that the store knows nothing of", [
  ["runs when it is sent for the first time", {}, {}, run()],
  ["runs whatever may be repeated", { repeat: "safe" }, {}, run()],
  ["runs without asking the handler's record, for it is new", { repeat: "lookup" }, {}, run()],
  [
    "runs when it is sent again under the same epoch and inside retention, and only under that epoch",
    again(),
    {},
    { name: "run", attempt: 1, onlyUnder: "e1" },
  ],
  ["has an unknown outcome under another epoch", again(5_000, "e0"), {}, refuse("OUTCOME_UNKNOWN")],
  [
    "has an unknown outcome when its record may have expired",
    again(minutes(10)),
    {},
    refuse("OUTCOME_UNKNOWN"),
  ],
  [
    "counts as too old a little sooner, for the time it was on its way",
    again(minutes(10) - transitMs),
    {},
    refuse("OUTCOME_UNKNOWN"),
  ],
  [
    "runs just before that",
    again(minutes(10) - transitMs - 1),
    {},
    { name: "run", attempt: 1, onlyUnder: "e1" },
  ],
  [
    "runs under a key for as long as a key is kept",
    again(minutes(60)),
    { retentionMs: minutes(24 * 60) },
    { name: "run", attempt: 1, onlyUnder: "e1" },
  ],
  [
    "has an unknown outcome at an age that is no number",
    again(Number.NaN),
    {},
    refuse("OUTCOME_UNKNOWN"),
  ],
  ["runs again where that is safe", { ...again(0, "e0"), repeat: "safe" }, {}, run()],
  ["is looked up where there is a lookup", { ...again(0, "e0"), repeat: "lookup" }, {}, lookup()],
]);

holds("a mutation that has answered", [
  ["is answered with its result", {}, { stored: done }, { name: "replay", answer }],
  ["is answered with its error", {}, { stored: failed }, { name: "replay", answer: refusal }],
  ["is answered when sent again", again(), { stored: done }, { name: "replay", answer }],
  [
    "is answered however old it is, and whatever the epoch: the record is there",
    again(minutes(60), "e0"),
    { stored: done },
    { name: "replay", answer },
  ],
  [
    "is answered, not run, also where repeating is safe",
    { repeat: "safe" },
    { stored: done },
    { name: "replay", answer },
  ],
  [
    "says that it ran when its result is not kept",
    {},
    { stored: { ...done, answer: null } },
    { name: "refuse", code: "RESULT_NOT_RETAINED", ok: true },
  ],
  [
    "says that it failed when its error is not kept",
    { repeat: "safe" },
    { stored: { ...failed, answer: null } },
    { name: "refuse", code: "RESULT_NOT_RETAINED", ok: false },
  ],
]);

holds("a mutation that is RUNNING", [
  ["is joined here", {}, { stored: runningOn("here"), runsHere: true }, { name: "join" }],
  ["is waited for on a live server", again(), { stored: runningOn("alive") }, { name: "wait" }],
  [
    "is waited for on a live server also where repeating is safe",
    { repeat: "safe" },
    { stored: runningOn("alive") },
    { name: "wait" },
  ],
  [
    "has an unknown outcome on a dead server",
    {},
    { stored: runningOn("dead") },
    refuse("OUTCOME_UNKNOWN"),
  ],
  [
    "runs again on a dead server where that is safe",
    { repeat: "safe" },
    { stored: runningOn("dead") },
    run(2),
  ],
  [
    "is looked up on a dead server where there is a lookup",
    { repeat: "lookup" },
    { stored: runningOn("dead", 3) },
    lookup(4),
  ],
  [
    "has an unknown outcome when the server that ran it has given it up",
    {},
    { stored: runningOn(""), isLive: () => true },
    refuse("OUTCOME_UNKNOWN"),
  ],
  [
    "has an unknown outcome when this server began it and lost sight of it",
    {},
    { stored: runningOn("here") },
    refuse("OUTCOME_UNKNOWN"),
  ],
  [
    "runs again when this server lost sight of it and repeating is safe",
    { repeat: "safe" },
    { stored: runningOn("here", 2) },
    run(3),
  ],
]);

holds("another mutation under the same id", [
  ["conflicts by its hash", { hash: 8 }, { stored: done }, refuse("REQUEST_ID_CONFLICT")],
  [
    "conflicts by its principal",
    { principal: "bo" },
    { stored: done },
    refuse("REQUEST_ID_CONFLICT"),
  ],
  [
    "learns nothing of a result that is not kept",
    { principal: "bo" },
    { stored: { ...done, answer: null } },
    refuse("REQUEST_ID_CONFLICT"),
  ],
  [
    "does not join",
    { hash: 8 },
    { stored: runningOn("here"), runsHere: true },
    refuse("REQUEST_ID_CONFLICT"),
  ],
  [
    "is not run, safe or not",
    { hash: 8, repeat: "safe" },
    { stored: runningOn("dead") },
    refuse("REQUEST_ID_CONFLICT"),
  ],
]);

holds("a mutation that the client has the answer to", [
  ["is stale below the `low` of its session", { n: 4 }, {}, refuse("STALE")],
  ["is stale though its record is there", { n: 4 }, { stored: done }, refuse("STALE")],
  ["is stale when the store has forgotten it", again(), { stored: "stale" }, refuse("STALE")],
  ["is stale where repeating is safe", { n: 4, repeat: "safe" }, {}, refuse("STALE")],
  ["is not stale at `low` itself", { n: 5, low: 5 }, {}, run()],
]);
