import { describe, expect, it } from "vitest";
import { type ContestantName, contestantNames } from "../contestants/contestant.js";
import { turnsOf } from "./rounds.js";

const question = {
  contestants: contestantNames,
  rounds: (name: ContestantName) => (name === "ws" || name === "tautline" ? 11 : 3),
};
const turns = turnsOf(question, contestantNames);
const roundsOf = (name: ContestantName) =>
  turns.filter(({ contestant }) => contestant === name).map(({ round }) => round);

describe("turnsOf", () => {
  it("gives everyone as many rounds as the question says, one turn in each", () => {
    expect(roundsOf("ws")).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(roundsOf("trpc")).toHaveLength(3);
    expect(new Set(roundsOf("trpc")).size).toBe(3);
  });

  it("spreads fewer rounds over the whole run, from the first on", () => {
    const [first, second, third] = roundsOf("orpc");
    expect(first).toBe(1);
    expect(third! - second!).toBeLessThanOrEqual(4);
  });

  it("lets nobody go first every time", () => {
    const firsts = [1, 2, 3, 4].map((round) => turns.find((turn) => turn.round === round));
    expect(new Set(firsts.map((turn) => turn?.contestant)).size).toBeGreaterThan(1);
  });

  it("lets either of two go first as often as the other", () => {
    const two = turnsOf({ contestants: ["ws", "tautline"], rounds: () => 8 }, contestantNames);
    const firsts = two.filter((_, index) => index % 2 === 0);
    expect(firsts.filter(({ contestant }) => contestant === "ws")).toHaveLength(4);
  });

  it("keeps to the limit and to those who were named", () => {
    const few = turnsOf(question, ["ws", "trpc"], 2);
    expect(few).toHaveLength(4);
    expect(new Set(few.map(({ round }) => round))).toEqual(new Set([1, 2]));
  });
});
