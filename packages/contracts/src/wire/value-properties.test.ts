/**
 * What holds for every value and every schema, tried on some thousands of them. The seed is
 * fixed, so that a failure of one run is a failure of every run; FUZZ_SEED and FUZZ_RUNS look
 * further.
 */
import fc from "fast-check";
import superjson from "superjson";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { compileDecoder, compileEncoder, compileTrackedEncoder } from "./schema-codec.js";
import { guardedSuperjson } from "./superjson-guard.js";
import { decodeValue, readValue, stringifyValue } from "./value-codec.js";
import { restoreForStrangers } from "./value-policy.js";

const seed = Number(process.env.FUZZ_SEED ?? 20_261_122);
const numRuns = Number(process.env.FUZZ_RUNS ?? 1_000);

function holds<T>(arbitrary: fc.Arbitrary<T>, property: (value: T) => void) {
  fc.assert(fc.property(arbitrary, property), { seed, numRuns });
}

// ---- values -------------------------------------------------------------------------------

const forbidden = new Set(["__proto__", "constructor", "prototype"]);
const oddKeys = ["", ".", "a.b", "a\\b", "a\\.b", "0", "10", "-0", '"', "é", "toString", "length"];
const keyOf = fc
  .oneof(fc.constantFrom(...oddKeys), fc.constantFrom("id", "at", "items"), fc.string())
  .filter((key) => !forbidden.has(key));

const date = fc.date({ noInvalidDate: true });
// As many digits as strangers may send.
const bigint = fc.bigInt({ min: 1n - 10n ** 64n, max: 10n ** 64n - 1n });
const leaf = fc.oneof(
  fc.string(),
  fc.boolean(),
  fc.constant(null),
  fc.constant(undefined),
  fc.double(),
  fc.constantFrom(0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
  bigint,
  date,
  fc.webUrl().map((text) => new URL(text)),
);

const { value: anyValue } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    leaf,
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(keyOf, tie("value"), { maxKeys: 4, noNullPrototype: true }),
    fc.array(fc.tuple(tie("value"), tie("value")), { maxLength: 3 }).map((e) => new Map(e)),
    fc.array(tie("value"), { maxLength: 3 }).map((members) => new Set(members)),
    tie("value").map((shared) => [shared, { again: shared }]),
  ),
}));

const aFunction = "\0function";

/** Says a value so that two texts are equal exactly when the values are. */
function show(value: unknown): string {
  if (Object.is(value, -0)) return "-0";
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return aFunction;
  if (typeof value !== "object" || value === null) return String(value);
  if (value instanceof Date) return `Date(${value.getTime()})`;
  if (value instanceof URL) return `URL(${value.href})`;
  if (value instanceof Map) return `Map{${[...value].map(show).join()}}`;
  if (value instanceof Set) return `Set{${[...value].map(show).join()}}`;
  if (Array.isArray(value)) return `[${Array.from(value, show).join()}]`;
  const fields = Object.entries(value).map(
    ([key, field]) => `${JSON.stringify(key)}:${show(field)}`,
  );
  return `${Object.getPrototypeOf(value) === Object.prototype ? "" : "odd"}{${fields.sort().join()}}`;
}

describe(`the generic codec (seed ${seed})`, () => {
  it("writes what superjson writes, references apart", () => {
    holds(anyValue, (value) => {
      const { json, meta } = JSON.parse(superjson.stringify(value));
      const values = meta?.values;
      const ours = JSON.parse(stringifyValue(value));
      expect(show(ours)).toBe(
        show(values === undefined ? { json } : { json, meta: { values, v: 1 } }),
      );
    });
  });

  it("is read by stock superjson as the value that was written", () => {
    holds(anyValue, (value) => {
      expect(show(superjson.parse(stringifyValue(value)))).toBe(show(value));
    });
  });

  it("reads what stock superjson writes, from servers and from strangers", () => {
    const strangers = { restore: restoreForStrangers() };
    holds(anyValue, (value) => {
      const text = superjson.stringify(value);
      expect(show(readValue(JSON.parse(text)))).toBe(show(value));
      expect(show(decodeValue(JSON.parse(text)))).toBe(show(value));
      expect(show(decodeValue(JSON.parse(text), strangers))).toBe(show(value));
    });
  });
});

describe("guardedSuperjson", () => {
  it("returns what it was given", () => {
    const { serialize, deserialize } = guardedSuperjson();
    holds(anyValue, (value) => {
      expect(show(deserialize(JSON.parse(JSON.stringify(serialize(value)))))).toBe(show(value));
    });
  });
});

// ---- schemas ------------------------------------------------------------------------------

/** A schema, and inputs that it mostly accepts. */
interface Specimen {
  readonly schema: z.ZodType;
  readonly input: fc.Arbitrary<unknown>;
}

