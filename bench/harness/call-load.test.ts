import { describe, expect, it } from "vitest";
import { answerTo, type Item } from "../app/item.js";
import type { Line } from "../contestants/contestant.js";
import { startCalls } from "./call-load.js";

const lineWith = (answer: (item: Item) => Item): Line => ({
  answer: async (item) => {
    await new Promise(setImmediate);
    return answer(item);
  },
  follow() {},
  flood() {},
  close: async () => {},
});

describe("startCalls", () => {
  it("asks once for each caller at least, and counts every answer", async () => {
    const load = startCalls([lineWith(answerTo)], { inFlight: 8, timed: false });
    await load.end();
    expect(load.read().operations).toBe(8);
  });

  it("times the calls since the last reading", async () => {
    const load = startCalls([lineWith(answerTo)], { inFlight: 1, timed: true });
    await load.end();
    expect(load.read().p50Ms).toBeGreaterThan(0);
    expect(load.read().p50Ms).toBeNaN();
  });

  it.each<[string, (item: Item) => Item]>([
    ["does not do its work", (item) => item],
    ["mixes up two answers", (item) => ({ ...answerTo(item), id: "item-99" })],
    ["sends Dates as text", (item) => ({ ...answerTo(item), at: item.at.toISOString() as never })],
    ["moves a Date", (item) => ({ ...answerTo(item), at: new Date(0) })],
  ])("fails when a contestant %s", async (_, answer) => {
    const load = startCalls([lineWith(answer)], { inFlight: 2, timed: false });
    await expect(load.end()).rejects.toThrow("Wrong answer");
  });
});
