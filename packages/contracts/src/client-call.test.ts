import { describe, expect, it } from "vitest";
import * as z from "zod";
import { clientCall, isClientCall } from "./client-call.js";
import { isProcedure } from "./procedure.js";

const output = z.object({ seen: z.boolean() });

describe("clientCall", () => {
  it("takes an answer's schema, and may take an input and a deadline", () => {
    const input = z.object({ text: z.string() });
    expect(clientCall({ output })).toEqual({
      kind: "clientCall",
      input: undefined,
      output,
      deadlineMs: undefined,
    });
    expect(clientCall({ input, output, deadlineMs: 30_000 })).toMatchObject({
      input,
      deadlineMs: 30_000,
    });
  });

  it("is known by what made it, and is no procedure", () => {
    const definition = clientCall({ output });
    expect(isClientCall(definition)).toBe(true);
    expect(isClientCall({ ...definition })).toBe(false);
    expect(isProcedure(definition)).toBe(false);
    expect(Object.isFrozen(definition)).toBe(true);
  });

  it.each(["input", "output"])("refuses %s that is no schema", (name) => {
    const options = { output, [name]: 5 } as unknown as { output: typeof output };
    expect(() => clientCall(options)).toThrow(
      new TypeError(`Cannot define a client call: ${name} is not a schema`),
    );
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])("refuses deadlineMs %d", (deadlineMs) => {
    expect(() => clientCall({ output, deadlineMs })).toThrow(
      new RangeError(
        `Cannot define a client call with deadlineMs ${deadlineMs}: it must be above 0`,
      ),
    );
  });
});
