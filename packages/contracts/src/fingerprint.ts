/**
 * Fingerprint: tells whether two ends were built from the same contract.
 *
 * It refuses nothing by itself, or every rolling deploy would fail the open tabs. It is asked
 * only when a call has failed in a way that different contracts would explain. PROTOCOL.md §6.3.
 */
import { type Contract, proceduresOf, revisionOf } from "./contract.js";
import type { AnyProcedure } from "./procedure.js";
import { isSchema, type RuntimeSchema } from "./schema.js";

/** What identifies a contract. */
export interface Fingerprint {
  /** Sixteen hexadecimal digits over all procedures. */
  readonly hash: string;
  /** The hash of each procedure by dotted path. */
  readonly procedures: ReadonlyMap<string, string>;
  /** The contract's `revision`, if it has one. */
  readonly revision: number | undefined;
}

/**
 * Computes the fingerprint of a contract from the JSON Schemas of both sides of each procedure.
 *
 * Schemas whose library offers no Standard JSON Schema count as *unknown*: two unknown schemas
 * are taken for equal. Refinements and transforms are code and do not show either.
 *
 * @example
 * ```ts
 * fingerprint(app).hash; // "5b0c1f7e9a33d204"
 * ```
 */
export function fingerprint(definition: Contract): Fingerprint {
  const procedures = new Map<string, string>();
  for (const [path, procedure] of proceduresOf(definition)) {
    procedures.set(path, hash(canonical(describe(procedure))));
  }
  const all = [...procedures].map(([path, digest]) => `${path}=${digest}`).sort();
  return { hash: hash(all.join("\n")), procedures, revision: revisionOf(definition) };
}

function describe({ kind, input, output, errors, tracked }: AnyProcedure) {
  return {
    kind,
    tracked,
    input: jsonSchema(input, "input"),
    output: jsonSchema(output, "output"),
    errors: Object.fromEntries(
      Object.entries(errors).map(([code, schema]) => [code, jsonSchema(schema, "output")]),
    ),
  };
}

function jsonSchema(schema: unknown, side: "input" | "output"): unknown {
  if (!isSchema(schema)) return "none";
  const convert = schema["~standard"].jsonSchema?.[side];
  if (convert === undefined) return "unknown";
  try {
    return convert({
      target: "draft-2020-12",
      libraryOptions: { unrepresentable: "any", override: nameUnrepresentable },
    });
  } catch {
    return "unknown";
  }
}

// JSON Schema has no Date, Map, Set or bigint; without their names all of them would hash alike.
function nameUnrepresentable({
  zodSchema,
  jsonSchema,
}: {
  readonly zodSchema: RuntimeSchema & {
    readonly _zod?: { readonly def: { readonly type: string } };
  };
  readonly jsonSchema: Record<string, unknown>;
}) {
  if (Object.keys(jsonSchema).length === 0) jsonSchema.type = zodSchema._zod?.def.type;
}

/**
 * JSON in which equal schemas look alike: the order in which an object's keys were written means
 * nothing, nor do the words that explain it to a reader.
 */
function canonical(value: unknown): string {
  return JSON.stringify(value, (key, inner: unknown) => {
    if (key === "required" && Array.isArray(inner)) return [...inner].sort();
    // Only as text: a property may well be called "title", and then its schema is an object.
    if ((key === "title" || key === "description") && typeof inner === "string") return undefined;
    return typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner;
  });
}

/**
 * Two lanes of 32-bit FNV-1a with different offset bases. It tells versions of one contract apart;
 * it protects nothing, so it need not be cryptographic, and it runs where `crypto` is not at hand.
 * https://datatracker.ietf.org/doc/html/draft-eastlake-fnv
 */
function hash(text: string): string {
  let low = 0x811c9dc5;
  let high = 0x9747b28c;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    low = Math.imul(low ^ unit, 0x01000193);
    high = Math.imul(high ^ unit, 0x01000193) ^ (low >>> 15);
  }
  return hex(high) + hex(low);
}

const hex = (lane: number) => (lane >>> 0).toString(16).padStart(8, "0");
