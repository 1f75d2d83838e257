import { describe, expect, it } from "vitest";
import { type Refused, refusalOf } from "./refusal.js";

const clickedAt = new Date(1_700_000_000_000);
const before = (seconds: number) => new Date(clickedAt.getTime() - seconds * 1_000);
const by = "Priya Raman";
const text = (refused: Refused | undefined) => refusalOf(refused, clickedAt).text;

describe("a refusal, in words", () => {
  it.each([
    [4.2, "Priya Raman acknowledged this 4 s before you."],
    [0.4, "Priya Raman acknowledged this a moment before you."],
    [200, "Priya Raman acknowledged this 3 min before you."],
    [-3, "Priya Raman acknowledged this while yours was waiting for the line."],
  ])("says who was faster, %d s before the click", (seconds, words) => {
    expect(text({ code: "ALREADY_ACKNOWLEDGED", data: { by, at: before(seconds) } })).toBe(words);
  });

  it("leads to the twin of a title", () => {
    expect(refusalOf({ code: "DUPLICATE_TITLE", data: { number: 2007 } }, clickedAt)).toEqual({
      tone: "news",
      text: "INC-2007 is open with this title.",
      see: 2007,
      retry: false,
    });
  });

  it("offers to try again exactly when that may help", () => {
    const retry = (refused: Refused | undefined) => refusalOf(refused, clickedAt).retry;
    expect(retry({ code: "NOT_SENT", data: undefined })).toBe(true);
    expect(retry({ code: "OUTCOME_UNKNOWN", data: undefined })).toBe(true);
    expect(retry(undefined)).toBe(true);
    expect(retry({ code: "INCIDENT_NOT_FOUND", data: { asked: "INC-1" } })).toBe(false);
    expect(retry({ code: "ALREADY_RESOLVED", data: { by, at: clickedAt } })).toBe(false);
  });
});
