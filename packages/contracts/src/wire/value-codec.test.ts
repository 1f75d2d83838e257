import superjson from "superjson";
import { describe, expect, it } from "vitest";
import { decodeValue, encodeValue, stringifyValue, ValueCodecError } from "./value-codec.js";

const roundTrip = (value: unknown) => decodeValue(JSON.parse(stringifyValue(value)));

describe("encodeValue", () => {
  it("leaves plain JSON as it is, without a copy and without meta", () => {
    const value = { id: "i1", tags: ["db"], open: true, count: 3, by: null };
    const { json, ...rest } = encodeValue(value);
    expect(json).toBe(value);
    expect(rest).toEqual({});
  });

  it("says what JSON can not, as superjson does", () => {
    const value = {
      at: new Date(0),
      big: 12n,
      numbers: [Number.NaN, Number.NEGATIVE_INFINITY, -0],
      map: new Map<unknown, unknown>([[new Date(1), new Set([undefined])]]),
      url: new URL("https://example.org/a b"),
      pattern: /a\/b/gi,
      missing: undefined,
      bytes: new Uint8Array([1, 2]),
      "a.b\\c": new Date(2),
    };
    expect(encodeValue(value)).toEqual(superjson.serialize(value));
  });

  it("says undefined as a whole", () => {
    expect(encodeValue(undefined)).toEqual({ json: null, meta: { values: ["undefined"], v: 1 } });
  });

  it("changes nothing in what it is given", () => {
    const value = Object.freeze({ at: Object.freeze([new Date(0)]), tags: Object.freeze(["a"]) });
    const { json } = encodeValue(value);
    expect(json).toEqual({ at: ["1970-01-01T00:00:00.000Z"], tags: ["a"] });
    expect((json as typeof value).tags).toBe(value.tags);
  });

  it("sends an invalid Date as one, where superjson sends null", () => {
    const at = superjson.parse<Date>(stringifyValue(new Date(Number.NaN)));
    expect(at).toBeInstanceOf(Date);
    expect(at.getTime()).toBeNaN();
  });

  it("sends name, message and cause of an error, and keeps its stack", () => {
    const error = new RangeError("too far", { cause: new Date(0) });
    const text = stringifyValue({ error });
    expect(text).not.toContain("stack");
    const { error: received } = superjson.parse<{ error: Error }>(text);
    expect(received).toMatchObject({ name: "RangeError", message: "too far", cause: new Date(0) });
  });

  it("sends a class instance as a plain object, its Dates included", () => {
    class Incident {
      readonly at = new Date(0);
      constructor(readonly id: string) {}
      close() {}
    }
    expect(roundTrip(new Incident("i1"))).toEqual({ id: "i1", at: new Date(0) });
  });

  it("asks an object with toJSON what it has to say", () => {
    const money = { amount: 3n, toJSON: () => ({ amount: 3n, currency: "EUR" }) };
    expect(roundTrip({ money })).toEqual({ money: { amount: 3n, currency: "EUR" } });
  });

  it("sends holes of an array as undefined", () => {
    const list = [1, 2, 3];
    delete list[1];
    expect(roundTrip(list)).toStrictEqual([1, undefined, 3]);
  });

  it("sends a Node Buffer as the bytes that it is", () => {
    expect(roundTrip(Buffer.from("hi"))).toEqual(new Uint8Array([104, 105]));
  });

  it("keeps specials in typed arrays", () => {
    const numbers = superjson.parse(stringifyValue(new Float64Array([Number.NaN, -0])));
    expect(numbers).toStrictEqual(new Float64Array([Number.NaN, -0]));
  });

  it("refuses what it can not say, with the path to it", () => {
    const circle: { self?: unknown } = {};
    circle.self = [circle];
    for (const [value, message] of [
      [{ on: { click: () => {} } }, "Cannot encode a function at on.click"],
      [[Symbol("s")], "Cannot encode a symbol at 0"],
      [() => {}, "Cannot encode a function at the root"],
      [circle, "Cannot encode a reference in a circle at self.0"],
      [new Map([["k", Promise.resolve()]]), "Cannot encode an empty Promise at 0.1"],
      [new BigInt64Array(1), "Cannot encode a BigInt64Array at the root"],
      [{ "a.b": new DataView(new ArrayBuffer(1)) }, "Cannot encode a DataView at a\\.b"],
      [JSON.parse('{"__proto__":1}'), "Cannot encode the key `__proto__` at the root"],
      [{ constructor: { at: 1n } }, "Cannot encode what needs an annotation at constructor.at"],
    ] as const) {
      expect(() => encodeValue(value)).toThrow(new TypeError(message));
    }
  });

  it("sends one object in two places twice", () => {
    const at = new Date(0);
    const shared = { at };
    expect(roundTrip({ a: shared, b: shared, at })).toEqual({ a: { at }, b: { at }, at });
  });

  it("sends an object of another realm as the plain object that it is", () => {
    const foreign = Object.create(Object.create(null));
    expect(encodeValue(foreign)).toEqual({ json: {} });
    expect(encodeValue(Object.create(null))).toEqual({ json: {} });
  });
});

