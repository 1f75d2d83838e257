import { describe, expect, it } from "vitest";
import { z } from "zod";
import { compileParse, toPlainIssues } from "./parse.js";

/** A Standard Schema of another vendor. */
const vendorSchema = (validate: (value: unknown) => unknown) => ({
  "~standard": { version: 1, vendor: "test", validate },
});

describe("validation", () => {
  it("of nothing yields undefined, whatever came", () => {
    expect(compileParse(undefined)({ a: 1 })).toEqual({ value: undefined });
  });

  it("answers without a promise where the schema needs none", () => {
    const parse = compileParse(z.object({ n: z.number().default(5) }));
    expect(parse({})).toEqual({ value: { n: 5 } });
    expect(parse({ n: "five" })).toMatchObject({ issues: [{ path: ["n"] }] });
  });

  it("finds out once that a schema is asynchronous, and checks nothing twice after that", async () => {
    const checked: unknown[] = [];
    const note = (value: unknown) => checked.push(value) > 0;
    const parse = compileParse(
      z
        .string()
        .refine(note)
        .refine(async (value) => value !== "taken"),
    );
    expect(await parse("first")).toEqual({ value: "first" });
    checked.length = 0;
    expect(await parse("second")).toEqual({ value: "second" });
    expect(await parse("taken")).toMatchObject({ issues: [{ code: "custom" }] });
    expect(checked).toEqual(["second", "taken"]);
  });

  it("finds out later when only some values are checked asynchronously", async () => {
    const slow = z.string().refine(async () => true);
    const parse = compileParse(z.union([z.number(), slow]));
    expect(parse(1)).toEqual({ value: 1 });
    expect(await parse("a")).toEqual({ value: "a" });
    expect(await parse(2)).toEqual({ value: 2 });
  });

  it("takes any vendor's schema, with and without promises", async () => {
    const parse = compileParse(vendorSchema((value) => ({ value: [value] })));
    expect(parse(1)).toEqual({ value: [1] });
    const parseLater = compileParse(vendorSchema(async () => ({ issues: [{ message: "no" }] })));
    expect(await parseLater(1)).toEqual({ issues: [{ message: "no" }] });
  });

  it("takes schemas that are functions", () => {
    const schema = Object.assign(
      () => {},
      vendorSchema((value) => ({ value })),
    );
    expect(compileParse(schema)(1)).toEqual({ value: 1 });
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
