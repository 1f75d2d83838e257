import SuperJSON from "superjson";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import * as mini from "zod/mini";
import { compileDecoder, compileEncoder, compileTrackedEncoder } from "./schema-codec.js";

/** What a stock client makes of `value`, which `schema` has yielded. */
const received = (schema: unknown, value: unknown) =>
  SuperJSON.parse<unknown>(compileEncoder(schema)(value));

/** The names of the annotations it sends, if any. */
const sentMeta = (schema: unknown, value: unknown) =>
  JSON.parse(compileEncoder(schema)(value)).meta;

const Incident = z.object({
  id: z.string(),
  at: z.date(),
  closed: z.date().nullable(),
  note: z.string().optional(),
});

describe("compileEncoder", () => {
  it("writes plain JSON where the schema leaves nothing else", () => {
    const schema = z.object({ id: z.uuid(), tags: z.array(z.string()), kind: z.enum(["a", "b"]) });
    const value = { id: "i1", tags: ["db"], kind: "a" };
    expect(compileEncoder(schema)(value)).toBe(`{"json":${JSON.stringify(value)}}`);
  });

  it("writes what superjson writes for Dates in known places", () => {
    const value = { id: "i1", at: new Date(0), closed: null };
    expect(compileEncoder(Incident)(value)).toBe(SuperJSON.stringify(value));
  });

  it("keeps a key that holds undefined, and leaves out one that is missing", () => {
    const base = { id: "i1", at: new Date(0), closed: null };
    expect(received(Incident, base)).toStrictEqual(base);
    expect(received(Incident, { ...base, note: undefined })).toStrictEqual({
      ...base,
      note: undefined,
    });
  });

  it("keeps -0, NaN and invalid Dates", () => {
    const schema = z.object({ n: z.number(), m: z.number().catch(Number.NaN), at: z.date() });
    const value = { n: -0, m: Number.NaN, at: new Date(Number.NaN) };
    expect(received(schema, value)).toStrictEqual(value);
    expect(sentMeta(schema, { n: 0, m: 1, at: new Date(0) })).toEqual({
      values: { at: ["Date"] },
      v: 1,
    });
    expect(received(z.literal(0), -0)).toBe(-0); // zod finds them equal
  });

  it.each([
    ["an open place", z.object({ bytes: z.any() })],
    ["a place of its class", z.object({ bytes: z.instanceof(Uint8Array) })],
    ["no schema", undefined],
  ])("sends a Buffer in %s as the Uint8Array it is elsewhere", (_, schema) => {
    const sent = { bytes: Buffer.from([1, 2]) };
    expect(received(schema, sent)).toStrictEqual({ bytes: new Uint8Array([1, 2]) });
  });

  it("sends one Date in two places twice", () => {
    const at = new Date(0);
    const value = { id: "i1", at, closed: at };
    expect(received(Incident, value)).toStrictEqual(value);
  });

  it("escapes keys as paths and as JSON", () => {
    const schema = z.record(z.string(), z.record(z.string(), z.date()));
    const keys = ["a.b", "a\\b", "\\.", '"', "", "1", "é", "\u2028", "\ud800", "length"];
    const value = Object.fromEntries(
      keys.map((key) => [key, Object.fromEntries(keys.map((inner) => [inner, new Date(1)]))]),
    );
    expect(received(schema, value)).toStrictEqual(value);
  });

  it("sends the keys no path may hold, unless something in them needs a path", () => {
    const schema = z.record(z.string(), z.number());
    expect(received(schema, { constructor: 1, prototype: 2 })).toEqual({
      constructor: 1,
      prototype: 2,
    });
    expect(() => received(schema, { constructor: -0 })).toThrow(
      new TypeError("Cannot encode what needs an annotation at constructor"),
    );
    const named = z.object({ prototype: z.object({ at: z.date() }) });
    expect(() => received(z.array(named), [{ prototype: { at: new Date(0) } }])).toThrow(
      new TypeError("Cannot encode what needs an annotation at 0.prototype"),
    );
  });

  it("does not take what an object inherits for its fields", () => {
    const schema = z.object({ toString: z.date().optional(), valueOf: z.number().optional() });
    expect(received(schema, { toString: new Date(0) })).toStrictEqual({ toString: new Date(0) });
  });

  it("follows a recursive schema, by getter or lazy", () => {
    const Comment = z.object({
      at: z.date(),
      get replies() {
        return z.array(Comment);
      },
    });
    const value = { at: new Date(0), replies: [{ at: new Date(1), replies: [] }] };
    expect(received(Comment, value)).toStrictEqual(value);
    const Tree: z.ZodType = z.lazy(() => z.map(z.date(), Tree));
    const tree = new Map([[new Date(0), new Map([[new Date(1), new Map()]])]]);
    expect(received(Tree, tree)).toStrictEqual(tree);
  });

  it("finds nothing to do in a recursive schema of plain JSON", () => {
    const Folder = z.object({
      name: z.string(),
      get folders() {
        return z.array(Folder);
      },
    });
    const value = { name: "a", folders: [{ name: "b", folders: [] }] };
    expect(compileEncoder(Folder)(value)).toBe(`{"json":${JSON.stringify(value)}}`);
  });

  it("ends on a schema whose getter makes a new schema each time, or throws", () => {
    const endless = (): z.ZodType => z.object({ at: z.date(), next: z.lazy(endless).optional() });
    const value = { at: new Date(0), next: { at: new Date(1) } };
    expect(received(endless(), value)).toStrictEqual(value);
    const broken = z.lazy((): z.ZodType => {
      throw new Error("not yet");
    });
    const other = { at: new Date(0), broken: new Map([[1n, 2]]) };
    expect(received(z.object({ at: z.date(), broken }), other)).toStrictEqual(other);
  });

  it("tells the branches of a discriminated union apart by their tag", () => {
    const schema = z.discriminatedUnion("kind", [
      z.object({ kind: z.literal("opened"), at: z.date() }),
      z.object({ kind: z.enum(["muted", "closed"]), by: z.string() }),
      z.object({ kind: z.literal("counted"), total: z.bigint() }),
    ]);
    for (const value of [
      { kind: "opened", at: new Date(0) },
      { kind: "closed", by: "ana" },
      { kind: "counted", total: 3n },
    ]) {
      expect(received(schema, value)).toStrictEqual(value);
    }
    expect(sentMeta(schema, { kind: "muted", by: "ana" })).toBeUndefined();
  });

  it("tells them apart after their tag was transformed, too", () => {
    const a = z.object({ kind: z.literal("a").transform(() => "b"), v: z.date() });
    const b = z.object({ kind: z.literal("b").transform(() => "a"), v: z.bigint() });
    const schema = z.discriminatedUnion("kind", [a, b]);
    const value = schema.parse({ kind: "a", v: new Date(0) });
    expect(received(schema, value)).toStrictEqual({ kind: "b", v: new Date(0) });
  });

  it("encodes what codecs and pipes yield, not what they take", () => {
    const isoDate = z.codec(z.iso.datetime(), z.date(), {
      decode: (text) => new Date(text),
      encode: (date) => date.toISOString(),
    });
    const schema = z.object({ at: isoDate, size: z.string().pipe(z.coerce.number()) });
    const value = schema.parse({ at: "2026-11-22T08:00:00Z", size: "3" });
    expect(received(schema, value)).toStrictEqual(value);
    expect(sentMeta(schema, value).values).toEqual({ at: ["Date"] });
  });

  it("leaves to superjson what the schema leaves open", () => {
    class Decimal {
      constructor(readonly digits: string) {}
    }
    const own = new SuperJSON();
    own.registerCustom<Decimal, string>(
      {
        isApplicable: (value): value is Decimal => value instanceof Decimal,
        serialize: ({ digits }) => digits,
        deserialize: (digits) => new Decimal(digits),
      },
      "Decimal",
    );
    const schema = z.object({
      price: z.instanceof(Decimal),
      extra: z.unknown(),
      doubled: z.string().transform((text) => new Set([text, text + text])),
      at: z.date(),
    });
    const value = schema.parse({
      price: new Decimal("1.50"),
      extra: { list: [new Decimal("2"), 3n] },
      doubled: "a",
      at: new Date(0),
    });
    const encode = compileEncoder(schema, { superjson: own });
    expect(own.parse(encode(value))).toStrictEqual(value);
  });

  it("leaves loose records and overwritten objects to superjson, since neither was parsed", () => {
    const loose = z.looseRecord(z.string().regex(/^n/), z.number());
    expect(received(loose, { n: 1, at: new Date(0) })).toStrictEqual({ n: 1, at: new Date(0) });
    const overwritten = z
      .object({ id: z.string() })
      .overwrite((it) => Object.assign(it, { n: 1n }));
    expect(received(overwritten, { id: "a", n: 1n })).toStrictEqual({ id: "a", n: 1n });
  });

  it("copes with a default that never saw the schema", () => {
    const schema = z.object({
      at: z.date().default("never" as never),
      ids: z.set(z.int()).catch([] as never),
    });
    const value = schema.parse({ ids: 3 });
    expect(value).toEqual({ at: "never", ids: [] });
    expect(received(schema, value)).toStrictEqual(value);
  });

  it("does not change the value, nor a default that all calls share", () => {
    const schema = z.object({
      at: z.date(),
      ids: z.array(z.bigint()).default(Object.freeze([1n]) as never),
    });
    const value = Object.freeze(schema.parse({ at: new Date(0) }));
    expect(received(schema, value)).toStrictEqual({ at: new Date(0), ids: [1n] });
    expect(value.ids).toEqual([1n]);
  });

  it("refuses a circle in what the schema leaves open", () => {
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    expect(() => compileEncoder(z.object({ any: z.unknown() }))({ any: circle })).toThrow(
      new TypeError("Cannot encode a reference in a circle at self"),
    );
    expect(() => compileEncoder(undefined)({ circle })).toThrow(TypeError);
  });

  it("takes the schemas of zod/mini, of other vendors, and none", () => {
    const value = { at: new Date(0), n: 1n };
    expect(received(mini.object({ at: mini.date(), n: mini.bigint() }), value)).toStrictEqual(
      value,
    );
    expect(received(v.object({ at: v.date(), n: v.bigint() }), value)).toStrictEqual(value);
    expect(received(undefined, value)).toStrictEqual(value);
    expect(received(z.void(), undefined)).toBeUndefined();
    expect(compileEncoder(undefined)(undefined)).toBe(SuperJSON.stringify(undefined));
    expect(compileEncoder(undefined)(() => {})).toBe('{"json":null}');
  });
});

