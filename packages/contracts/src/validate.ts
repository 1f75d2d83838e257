/**
 * Validation by any Standard Schema, without a promise where the schema needs none.
 *
 * zod's own `validate` finds out by trying: it runs a schema without promises, and where a check
 * returns one, runs it again. Nobody waits for the promise of the first run; if that rejects (a check
 * that asks a database, say), nobody has handled it, which ends a Node process.
 */
import type { RuntimeSchema, SchemaIssue, SchemaResult } from "./schema.js";
import { isZod, maxSchemaDepth, type ZodSchema } from "./wire/schema-content.js";

/** Validates a value. A promise only where something of the application may have to be waited for. */
export type Validate = (value: unknown) => SchemaResult<unknown> | Promise<SchemaResult<unknown>>;

interface ZodLike {
  safeParseAsync(
    value: unknown,
  ): Promise<
    | { readonly success: true; readonly data: unknown }
    | { readonly success: false; readonly error: { readonly issues: readonly SchemaIssue[] } }
  >;
}

/** The validation of `schema`, every check of which runs once for a value. */
export function compileValidate(schema: RuntimeSchema): Validate {
  const { validate } = schema["~standard"];
  if (!("safeParseAsync" in schema)) return (value) => validate(value);

  const zod = schema as unknown as ZodLike;
  let asks: boolean | undefined;
  return (value) => {
    // When there is a first value: before, what a lazy schema leads to may not exist.
    asks ??= asksApplication(schema);
    return asks ? zod.safeParseAsync(value).then(fromZod) : validate(value);
  };
}

function fromZod(result: Awaited<ReturnType<ZodLike["safeParseAsync"]>>): SchemaResult<unknown> {
  return result.success ? { value: result.data } : { issues: result.error.issues };
}

// Whatever is not in these may call a function of the application, and that may return a promise.
const ownTypes = new Set(
  (
    "string number bigint boolean date nan null undefined void never any unknown symbol literal enum " +
    "template_literal file success object array tuple record map set union intersection optional " +
    "nullable nonoptional default prefault catch readonly lazy pipe"
  ).split(" "),
);
const ownChecks = new Set(
  (
    "less_than greater_than multiple_of number_format bigint_format string_format mime_type overwrite " +
    "max_size min_size size_equals max_length min_length length_equals"
  ).split(" "),
);

/** Whether a schema of zod has checks or transforms that the application wrote. */
function asksApplication(schema: unknown): boolean {
  const seen = new Set<unknown>();

  function asks(inner: ZodSchema | null | undefined, depth: number): boolean {
    if (inner === null || inner === undefined || seen.has(inner)) return false;
    if (!isZod(inner) || depth > maxSchemaDepth) return true; // zod 3, or one that has no end
    seen.add(inner);
    const { def, innerType } = inner._zod;
    if (!ownTypes.has(def.type) || "transform" in def) return true; // a codec is a pipe that has it
    if (def.checks?.some(({ _zod }) => !ownChecks.has(_zod.def.check))) return true;
    if (def.type === "lazy") return innerType === undefined || asks(innerType, depth + 1);
    const parts = [
      ...[def.element, def.rest, def.catchall, def.keyType, def.valueType],
      ...[def.left, def.right, def.in, def.out, def.innerType],
      ...Object.values(def.shape ?? {}),
      ...(def.items ?? []),
      ...(def.options ?? []),
    ];
    return parts.some((part) => asks(part, depth + 1));
  }

  try {
    return asks(schema as ZodSchema, 0);
  } catch {
    return true; // a getter of a lazy schema or of a shape threw: it is as good as unknown
  }
}