const specimen = (schema: z.ZodType, input: fc.Arbitrary<unknown>): Specimen => ({ schema, input });
const finite = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constant(-0));

const leafSchema = fc.constantFrom<Specimen[]>(
  specimen(z.string(), fc.string()),
  specimen(z.string().trim(), fc.string()),
  specimen(z.uuid(), fc.uuid()),
  specimen(z.number(), finite),
  specimen(z.int(), fc.constantFrom(-1, -0, 0, 7)),
  specimen(z.nan(), fc.constant(Number.NaN)),
  specimen(z.boolean(), fc.boolean()),
  specimen(z.null(), fc.constant(null)),
  specimen(z.undefined(), fc.constant(undefined)),
  specimen(z.void(), fc.constant(undefined)),
  specimen(z.bigint(), bigint),
  specimen(z.date(), date),
  specimen(z.literal(["a", 1, true, null]), fc.constantFrom("a", 1, true, null)),
  specimen(z.literal([0, 10n, undefined]), fc.constantFrom(0, -0, 10n, undefined)),
  specimen(z.enum(["low", "high"]), fc.constantFrom("low", "high")),
  specimen(z.enum({ None: 0, Some: 1 }), fc.constantFrom(-0, 0, 1)),
  specimen(
    z.templateLiteral(["v", z.int()]),
    fc.integer().map((n) => `v${n}`),
  ),
  specimen(z.string().brand("Id"), fc.string()),
  specimen(z.json(), fc.jsonValue()),
  specimen(z.any(), anyValue),
  specimen(z.unknown(), anyValue),
  specimen(z.custom<unknown>(), anyValue),
  specimen(z.instanceof(URL), fc.constant(new URL("https://example.org/a?b=c"))),
  specimen(
    z.string().transform((text) => new Map([[text, new Date(text.length)]])),
    fc.string(),
  ),
  specimen(
    z.string().transform((text) => text.length / 0),
    fc.string(),
  ),
  specimen(
    z.preprocess((ms) => (typeof ms === "number" ? new Date(ms) : ms), z.date()),
    fc.integer(),
  ),
  specimen(
    z.codec(z.string(), z.date(), { decode: (t) => new Date(t.length), encode: (d) => `${d}` }),
    fc.string(),
  ),
  specimen(z.stringbool(), fc.constantFrom("yes", "no")),
  specimen(z.date().catch(new Date(5)), fc.oneof(date, fc.string())),
  specimen(z.number().catch(Number.NaN), fc.oneof(finite, fc.string())),
  specimen(z.never().optional(), fc.constant(undefined)),
);

const tagged = (tag: string, inner: Specimen): Specimen =>
  specimen(
    z.object({ kind: z.literal(tag), inner: inner.schema }),
    inner.input.map((input) => ({ kind: tag, inner: input })),
  );