describe("decodeValue", () => {
  it("takes a missing value for undefined", () => {
    expect(decodeValue(undefined)).toBeUndefined();
  });

  it("returns what needs no restoring without looking at it", () => {
    const json = { deep: [1] };
    expect(decodeValue({ json })).toBe(json);
    expect(decodeValue({ json, meta: null })).toBe(json);
  });

  it("restores whatever stock superjson sends", () => {
    const value = {
      at: new Date(0),
      set: new Set([new Map([[1n, { url: new URL("a:b") }]])]),
      error: new RangeError("too far", { cause: 1n }),
      pattern: /a\/b/gi,
      bytes: new Uint8ClampedArray([1, 255]),
      special: [-0, Number.NaN, undefined],
    };
    const received = decodeValue(JSON.parse(superjson.stringify(value)));
    expect(received).toStrictEqual({ ...value, error: expect.any(Error) });
    expect(received).toHaveProperty("error.name", "RangeError");
    expect(received).toHaveProperty("error.cause", 1n);
  });

  it("reads paths of superjson before 2.2.3, which had other escapes", () => {
    const json = () => ({ "a\\b": { "c.d": "1" } });
    const values = { "a\\b.c\\.d": ["bigint"] };
    expect(decodeValue({ json: json(), meta: { values } })).toEqual({ "a\\b": { "c.d": 1n } });
    const escaped = { "a\\\\b.c\\.d": ["bigint"] };
    const meta = { values: escaped, v: 1 };
    expect(decodeValue({ json: json(), meta })).toEqual({ "a\\b": { "c.d": 1n } });
    expect(() => decodeValue({ json: json(), meta: { values, v: 1 } })).toThrow(
      'Cannot decode the path "a\\\\b.c\\\\.d": its escape is broken',
    );
  });

  it("ignores references, which repeat what is there, and refuses those in a circle", () => {
    const shared = { at: new Date(0) };
    const text = superjson.stringify({ a: shared, b: [shared] });
    expect(text).toContain("referentialEqualities");
    expect(decodeValue(JSON.parse(text))).toEqual({ a: shared, b: [shared] });

    const circle: { list: unknown[] } = { list: [] };
    circle.list.push(circle);
    expect(() => decodeValue(JSON.parse(superjson.stringify(circle)))).toThrow(
      'Cannot decode a reference in a circle at "list.0"',
    );
    const dedupe = new superjson({ dedupe: true });
    expect(() => decodeValue(JSON.parse(dedupe.stringify([shared, shared])))).toThrow(
      ValueCodecError,
    );
  });

  it("says what is wrong with anything else", () => {
    for (const [encoded, message] of [
      [null, "Cannot decode it: a value is { json, meta }"],
      ["text", "Cannot decode it: a value is { json, meta }"],
      [[], "Cannot decode it: a value is { json, meta }"],
      [{ json: 1, meta: 1 }, "Cannot decode it: `meta` is an object"],
      [{ json: 1, meta: { values: "x" } }, "Cannot decode it: annotations are an object"],
      [{ json: 1, meta: { values: ["Date"] } }, 'Cannot decode "Date" at ""'],
      [{ json: "", meta: { values: ["regexp"] } }, undefined],
      [{ json: "/(/", meta: { values: ["regexp"] } }, 'Cannot decode "regexp" at ""'],
      [{ json: "a", meta: { values: [["class", "X"]] } }, 'Cannot decode "class:X" at ""'],
      [
        { json: {}, meta: { values: { a: ["set"] } } },
        'Cannot decode the path "a": nothing is there',
      ],
      [
        { json: ["1"], meta: { values: { length: ["set"] } } },
        'Cannot decode the path "length": nothing is there',
      ],
      [
        { json: { a: {} }, meta: { values: { "a.__proto__": ["set"] } } },
        'Cannot decode the path "a.__proto__": it leads to a prototype',
      ],
      [
        { json: {}, meta: { values: { "constructor.prototype": ["set"] } } },
        'Cannot decode the path "constructor.prototype": it leads to a prototype',
      ],
      [
        { json: {}, meta: { referentialEqualities: { a: "b" } } },
        "Cannot decode it: references are lists of paths",
      ],
      [
        { json: {}, meta: { referentialEqualities: [[1]] } },
        "Cannot decode it: a path is a string",
      ],
    ] as const) {
      if (message === undefined) expect(decodeValue(encoded)).toEqual(/(?:)/);
      else expect(() => decodeValue(encoded), message).toThrow(new ValueCodecError(message));
    }
  });

  it("cuts what it quotes, so that an answer stays short", () => {
    const path = "a".repeat(10_000);
    expect(() => decodeValue({ json: {}, meta: { values: { [path]: ["set"] } } })).toThrow(
      `Cannot decode the path "${"a".repeat(64)}…": nothing is there`,
    );
  });

  it("ends annotations that nest without end before the stack does", () => {
    let values: unknown = ["set"];
    let json: unknown = [];
    for (let i = 0; i < 5_000; i++) {
      values = ["set", { 0: values }];
      json = [json];
    }
    expect(() => decodeValue({ json, meta: { values } })).toThrow(
      new ValueCodecError("Cannot decode annotations nested more than 500 deep"),
    );
  });

  it("keeps a key named __proto__ a key", () => {
    const value = decodeValue(
      JSON.parse(
        '{"json":{"__proto__":{"admin":true},"at":"1"},"meta":{"values":{"at":["bigint"]}}}',
      ),
    );
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(value).not.toHaveProperty("admin");
  });
});
