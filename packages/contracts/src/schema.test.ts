import * as v from "valibot";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { isSchema } from "./schema.js";

describe("isSchema", () => {
  it("knows any library that keeps to Standard Schema", () => {
    const callable = Object.assign(() => {}, {
      "~standard": { version: 1, vendor: "own", validate: (value: unknown) => ({ value }) },
    });
    expect(isSchema(z.string())).toBe(true);
    expect(isSchema(v.string())).toBe(true);
    expect(isSchema(callable)).toBe(true);
  });

  it.each([
    ["nothing", undefined],
    ["null", null],
    ["a string", "string"],
    ["an object", {}],
    ["a function", () => {}],
    ["a standard of another kind", { "~standard": { version: 1, vendor: "own" } }],
    ["a standard that is null", { "~standard": null }],
  ])("does not take %s for one", (_what, value) => {
    expect(isSchema(value)).toBe(false);
  });
});
