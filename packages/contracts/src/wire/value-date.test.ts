import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isoText } from "./value-date.js";

describe("isoText", () => {
  it("is what toISOString says, in any year and in any order", () => {
    const days = fc.constantFrom(0, 86_399_999, 86_400_000, -1, 253_402_300_800_000, 8.64e15);
    const moment = fc.oneof(
      fc.date({ noInvalidDate: true }),
      days.map((ms) => new Date(ms)),
    );
    fc.assert(
      fc.property(moment, fc.nat(86_399_999), (date, laterMs) => {
        expect(isoText(date)).toBe(date.toISOString());
        const later = new Date(Math.min(8.64e15, date.getTime() + laterMs));
        expect(isoText(later)).toBe(later.toISOString());
      }),
      { seed: 20_261_122, numRuns: 1_000 },
    );
  });

  it("has a text for an invalid Date that no parser takes for a moment", () => {
    expect(isoText(new Date(Number.NaN))).toBe("Invalid Date");
    expect(new Date("Invalid Date").getTime()).toBeNaN();
  });
});
