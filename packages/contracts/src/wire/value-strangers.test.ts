/**
 * What strangers may send, tried on thousands of shapes that almost make sense: every reader
 * answers with a value or with a ValueCodecError, and nothing else happens to the process. The
 * seed is fixed; FUZZ_SEED and FUZZ_RUNS look further.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileDecoder } from "./schema-codec.js";
import { guardedSuperjson } from "./superjson-guard.js";
import { decodeValue, readValue, ValueCodecError } from "./value-codec.js";

const seed = Number(process.env.FUZZ_SEED ?? 20_261_122);
const numRuns = Number(process.env.FUZZ_RUNS ?? 2_000);

const strangeKey = fc.constantFrom("a", "b", "0", "1", "", "length", "__proto__", "constructor");
const strangePath = fc
  .array(fc.oneof({ weight: 9, arbitrary: strangeKey }, { weight: 1, arbitrary: fc.string() }), {
    minLength: 1,
    maxLength: 4,
  })
  .map((keys) => keys.join("."));
const annotations = [
  "Date",
  "bigint",
  "set",
  "map",
  "undefined",
  "number",
  "URL",
  "regexp",
  "Error",
];
const strangeText = fc.constantFrom("1", "NaN", "-0", "2026-11-22", "a:b", "/(/", "__proto__");

const strange = fc.letrec<{ json: unknown; tree: unknown; branch: unknown }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 5 },
    fc.oneof(strangeText, fc.jsonValue({ maxDepth: 1 })),
    fc.array(tie("json"), { maxLength: 3 }),
    fc.array(fc.tuple(tie("json"), tie("json")), { maxLength: 3 }),
    fc.array(fc.tuple(strangeKey, tie("json")), { maxLength: 4 }).map(Object.fromEntries),
  ),
  tree: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(...annotations).map((name) => [name]),
    fc
      .tuple(fc.constantFrom("class", "custom", "symbol", "typed-array"), fc.string())
      .map((annotation) => [annotation]),
    fc.tuple(fc.constantFrom(...annotations), tie("branch")),
    tie("branch"),
    fc.jsonValue(),
  ),
  branch: fc.array(fc.tuple(strangePath, tie("tree")), { maxLength: 3 }).map(Object.fromEntries),
}));

const references = fc.oneof(
  fc.dictionary(strangePath, fc.array(strangePath, { maxLength: 2 }), { maxKeys: 2 }),
  fc.tuple(fc.array(strangePath, { maxLength: 2 })),
  fc.jsonValue(),
);
const strangeValue = fc
  .oneof(
    fc.record(
      {
        json: strange.json,
        meta: fc.record(
          {
            values: strange.tree,
            referentialEqualities: references,
            v: fc.constantFrom(0, 1, "1", null),
          },
          { requiredKeys: ["values"] },
        ),
      },
      { requiredKeys: ["meta"] },
    ),
    fc.record({ json: strange.json, meta: fc.jsonValue() }),
    strange.json,
  )
  // As a parser would yield it, with `__proto__` as a key of its own.
  .map((value) => JSON.stringify(value));

const plainPrototypes = new Set<unknown>(
  [Object, Array, Map, Set, Date, URL].map((builtin) => builtin.prototype),
);

function expectPlain(value: unknown) {
  if (typeof value !== "object" || value === null) return;
  expect(plainPrototypes.has(Object.getPrototypeOf(value))).toBe(true);
  if (value instanceof Map || value instanceof Set) for (const member of value) expectPlain(member);
  else for (const key of Object.keys(value)) expectPlain(Reflect.get(value, key));
}

describe(`what strangers send (seed ${seed})`, () => {
  const readers = {
    compileDecoder: compileDecoder(),
    guardedSuperjson: guardedSuperjson().deserialize,
    "guardedSuperjson with everything allowed": guardedSuperjson({
      allowAnnotations: ["regexp", "Error", "typed-array", "class", "custom", "symbol"],
    }).deserialize,
    "decodeValue for servers": (encoded: unknown) => decodeValue(encoded),
  };

  for (const [name, read] of Object.entries(readers)) {
    it(`is a value or a ValueCodecError in ${name}, and leaves no trace`, () => {
      let decoded = 0;
      const ownKeys = Reflect.ownKeys(Object.prototype).length;
      const property = fc.property(strangeValue, (text) => {
        try {
          const value = read(JSON.parse(text));
          decoded++;
          if (name === "compileDecoder") expectPlain(value);
        } catch (error) {
          if (!(error instanceof ValueCodecError)) throw error;
          expect(error.message).toMatch(/^Cannot (decode|accept) /);
        }
      });
      fc.assert(property, { seed, numRuns });
      expect(Reflect.ownKeys(Object.prototype)).toHaveLength(ownKeys);
      expect(decoded).toBeGreaterThan(numRuns / 20);
      expect(decoded).toBeLessThan(numRuns * 0.9);
    });
  }

  it("is a value or some error in readValue, which is for servers, and leaves no trace either", () => {
    let decoded = 0;
    const ownKeys = Reflect.ownKeys(Object.prototype).length;
    const property = fc.property(strangeValue, (text) => {
      try {
        expectPlain(readValue(JSON.parse(text)));
        decoded++;
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
      }
    });
    fc.assert(property, { seed, numRuns });
    expect(Reflect.ownKeys(Object.prototype)).toHaveLength(ownKeys);
    expect(decoded).toBeGreaterThan(numRuns / 20);
    expect(decoded).toBeLessThan(numRuns * 0.9);
  });
});
