import { describe, expect, it } from "vitest";
import { check, hear, type Outcome, type Proof, silence, untried, verdictOf } from "./tally.js";

const after = (...numbers: number[]) => numbers.reduce(hear, silence);
const settled = (...outcomes: Outcome[]) =>
  new Map(outcomes.map((outcome, index) => [index + 1, outcome]));

describe("a stream of numbers", () => {
  it.each([
    ["begins anywhere", [7, 8, 9], { received: 3, missed: 0, doubled: 0, last: 9 }],
    ["shows what it passed over", [7, 10], { received: 2, missed: 2, doubled: 0, last: 10 }],
    ["shows what came twice", [7, 8, 8, 9], { received: 4, missed: 0, doubled: 1, last: 9 }],
    ["shows what came late as both", [7, 9, 8], { received: 3, missed: 1, doubled: 1, last: 9 }],
  ])("%s", (_, numbers, heard) => {
    expect(after(...numbers)).toMatchObject(heard);
  });
});

describe("what the server's record says", () => {
  it("is ahead of the page: answers may still be on their way", () => {
    const record = { executed: [[1, 5] as [number, number]], twice: 0, known: 1 };
    expect(check(settled("answered", "answered"), record)).toEqual({
      ...{ executed: 5, answered: 2, unknown: 0, lost: 0, twice: 0, known: 1 },
    });
  });

  it("shows a call that was answered and never done", () => {
    const record = { executed: [[1, 1] as [number, number]], twice: 0, known: 0 };
    expect(check(settled("answered", "answered"), record).lost).toBe(1);
  });

  it("settles what the page could not know", () => {
    const record = { executed: [[2, 2] as [number, number]], twice: 0, known: 0 };
    const checked = check(settled("unknown", "unknown", "failed"), record);
    expect(checked).toMatchObject({ answered: 0, unknown: 2, lost: 2 });
  });
});

describe("the verdict", () => {
  const run = (part: Partial<Proof>) => verdictOf({ ...untried, phase: "done", ...part });

  it.each([
    [{}, "good", "Nothing lost, nothing twice."],
    [{ phase: "running" }, "plain", "Nothing lost so far."],
    [{ phase: "finishing" }, "plain", "Waiting for the last answers."],
    [{ unknown: 2, known: 2 }, "good", "Nothing lost, nothing twice."],
    [{ lost: 1 }, "bad", "1 lost."],
    [{ phase: "running", twice: 2 }, "bad", "2 done twice."],
    [
      { lost: 1, stream: { ...silence, missed: 3, doubled: 1 } },
      "bad",
      "1 lost, 3 missed, 1 doubled.",
    ],
  ] as const)("of %j is %s: %s", (part, tone, text) => {
    expect(run(part)).toEqual({ tone, text });
  });
});
