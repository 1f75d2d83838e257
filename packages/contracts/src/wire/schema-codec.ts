/**
 * Codecs from schemas: a server knows its schemas when it starts, so it works out then where
 * JSON falls short, and looks nowhere else while it runs. Equal to superjson means: stock
 * `superjson.deserialize` gives an equal value, identity of shared references apart.
 *
 * Closures, no generated code: it runs under a content security policy.
 */
import SuperJSON from "superjson";
import {
  contentOf,
  isZod,
  maxSchemaDepth,
  optionsByTag,
  ownContent,
  withoutOptional,
  type ZodSchema,
} from "./schema-content.js";
import {
  adopt,
  type Notes,
  type Writer,
  writeArray,
  writeBigint,
  writeDate,
  writeKnown,
  writeMap,
  writeNumber,
  writeObject,
  writeSet,
  writeTagged,
  writeUnlessEmpty,
} from "./schema-writer.js";
import { type GuardOptions, guardedRestore, type SuperJson } from "./superjson-guard.js";
import { decodeValue } from "./value-codec.js";
import { findCircle } from "./value-decode.js";

/** What an encoder needs beside its schema. */
export interface EncoderOptions {
  /**
   * The superjson that encodes what the schema leaves open: transforms, custom types, `unknown`
   * and the schemas of other vendors.
   * @default the library's own instance
   */
  readonly superjson?: SuperJson;
}

/**
 * Builds the encoder of an output: from a value that `schema` has parsed to the JSON text of
 * `{ json, meta? }`. Without a schema everything is left to superjson.
 *
 * @example
 * ```ts
 * const encode = compileEncoder(z.object({ at: z.date() }));
 * encode({ at: new Date(0) });
 * // {"json":{"at":"1970-01-01T00:00:00.000Z"},"meta":{"values":{"at":["Date"]},"v":1}}
 * ```
 */
export function compileEncoder(
  schema: unknown,
  options: EncoderOptions = {},
): (value: unknown) => string {
  const write = compileWriter(schema, options);
  if (write === undefined) return (value) => `{"json":${toJson(value)}}`;
  return (value) => {
    const notes: Notes = { root: undefined, byPath: "" };
    return `{"json":${toJson(write(value, "", undefined, notes))}${metaText(notes)}}`;
  };
}

/**
 * The same for the events of a tracked subscription, which travel as `{ id, data }` in one
 * value. PROTOCOL.md §5.1
 */
export function compileTrackedEncoder(
  schema: unknown,
  options: EncoderOptions = {},
): (id: string, data: unknown) => string {
  const write = compileWriter(schema, options);
  return (id, data) => {
    const notes: Notes = { root: undefined, byPath: "" };
    const json = write === undefined ? data : write(data, "", "data", notes);
    return `{"json":{"id":${toJson(id)},"data":${toJson(json)}}${metaText(notes)}}`;
  };
}

/**
 * Builds the decoder of an input that a stranger sent, before it is validated. It restores under
 * the strict policy, and in place.
 *
 * The schema plays no part: what has to be restored stands in the message, and most of the time
 * is spent by the parser and `new Date`, which a schema could not spare (bench/decode-cost.ts).
 * It is taken so that callers need not change when that does.
 */
export function compileDecoder(
  _schema?: unknown,
  options: GuardOptions = {},
): (encoded: unknown) => unknown {
  const decoding = { restore: guardedRestore(options) };
  return (encoded) => decodeValue(encoded, decoding);
}

// A function or a symbol, which only a value without a schema can be, has no JSON.
const toJson = (json: unknown): string => JSON.stringify(json) ?? "null";

function metaText({ root, byPath }: Notes): string {
  if (root === undefined && byPath === "") return "";
  return `,"meta":{"values":${root ?? `{${byPath}}`},"v":1}`;
}

function compileWriter(schema: unknown, options: EncoderOptions): Writer | undefined {
  const { superjson = SuperJSON } = options;
  const writers = new Map<ZodSchema, Writer | undefined>();

  const writeOpen: Writer = (value, prefix, key, notes) => {
    const encoded = superjson.serialize(value);
    const references = encoded.meta?.referentialEqualities;
    if (references !== undefined) {
      const path = findCircle(encoded.json, references, false);
      if (path !== undefined) {
        throw new TypeError(`Cannot encode a reference in a circle at ${path}`);
      }
    }
    return adopt(encoded, prefix, key, notes);
  };

  function writerOf(inner: ZodSchema | null | undefined, depth: number): Writer | undefined {
    if (inner === null || inner === undefined) return undefined;
    if (writers.has(inner)) return writers.get(inner);
    const content = contentOf(inner);
    if (content === "json") return undefined;
    // Taken, while it is being built, by the places inside that lead back to it.
    let write: Writer = writeOpen;
    writers.set(inner, (value, prefix, key, notes) => write(value, prefix, key, notes));
    const otherwise = content === "open" ? writeOpen : writeKnown;
    try {
      write =
        (depth > maxSchemaDepth ? undefined : build(inner, depth + 1, otherwise)) ?? otherwise;
    } catch {
      // A getter of a lazy schema or of a shape threw: it is left to superjson.
    }
    writers.set(inner, write);
    return write;
  }

  function build(schema: ZodSchema, depth: number, otherwise: Writer): Writer | undefined {
    const { def, innerType } = schema._zod;
    if (ownContent(def) === "open") return writeOpen;
    const of = (inner: ZodSchema | null | undefined) => writerOf(inner, depth);
    switch (def.type) {
      case "number":
      case "nan":
        return writeNumber;
      case "date":
        return writeDate;
      case "bigint":
        return writeBigint;
      case "object":
        return writeObject(mapValues(Object.entries(def.shape!), of), of(def.catchall));
      case "record":
        return writeObject(new Map(), of(def.valueType));
      case "array":
        return writeArray([], of(def.element));
      case "tuple":
        return writeArray(def.items!.map(of), of(def.rest));
      case "map":
        return writeMap(of(def.keyType), of(def.valueType));
      case "set":
        return writeSet(of(def.valueType));
      case "optional":
      case "nullable":
        return writeUnlessEmpty(of(def.innerType));
      case "nonoptional":
        return of(withoutOptional(def));
      case "default":
      case "prefault":
      case "catch":
      case "readonly":
        return of(def.innerType);
      case "pipe":
        return of(def.out);
      case "lazy":
        return of(innerType);
      case "union": {
        const options = optionsByTag(def);
        if (options === undefined) return undefined;
        return writeTagged(def.discriminator!, mapValues(options, of), otherwise);
      }
      default:
        return undefined; // intersections, plain unions, literals: by the value
    }
  }

  return isZod(schema) ? writerOf(schema, 0) : writeOpen;
}

function mapValues<Key, From, To>(entries: Iterable<readonly [Key, From]>, to: (from: From) => To) {
  return new Map([...entries].map(([key, from]) => [key, to(from)]));
}