describe("compileTrackedEncoder", () => {
  it("wraps the data of an event with its id", () => {
    const data = { id: "i1", at: new Date(0), closed: null };
    expect(compileTrackedEncoder(Incident)("42", data)).toBe(
      SuperJSON.stringify({ id: "42", data }),
    );
    expect(compileTrackedEncoder(z.string())('"', "x")).toBe(
      SuperJSON.stringify({ id: '"', data: "x" }),
    );
    expect(compileTrackedEncoder(z.date())("1", new Date(0))).toBe(
      SuperJSON.stringify({ id: "1", data: new Date(0) }),
    );
    expect(compileTrackedEncoder(undefined)("1", undefined)).toBe(
      SuperJSON.stringify({ id: "1", data: undefined }),
    );
  });
});

describe("compileDecoder", () => {
  const decode = compileDecoder(Incident);

  it("restores what was annotated, whatever the schema expects", () => {
    expect(decode(SuperJSON.serialize({ at: new Date(0), n: 1n }))).toEqual({
      at: new Date(0),
      n: 1n,
    });
    expect(decode({ json: { at: "text" } })).toEqual({ at: "text" });
    expect(decode(undefined)).toBeUndefined();
  });

  it("keeps the policy for strangers", () => {
    expect(() => decode(SuperJSON.serialize(/a/))).toThrow('Cannot accept the annotation "regexp"');
    const lenient = compileDecoder(Incident, { allowAnnotations: ["regexp"] });
    expect(lenient(SuperJSON.serialize(/a/))).toEqual(/a/);
  });
});
