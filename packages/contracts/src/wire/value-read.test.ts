import superjson from "superjson";
import { describe, expect, it } from "vitest";
import { readValue, stringifyValue } from "./value-codec.js";

describe("readValue", () => {
  it("takes a missing value for undefined", () => {
    expect(readValue(undefined)).toBeUndefined();
  });

  it("returns what needs no restoring without looking at it", () => {
    const json = { deep: [1] };
    expect(readValue({ json })).toBe(json);
    expect(readValue({ json, meta: null })).toBe(json);
  });

  it("restores whatever stock superjson sends", () => {
    const value = {
      at: new Date(0),
      set: new Set([new Map([[1n, { url: new URL("a:b") }]])]),
      error: new RangeError("too far", { cause: 1n }),
      pattern: /a\/b/gi,
      bytes: new Uint8ClampedArray([1, 255]),
      special: [-0, Number.NaN, undefined],
      "a.b\\c": { "\\": 1n },
    };
    const received = readValue(JSON.parse(superjson.stringify(value)));
    expect(received).toStrictEqual({ ...value, error: expect.any(Error) });
    expect(received).toHaveProperty("error.name", "RangeError");
    expect(received).toHaveProperty("error.cause", 1n);
  });

  it("restores what is special as a whole", () => {
    for (const value of [undefined, new Date(0), new Set([new Date(0)])]) {
      expect(readValue(JSON.parse(stringifyValue(value)))).toEqual(value);
    }
  });

  it("reads paths of superjson before 2.2.3, which had other escapes", () => {
    const meta = { values: { "a\\b.c\\.d": ["bigint"] } };
    expect(readValue({ json: { "a\\b": { "c.d": "1" } }, meta })).toEqual({
      "a\\b": { "c.d": 1n },
    });
  });

  it("ignores references, which repeat what is there, and refuses those in a circle", () => {
    const shared = { at: new Date(0) };
    const text = superjson.stringify({ a: shared, b: [shared] });
    expect(readValue(JSON.parse(text))).toEqual({ a: shared, b: [shared] });

    const circle: { list: unknown[]; shared?: object[] } = { list: [] };
    circle.list.push(circle);
    for (const value of [circle, { circle, shared: [shared, shared] }]) {
      expect(() => readValue(JSON.parse(superjson.stringify(value)))).toThrow("in a circle");
    }
    const dedupe = new superjson({ dedupe: true });
    expect(() => readValue(JSON.parse(dedupe.stringify([shared, shared])))).toThrow("in a circle");
  });

  it.each([
    ["a transformer of another kind", { id: 1 }],
    ["plain JSON", 5],
    ["no value", null],
    ["a path that leads nowhere", { json: {}, meta: { values: { a: ["set"] } } }],
    ["an annotation that does not fit", { json: 1, meta: { values: ["Date"] } }],
    ["an annotation that nobody knows", { json: "a", meta: { values: [["class", "X"]] } }],
    [
      "what is no typed array",
      { json: ["process.exit()"], meta: { values: [["typed-array", "Function"]] } },
    ],
  ])("throws on %s", (_, encoded) => {
    expect(() => readValue(encoded)).toThrow(TypeError);
  });

  it("reaches no prototype", () => {
    for (const path of ["a.__proto__", "__proto__.at", "a.constructor.prototype", "a.toString"]) {
      const meta = { values: { [path]: ["undefined"] } };
      expect(() => readValue({ json: { a: {} }, meta })).toThrow("Nothing is at");
    }
  });
});
