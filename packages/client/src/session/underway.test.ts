import fc from "fast-check";
import { expect, it } from "vitest";
import { createUnderway, type Sent } from "./underway.js";

it("finds every call that was not answered, however many came since", () => {
  // Each step sends some calls, and then answers one of those that are under way.
  const step = fc.record({ sends: fc.nat(300), answers: fc.array(fc.nat(), { maxLength: 300 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const underway = createUnderway();
      const expected = new Map<number, Sent>();
      let lastId = 0;
      for (const { sends, answers } of steps) {
        for (let left = sends; left > 0; left--) {
          const call: Sent = { id: ++lastId, kind: "query" };
          expected.set(lastId, call);
          underway.set(call);
        }
        for (const answer of answers) {
          const id = [...expected.keys()][answer % expected.size];
          if (id === undefined) break;
          expected.delete(id);
          underway.delete(id);
        }
      }
      expect(underway.values()).toEqual([...expected.values()]);
      for (let id = 0; id <= lastId + 1; id++) expect(underway.get(id)).toBe(expected.get(id));
    }),
    { numRuns: 30 },
  );
});

it.each([
  ["a text", "1"],
  ["below 0", -1],
  ["half a number", 0.5],
  ["nothing", undefined],
])("finds nothing under what is no number of a call: %s", (_, id) => {
  const underway = createUnderway();
  underway.set({ id: 1, kind: "query" });
  expect(underway.get(id)).toBeUndefined();
});

it("forgets a call that was given up when it was old, once that is answered", () => {
  const underway = createUnderway();
  underway.set({ id: 1, kind: "subscription" });
  for (let id = 2; id <= 1_026; id++) {
    underway.set({ id, kind: "query" });
    if (id !== 1_025) underway.delete(id);
  }
  const withdrawn: Sent = { id: 1, kind: "subscription" };
  underway.set(withdrawn);
  expect(underway.get(1)).toBe(withdrawn);
  expect(underway.values().map(({ id }) => id)).toEqual([1, 1_025]);
  underway.delete(1);
  underway.delete(1_025);
  expect(underway.get(1)).toBeUndefined();
  expect(underway.values()).toEqual([]);
});
