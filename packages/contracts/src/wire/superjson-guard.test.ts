import SuperJSON from "superjson";
import { describe, expect, it } from "vitest";
import { guardedSuperjson } from "./superjson-guard.js";
import { ValueCodecError } from "./value-codec.js";

const { serialize, deserialize } = guardedSuperjson();

/** What a stranger's message with one annotated value decodes to. */
const decoded = (json: unknown, ...values: unknown[]) =>
  deserialize({ json: { it: json }, meta: { values: { it: values }, v: 1 } });

describe("guardedSuperjson", () => {
  it("writes what superjson writes", () => {
    const value = { at: new Date(0), ids: new Set([1n]) };
    expect(serialize(value)).toEqual(SuperJSON.serialize(value));
  });

  it("takes a request without input for undefined", () => {
    expect(deserialize(undefined)).toBeUndefined();
    expect(deserialize(SuperJSON.serialize(undefined))).toBeUndefined();
  });

  it("restores what strangers may send", () => {
    expect(decoded("2026-11-22T08:00:00.000Z", "Date")).toEqual({
      it: new Date(Date.UTC(2026, 10, 22, 8)),
    });
    expect(decoded(`-${"9".repeat(64)}`, "bigint")).toEqual({ it: 1n - 10n ** 64n });
    expect(decoded([["k", 1]], "map")).toEqual({ it: new Map([["k", 1]]) });
    expect(decoded(["1"], "set", { 0: ["bigint"] })).toEqual({ it: new Set([1n]) });
    expect(decoded(null, "undefined")).toStrictEqual({ it: undefined });
    expect(decoded("-Infinity", "number")).toEqual({ it: Number.NEGATIVE_INFINITY });
    expect(decoded("https://example.org/a?b", "URL")).toEqual({
      it: new URL("https://example.org/a?b"),
    });
  });

  it("refuses the other annotations by name", () => {
    for (const [annotation, name] of [
      ["regexp", "regexp"],
      ["Error", "Error"],
      [["typed-array", "Float64Array"], "typed-array:Float64Array"],
      [["class", "User"], "class:User"],
      [["custom", "Decimal"], "custom:Decimal"],
      [["symbol", "s"], "symbol:s"],
      ["toString", "toString"],
      [{}, "object"],
    ] as const) {
      expect(() => decoded("x", annotation)).toThrow(
        new ValueCodecError(`Cannot accept the annotation "${name}" at "it"`),
      );
    }
  });

  it("refuses JSON that does not fit its annotation", () => {
    for (const [json, annotation] of [
      [1, "Date"],
      ["0".repeat(65), "Date"],
      ["9".repeat(65), "bigint"],
      ["0x10", "bigint"],
      ["", "bigint"],
      ["1", "number"],
      ["text", "set"],
      [{ length: 500_000_000 }, "set"],
      [["ab"], "map"],
      [[[1]], "map"],
      ["example.org", "URL"],
      [`https://example.org/${"a".repeat(8_192)}`, "URL"],
    ] as const) {
      expect(() => decoded(json, annotation)).toThrow(
        new ValueCodecError(`Cannot decode "${annotation}" at "it"`),
      );
    }
  });

  it("refuses URLs whose host takes the parser quadratic time", () => {
    expect(() => decoded(`http://${"漢".repeat(2_000)}/`, "URL")).toThrow(ValueCodecError);
    expect(() => decoded(`HTTPS:\\/${"%E6".repeat(900)}/`, "URL")).toThrow(ValueCodecError);
    expect(() => decoded(" http://a", "URL")).toThrow(ValueCodecError);
    expect(decoded(new URL("http://漢字.example/漢").href, "URL")).toHaveProperty("it.pathname");
  });

  it("refuses more numbers as keys than a flood of colliding hashes needs", () => {
    const numbers = Array.from({ length: 257 }, (_, i) => i);
    const message = 'Cannot accept 257 numbers as keys at "it": maxNumericKeys is 256';
    expect(() => decoded(numbers, "set")).toThrow(new ValueCodecError(message));
    expect(() =>
      decoded(
        numbers.map((n) => [n, n]),
        "map",
      ),
    ).toThrow(new ValueCodecError(message));
    const bigints = Object.fromEntries(numbers.map((n) => [n, ["bigint"]]));
    expect(() => decoded(numbers.map(String), "set", bigints)).toThrow(
      new ValueCodecError(message),
    );

    expect(decoded(numbers.map(String), "set")).toEqual({ it: new Set(numbers.map(String)) });
    const roomy = guardedSuperjson({ maxNumericKeys: 257 });
    expect(roomy.deserialize({ json: numbers, meta: { values: ["set"] } })).toEqual(
      new Set(numbers),
    );
  });

  it("refuses deep and numerous values that no server has counted before", () => {
    const deep = JSON.parse(`${"[".repeat(64)}${"]".repeat(64)}`);
    expect(() => deserialize({ json: deep })).toThrow("maxJsonDepth is 64");
    expect(() => deserialize({ json: new Array(100_000).fill(0) })).toThrow(
      "maxJsonNodes is 100000",
    );
    const roomy = guardedSuperjson({ maxJsonDepth: 100, maxJsonNodes: 1e6 });
    expect(roomy.deserialize({ json: deep })).toBe(deep);
  });

  it("refuses a key that sets prototypes, wherever it is", () => {
    for (const text of ['{"json":{"a":[{"__proto__":{}}]}}', '{"json":1,"meta":{"__proto__":1}}']) {
      expect(() => deserialize(JSON.parse(text))).toThrow(
        new ValueCodecError("Cannot accept the key `__proto__`"),
      );
    }
  });

  it("restores what an application allows and has registered", () => {
    class Money {
      constructor(
        readonly cents: bigint,
        readonly at: Date,
      ) {}
    }
    class Decimal {
      constructor(readonly digits: string) {}
    }
    const own = new SuperJSON();
    own.registerClass(Money, { identifier: "Money" });
    own.registerCustom<Decimal, string>(
      {
        isApplicable: (value): value is Decimal => value instanceof Decimal,
        serialize: ({ digits }) => digits,
        deserialize: (digits) => new Decimal(digits),
      },
      "Decimal",
    );
    const value = { money: new Money(5n, new Date(0)), price: [new Decimal("1.50")] };
    const text = own.stringify(value);

    const guarded = guardedSuperjson({ superjson: own, allowAnnotations: ["Money", "Decimal"] });
    expect(guarded.deserialize(JSON.parse(text))).toStrictEqual(value);
    expect(guarded.deserialize(JSON.parse(JSON.stringify(guarded.serialize(value))))).toStrictEqual(
      value,
    );

    const families = guardedSuperjson({ superjson: own, allowAnnotations: ["class", "custom"] });
    expect(families.deserialize(JSON.parse(text))).toStrictEqual(value);
    expect(() => deserialize(JSON.parse(text))).toThrow('annotation "class:Money"');
    // Allowed, and known to nobody.
    const untaught = guardedSuperjson({ allowAnnotations: ["Money", "Decimal"] });
    expect(() => untaught.deserialize(JSON.parse(text))).toThrow(ValueCodecError);

    const trap = '{"json":{"__proto__":{"admin":true}},"meta":{"values":[["class","Money"]]}}';
    expect(() => guarded.deserialize(JSON.parse(trap))).toThrow(
      "Cannot accept the key `__proto__`",
    );
  });

  it("allocates nothing for a typed array that is no array, even where they are allowed", () => {
    const guarded = guardedSuperjson({ allowAnnotations: ["typed-array"] });
    const values = [["typed-array", "Float64Array"]];
    expect(guarded.deserialize({ json: [1], meta: { values } })).toEqual(new Float64Array([1]));
    expect(() => guarded.deserialize({ json: 60_000_000, meta: { values } })).toThrow(
      ValueCodecError,
    );
  });

  it("refuses to guard a superjson that dedupes", () => {
    const superjson = new SuperJSON({ dedupe: true });
    expect(() => guardedSuperjson({ superjson })).toThrow(TypeError);
  });
});
