import { describe, expect, it } from "vitest";
import * as z from "zod";
import { type AnyProcedure, isProcedure, mutation, query, subscription } from "./procedure.js";

const output = z.string();
// Past the compiler, as JavaScript would call them: infer.test-d.ts has what does not compile.
const authoring: Record<string, (options: any) => AnyProcedure> = { query, mutation, subscription };

describe.each(Object.entries(authoring))("%s", (kind, define) => {
  it("fills in what is left out", () => {
    expect(define({ output })).toEqual({
      kind,
      input: undefined,
      output,
      errors: {},
      tracked: false,
      overflow: "wait",
      repeat: "never",
      deadlineMs: undefined,
      meta: undefined,
    });
  });

  it("keeps schemas, errors and meta as they were given", () => {
    const input = z.object({ id: z.string() });
    const errors = { NO_SUCH: z.object({ id: z.string() }) };
    const meta = { role: "admin" };
    const definition = define({ input, output, errors, meta });
    expect(definition).toMatchObject({ meta });
    expect(definition.input).toBe(input);
    expect(definition.output).toBe(output);
    expect(definition.errors).toBe(errors);
  });

  it("can not be changed afterwards, and is known by what made it", () => {
    const definition = define({ output });
    expect(Object.isFrozen(definition)).toBe(true);
    expect(isProcedure(definition)).toBe(true);
    expect(isProcedure({ ...definition })).toBe(false);
  });

  it.each([
    ["output", { output: "string" }, `Cannot define a ${kind}: output is not a schema`],
    ["a missing output", {}, `Cannot define a ${kind}: output is not a schema`],
    ["input", { output, input: {} }, `Cannot define a ${kind}: input is not a schema`],
    [
      "an error",
      { output, errors: { GONE: "gone" } },
      `Cannot define a ${kind}: the error GONE is not a schema`,
    ],
  ])("refuses %s that is no schema", (_what, options, message) => {
    expect(() => define(options)).toThrow(new TypeError(message));
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])("refuses deadlineMs %d", (deadlineMs) => {
    expect(() => define({ output, deadlineMs })).toThrow(
      new RangeError(`Cannot define a ${kind} with deadlineMs ${deadlineMs}: it must be above 0`),
    );
  });

  it("refuses an overflow or a repeat that it does not know, and names those it does", () => {
    expect(() => define({ output, overflow: "drop" })).toThrow(
      new RangeError(
        `Cannot define a ${kind} with overflow "drop": use one of wait, latest, drop-oldest, cut`,
      ),
    );
    expect(() => define({ output, repeat: "always" })).toThrow(
      new RangeError(
        `Cannot define a ${kind} with repeat "always": use one of never, safe, lookup`,
      ),
    );
  });
});

describe("the options of one kind", () => {
  it("are kept", () => {
    expect(query({ output, deadlineMs: 5_000 }).deadlineMs).toBe(5_000);
    expect(mutation({ output, repeat: "safe" }).repeat).toBe("safe");
    expect(subscription({ output, tracked: true, overflow: "latest" })).toMatchObject({
      tracked: true,
      overflow: "latest",
    });
  });
});
