import { describe, expect, it } from "vitest";
import { z } from "zod";
import { compileParse, toPlainIssues } from "./parse.js";

describe("validation", () => {
  it("of nothing yields undefined, whatever came", () => {
    expect(compileParse(undefined)({ a: 1 })).toEqual({ value: undefined });
  });
});

describe("issues", () => {
  it("travel with plain paths and nothing else", () => {
    const issues = [
      { message: "a", path: ["lines", 1, { key: "sku" }, { key: 0 }], input: "hunter2" },
      { message: "b", path: [Symbol("tag"), { key: Symbol("inner") }] },
      { message: "c" },
    ];
    expect(toPlainIssues(issues)).toEqual([
      { message: "a", path: ["lines", 1, "sku", 0] },
      { message: "b", path: ["Symbol(tag)", "Symbol(inner)"] },
      { message: "c", path: [] },
    ]);
  });

  it("travel a hundred at most", () => {
    const wrong = z.array(z.number()).safeParse(Array(5_000).fill("x")).error!.issues;
    expect(wrong).toHaveLength(5_000);
    expect(toPlainIssues(wrong)).toHaveLength(100);
  });
});
