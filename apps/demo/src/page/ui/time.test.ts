import { describe, expect, it } from "vitest";
import { ago, duration, span } from "./time.js";

const now = new Date(2026, 10, 20, 15);
const before = (seconds: number) => new Date(now.getTime() - seconds * 1_000);

describe("time, as the room speaks of it", () => {
  it.each([
    [-3, "just now"], // the server's clock may be a little ahead
    [2, "just now"],
    [40, "40 s ago"],
    [119, "1 min ago"],
    [3 * 3_600 + 5, "3 h ago"],
    [86_400, "1 day ago"],
    [9.9 * 86_400, "9 days ago"],
  ])("%d seconds before is %s", (seconds, text) => {
    expect(ago(before(seconds), now)).toBe(text);
  });

  it.each([
    [0, "0 s"],
    [59_999, "59 s"],
    [252_000, "4 min 12 s"],
    [12_000_000, "3 h 20 min"],
    [187_200_000, "2 d 4 h"],
  ])("a duration of %d ms is %s", (ms, text) => {
    expect(duration(ms)).toBe(text);
  });

  it("never rounds a span up", () => {
    expect([59.9, 3_599, 86_399].map(span)).toEqual(["59 s", "59 min", "23 h"]);
  });
});