const { specimen: anySchema } = fc.letrec<{ specimen: Specimen; object: Specimen }>((tie) => ({
  object: fc
    .tuple(
      fc.dictionary(
        keyOf,
        fc.tuple(tie("specimen"), fc.constantFrom("required", "optional", "exact", "nullish")),
        { maxKeys: 4, noNullPrototype: true },
      ),
      fc.constantFrom("strip", "loose", "strict", "dates"),
    )
    .map(([fields, extras]) => {
      const shape: Record<string, z.ZodType> = {};
      const inputs: Record<string, fc.Arbitrary<unknown>> = {};
      for (const [key, [{ schema, input }, kind]] of Object.entries(fields)) {
        shape[key] = schema;
        inputs[key] = input;
        if (kind === "optional") shape[key] = schema.optional();
        if (kind === "nullish") shape[key] = schema.nullish();
        if (kind === "exact") shape[key] = z.exactOptional(schema);
        if (kind === "optional" || kind === "nullish")
          inputs[key] = fc.option(input, { nil: undefined });
        if (kind === "nullish") inputs[key] = fc.option(inputs[key]!);
      }
      const requiredKeys = Object.keys(fields).filter((key) => fields[key]![1] === "required");
      const input = fc.record(inputs, { requiredKeys, noNullPrototype: true });
      const more = (value: fc.Arbitrary<unknown>) =>
        fc
          .tuple(input, fc.dictionary(keyOf, value, { maxKeys: 2, noNullPrototype: true }))
          .map(([named, others]) => ({ ...others, ...named }));
      if (extras === "loose") return specimen(z.looseObject(shape), more(anyValue));
      if (extras === "strict") return specimen(z.strictObject(shape), input);
      if (extras === "dates") return specimen(z.object(shape).catchall(z.date()), more(date));
      return specimen(z.object(shape), input);
    }),
  specimen: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    leafSchema,
    tie("object"),
    tie("specimen").map(({ schema, input }) =>
      specimen(z.array(schema), fc.array(input, { maxLength: 4 })),
    ),
    fc.tuple(tie("specimen"), tie("specimen")).map(([first, rest]) =>
      specimen(
        z.tuple([first.schema, z.number()], rest.schema),
        fc
          .tuple(first.input, finite, fc.array(rest.input, { maxLength: 3 }))
          .map(([one, two, others]) => [one, two, ...others]),
      ),
    ),
    tie("specimen").map(({ schema, input }) =>
      specimen(
        z.record(z.string(), schema),
        fc.dictionary(keyOf, input, { maxKeys: 4, noNullPrototype: true }),
      ),
    ),
    tie("specimen").map(({ schema, input }) =>
      specimen(
        z.looseRecord(z.string().regex(/^a/), schema),
        fc.dictionary(keyOf, input, { maxKeys: 4, noNullPrototype: true }),
      ),
    ),
    fc.tuple(tie("specimen"), tie("specimen")).map(([key, value]) =>
      specimen(
        z.map(key.schema, value.schema),
        fc.array(fc.tuple(key.input, value.input), { maxLength: 3 }).map((e) => new Map(e)),
      ),
    ),
    tie("specimen").map(({ schema, input }) =>
      specimen(
        z.set(schema),
        fc.array(input, { maxLength: 3 }).map((m) => new Set(m)),
      ),
    ),
    fc
      .tuple(tie("specimen"), tie("specimen"))
      .map(([a, b]) => specimen(z.union([a.schema, b.schema]), fc.oneof(a.input, b.input))),
    fc.tuple(tie("specimen"), tie("specimen"), tie("specimen")).map(([one, two, three]) => {
      const [a, b, c] = [tagged("a", one), tagged("b", two), tagged("c", three)];
      const inner = z.discriminatedUnion("kind", [b.schema, c.schema] as never);
      return specimen(
        z.discriminatedUnion("kind", [a.schema, inner] as never),
        fc.oneof(a.input, b.input, c.input),
      );
    }),
    fc
      .tuple(tie("specimen"), tie("specimen"))
      .map(([a, b]) =>
        specimen(
          z.intersection(z.object({ a: a.schema }), z.object({ b: b.schema })),
          fc.record({ a: a.input, b: b.input }, { noNullPrototype: true }),
        ),
      ),
    tie("specimen").map(({ schema, input }) => specimen(schema.nullable(), fc.option(input))),
    tie("specimen").map(({ schema, input }) => specimen(schema.readonly(), input)),
    tie("specimen").map(({ schema, input }) =>
      specimen(
        z.lazy(() => schema),
        input,
      ),
    ),
    tie("specimen").map(({ schema, input }) => specimen(schema.optional().nonoptional(), input)),
    tie("specimen").map(({ schema, input }) => specimen(schema.pipe(z.any()), input)),
    tie("specimen").chain(({ schema, input }) =>
      input.map((initial) =>
        specimen(schema.prefault(initial as never), fc.option(input, { nil: undefined })),
      ),
    ),
  ),
}));

const outputs = anySchema
  .chain(({ schema, input }) => input.map((value) => ({ schema, result: schema.safeParse(value) })))
  // A loose object takes methods for fields when a union shows it a URL.
  .filter(({ result }) => !result.success || !show(result.data).includes(aFunction));

describe(`the compiled encoder (seed ${seed})`, () => {
  it("is read by stock superjson as the value that the schema yielded", () => {
    let encoded = 0;
    holds(outputs, ({ schema, result }) => {
      if (!result.success) return;
      encoded++;
      expect(show(superjson.parse(compileEncoder(schema)(result.data)))).toBe(show(result.data));
    });
    expect(encoded).toBeGreaterThan(numRuns / 2); // or the specimens are bad ones
  });

  it("leaves the value as it was", () => {
    holds(outputs, ({ schema, result }) => {
      if (!result.success) return;
      const before = show(result.data);
      compileEncoder(schema)(result.data);
      expect(show(result.data)).toBe(before);
    });
  });

  it("writes tracked events as superjson would write { id, data }", () => {
    const decode = compileDecoder();
    holds(outputs, ({ schema, result }) => {
      if (!result.success) return;
      const text = compileTrackedEncoder(schema)("7", result.data);
      expect(show(decodeValue(JSON.parse(text)))).toBe(show({ id: "7", data: result.data }));
      expect(show(readValue(JSON.parse(text)))).toBe(show({ id: "7", data: result.data }));
      expect(show(decode(JSON.parse(text)))).toBe(show({ id: "7", data: result.data }));
    });
  });
});
