/**
 * The least a schema must be: Standard Schema v1, which zod, valibot and arktype implement.
 *
 * Contracts constrain to this interface and infer from it. Constraining to `z.ZodType`
 * would make the compiler compare whole class hierarchies: five times the types.
 * https://standardschema.dev
 */

/** A Standard Schema, seen only as far as inference needs. */
export interface Schema<Input = any, Output = any> {
  readonly "~standard": {
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

/** What a schema accepts. */
export type SchemaInput<S> = S extends {
  readonly "~standard": { readonly types?: infer Types };
}
  ? NonNullable<Types> extends { readonly input: infer Input }
    ? Input
    : never
  : never;

/** What a schema yields once it has parsed. */
export type SchemaOutput<S> = S extends {
  readonly "~standard": { readonly types?: infer Types };
}
  ? NonNullable<Types> extends { readonly output: infer Output }
    ? Output
    : never
  : never;

/** One reason why a value was refused. */
export interface SchemaIssue {
  readonly message: string;
  readonly path?: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined;
}

/** The outcome of validation: a value, or the issues that refuse it. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** The run-time half of a Standard Schema. */
export interface RuntimeSchema {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<unknown> | Promise<SchemaResult<unknown>>;
    /** Standard JSON Schema, where the library offers it. */
    readonly jsonSchema?: {
      readonly input: (options: JsonSchemaOptions) => Record<string, unknown>;
      readonly output: (options: JsonSchemaOptions) => Record<string, unknown>;
    };
  };
}

interface JsonSchemaOptions {
  readonly target: string;
  readonly libraryOptions?: Record<string, unknown>;
}

/** Whether `value` can validate: an object or function with a Standard Schema inside. */
export function isSchema(value: unknown): value is RuntimeSchema {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return false;
  const standard = (value as Partial<RuntimeSchema>)["~standard"];
  return typeof standard?.validate === "function";
}
