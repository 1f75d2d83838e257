import { beforeEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import * as zod3 from "zod/v3";
import type { RuntimeSchema } from "./schema.js";
import { compileValidate } from "./validate.js";

/** A Standard Schema of another vendor. */
const vendorSchema = (validate: (value: unknown) => unknown) =>
  ({ "~standard": { version: 1, vendor: "test", validate } }) as RuntimeSchema;

/** A check that could not be made. */
const broken = vi.fn(async (): Promise<any> => {
  throw new Error("The database is away");
});

const linked: z.ZodType = z.object({
  a: z.number(),
  get next() {
    return linked.refine(broken).optional();
  },
});

beforeEach(() => {
  broken.mockClear();
});

describe("validation", () => {
  it("answers without a promise where the schema needs none", () => {
    const parse = compileValidate(z.object({ n: z.number().default(5) }));
    expect(parse({})).toEqual({ value: { n: 5 } });
    expect(parse({ n: "five" })).toMatchObject({ issues: [{ path: ["n"] }] });
  });

  it("checks nothing twice, with promises or without", async () => {
    const checked: unknown[] = [];
    const note = (value: unknown) => checked.push(value) > 0;
    const free = async (value: string) => value !== "taken";
    const validate = compileValidate(z.string().refine(note).refine(free));
    expect(await validate("first")).toEqual({ value: "first" });
    expect(await validate("taken")).toMatchObject({ issues: [{ code: "custom" }] });
    expect(checked).toEqual(["first", "taken"]);
  });

  it.each([
    ["a check", z.string().refine(broken)],
    ["one without the keyword", z.string().refine(() => broken())],
    ["a transform", z.string().transform(broken)],
    ["a transform before a schema", z.preprocess(broken, z.string())],
    ["a custom schema", z.custom(broken)],
    ["a codec", z.codec(z.string(), z.string(), { decode: broken, encode: broken })],
    ["one in a place of its own", z.object({ in: z.array(z.lazy(() => z.any().refine(broken))) })],
    ["one behind a getter", linked],
    ["zod 3", zod3.string().refine(broken)],
  ])("that rejects is told to whoever asked, and to nobody else: %s", async (_what, schema) => {
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    const validate = compileValidate(schema as unknown as RuntimeSchema);
    for (const value of ["a", { a: 1, next: { a: 2 } }, { in: [1] }]) {
      // Not each of them fits so far that the check is asked.
      await Promise.resolve(validate(value)).catch((cause) =>
        expect(cause).toEqual(new Error("The database is away")),
      );
    }
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", unhandled);
    expect(broken).toHaveBeenCalled();
    expect(unhandled).not.toHaveBeenCalled();
  });

  it("takes any vendor's schema, with and without promises", async () => {
    const parse = compileValidate(vendorSchema((value) => ({ value: [value] })));
    expect(parse(1)).toEqual({ value: [1] });
    const parseLater = compileValidate(vendorSchema(async () => ({ issues: [{ message: "no" }] })));
    expect(await parseLater(1)).toEqual({ issues: [{ message: "no" }] });
  });

  it("takes schemas that are functions", () => {
    const schema = Object.assign(
      () => {},
      vendorSchema((value) => ({ value })),
    );
    expect(compileValidate(schema)(1)).toEqual({ value: 1 });
  });
});
