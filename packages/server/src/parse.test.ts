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

  it("travel cut short: strangers choose the names in them", () => {
    const name = "x".repeat(9_000);
    const schema = z.strictObject({ lists: z.record(z.string(), z.array(z.number())).optional() });
    const lists = { [name]: Array(100).fill("one") };
    const wrong = schema.safeParse({ lists }).error!.issues;
    expect(JSON.stringify(toPlainIssues(wrong)).length).toBeLessThan(25_000);
    expect(toPlainIssues(wrong)[0]!.path).toEqual(["lists", `${"x".repeat(100)}…`, 0]);
    const unknown = schema.safeParse({ [name]: 1 }).error!.issues;
    expect(toPlainIssues(unknown)[0]!.message).toMatch(/^Unrecognized key: "x{400,}…$/);
  });
});
