/**
 * Validation by any Standard Schema, without an await where the schema needs none.
 */
import { isSchema, type SchemaIssue, type SchemaResult } from "@tautline/contracts";

/** Validates a value. A promise only when the schema has asynchronous parts. */
export type Parse = (value: unknown) => SchemaResult<unknown> | Promise<SchemaResult<unknown>>;

interface ZodLike {
  safeParseAsync(
    value: unknown,
  ): Promise<
    | { readonly success: true; readonly data: unknown }
    | { readonly success: false; readonly error: { readonly issues: readonly SchemaIssue[] } }
  >;
}

/**
 * The validation of `schema`; `undefined` accepts anything and yields `undefined`, as a procedure
 * without input does.
 */
export function compileParse(schema: unknown): Parse {
  if (!isSchema(schema)) return () => ({ value: undefined });
  const { validate } = schema["~standard"];
  if (!("safeParseAsync" in schema)) return (value) => validate(value);

  // zod's `validate` tries without promises first, on every call. One promise shows that it
  // never will do, so from then on it is asked for promises at once and nothing runs twice.
  const zod = schema as unknown as ZodLike;
  let isAsync = false;
  return (value) => {
    if (isAsync) return zod.safeParseAsync(value).then(fromZod);
    const result = validate(value);
    isAsync = result instanceof Promise;
    return result;
  };
}

function fromZod(result: Awaited<ReturnType<ZodLike["safeParseAsync"]>>): SchemaResult<unknown> {
  return result.success ? { value: result.data } : { issues: result.error.issues };
}

// More than any form shows. A list of a hundred thousand wrong values must not be answered with as
// many sentences.
const maxIssues = 100;

/** Issues as they travel: the first hundred, with paths of names and indexes only. */
export function toPlainIssues(issues: readonly SchemaIssue[]) {
  return issues.slice(0, maxIssues).map(({ message, path = [] }) => ({
    message,
    path: path.map((step) => {
      const key = typeof step === "object" ? step.key : step;
      return typeof key === "symbol" ? String(key) : key;
    }),
  }));
}
