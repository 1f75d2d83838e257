/** The short run: every life to some depth, and some thousand longer ones. */
import { describe, expect, it } from "vitest";
import { budgets, longBudget, opened } from "./budgets.js";
import { searchAll, toText, walk } from "./search.js";

describe("a session", () => {
  it.each(budgets.map((each) => [each.name, each] as const))(
    "keeps its promises in every schedule with %s",
    async (_, { first, budget, maxDepth }) => {
      const { finding, states, transitions, depth } = await searchAll({
        budget,
        first: first === "opened" ? opened : [],
        maxDepth,
      });
      console.log(`${states} states, ${transitions} transitions, all schedules of ${depth} steps`);
      expect(finding && toText(finding)).toBeUndefined();
    },
    120_000,
  );

  it("keeps them in long schedules drawn from a seed", async () => {
    const { finding, walks } = await walk({
      budget: longBudget,
      seed: 1,
      walks: 1_000,
    });
    expect(finding && toText(finding)).toBeUndefined();
    expect(walks).toBe(1_000);
  }, 120_000);
});
