import { describe, expect, it } from "vitest";
import { estimate, median, quantile } from "./statistics.js";

describe("quantile", () => {
  it("lies between its neighbours", () => {
    expect(quantile([10, 20, 30, 40], 0.5)).toBe(25);
    expect(quantile([10, 20, 30, 40], 0)).toBe(10);
    expect(quantile([10, 20, 30, 40], 1)).toBe(40);
  });

  it("is no number when there are none", () => {
    expect(quantile([], 0.5)).toBeNaN();
  });
});

describe("median", () => {
  it("asks for no order, and keeps that of its argument", () => {
    const values = [3, 1, 2];
    expect(median(values)).toBe(2);
    expect(values).toEqual([3, 1, 2]);
  });
});

describe("estimate", () => {
  const values = [1.1, 1.2, 1.25, 1.22, 1.3, 1.19, 1.21, 1.24, 1.18, 1.23, 1.9];

  it("is the same each time it is made of the same samples", () => {
    expect(estimate(values)).toEqual(estimate(values));
  });

  it("holds the median, and leaves a stray round outside", () => {
    const { value, low, high } = estimate(values);
    expect(value).toBe(1.22);
    expect(low).toBeLessThan(value);
    expect(high).toBeGreaterThan(value);
    expect(low).toBeGreaterThanOrEqual(1.18);
    expect(high).toBeLessThanOrEqual(1.3);
  });

  it("has no width for one sample", () => {
    expect(estimate([7])).toEqual({ value: 7, low: 7, high: 7 });
  });
});
