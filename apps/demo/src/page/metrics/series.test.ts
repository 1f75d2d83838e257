import { describe, expect, it } from "vitest";
import type { Reading } from "../../domain.js";
import { format, join, nearest, niceTop, push, unfold } from "./series.js";

const noon = Date.UTC(2026, 10, 20, 12);
const reading = (seconds: number, requests = seconds): Reading => ({
  at: new Date(noon + seconds * 1_000),
  requests,
  errors: 0,
  p95Ms: 0,
});
const requests = (series: readonly Reading[]) => series.map((one) => one.requests);

describe("a chart's series", () => {
  it("unfolds what the server sends in columns", () => {
    const columns = { requests: [5, 6], errors: [0, 0.1], p95Ms: [80, 90] };
    expect(unfold({ from: new Date(noon), stepMs: 1_000, ...columns })).toEqual([
      { at: new Date(noon), requests: 5, errors: 0, p95Ms: 80 },
      { at: new Date(noon + 1_000), requests: 6, errors: 0.1, p95Ms: 90 },
    ]);
  });

  it("continues history with what came live meanwhile, once", () => {
    const history = [reading(0), reading(1), reading(2)];
    expect(requests(join(history, [reading(1), reading(2), reading(3)], "5m"))).toEqual([
      0, 1, 2, 3,
    ]);
  });

  it("lets go of what the window no longer shows", () => {
    const series = [reading(0), reading(1), reading(299)];
    expect(requests(push(series, reading(301), "5m"))).toEqual([1, 299, 301]);
  });

  it("keeps one reading per step, the newest", () => {
    const hour = push(push([reading(0)], reading(16), "1h"), reading(29), "1h");
    expect(requests(hour)).toEqual([0, 29]);
    expect(requests(push(hour, reading(30), "1h"))).toEqual([0, 29, 30]);
  });

  it("is the same object when a reading brings nothing new", () => {
    const series = [reading(5)];
    expect(push(series, reading(5), "5m")).toBe(series);
  });

  it("finds the reading nearest to the pointer", () => {
    const series = [reading(0), reading(10), reading(20)];
    expect([-5, 4, 6, 10, 99].map((s) => nearest(series, noon + s * 1_000))).toEqual([
      0, 0, 1, 1, 2,
    ]);
    expect(nearest([], noon)).toBe(-1);
  });
});

describe("a chart's axis", () => {
  it.each([
    [0, 0.01, 0.01],
    [96, 10, 120],
    [1_240, 10, 1_500],
    [0.089, 0.01, 0.1],
    [340, 10, 400],
  ])("with a maximum of %d and at least %d ends at %d", (max, atLeast, top) => {
    expect(niceTop(max, atLeast)).toBeCloseTo(top, 10);
  });
});

describe("a metric's value", () => {
  it.each([
    ["requests", 1_240.4, "1,240"],
    ["requests", 96.42, "96.4"],
    ["errors", 0.0012, "0.12 %"],
    ["errors", 0.0871, "8.7 %"],
    ["errors", 0.121, "12 %"],
    ["p95Ms", 84.4, "84 ms"],
    ["p95Ms", 1_290, "1.3 s"],
  ] as const)("%s %d reads %s", (metric, value, text) => {
    expect(format(metric, value)).toBe(text);
  });
});
