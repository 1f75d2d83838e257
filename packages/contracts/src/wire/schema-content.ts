/**
 * What the values of a schema are made of, as far as encoding cares. Looks at zod's `_zod.def`
 * by its shape and imports nothing: contracts work without zod, and with any vendor's schemas.
 */

/**
 * - `json`: strings, booleans, null and containers of these. `JSON.stringify` says it all.
 * - `known`: what the generic walk can say, numbers among it for the sake of NaN and -0.
 * - `open`: anything at all, such as what a transform returns or a custom check lets pass.
 */
export type Content = "json" | "known" | "open";

/** A zod 4 schema, classic, mini or core, as far as it is looked at here. */
export interface ZodSchema {
  readonly _zod: {
    readonly def: ZodDef;
    /** Of a lazy schema, resolved once by zod. */
    readonly innerType?: ZodSchema;
  };
}

/** The members that the definitions of zod 4 have; each type has some of them. */
export interface ZodDef {
  readonly type: string;
  readonly checks?: readonly { readonly _zod: { readonly def: { readonly check: string } } }[];
  readonly shape?: Readonly<Record<string, ZodSchema>>;
  readonly catchall?: ZodSchema;
  readonly element?: ZodSchema;
  readonly items?: readonly ZodSchema[];
  readonly rest?: ZodSchema | null;
  readonly keyType?: ZodSchema;
  readonly valueType?: ZodSchema;
  readonly mode?: string;
  readonly options?: readonly ZodSchema[];
  readonly discriminator?: string;
  readonly left?: ZodSchema;
  readonly right?: ZodSchema;
  readonly innerType?: ZodSchema;
  readonly in?: ZodSchema;
  readonly out?: ZodSchema;
  readonly values?: readonly unknown[];
  readonly entries?: Readonly<Record<string, unknown>>;
}

/** Whether `schema` is one of zod 4 or later. Version 3 and other vendors are not. */
export function isZod(schema: unknown): schema is ZodSchema {
  return typeof (schema as Partial<ZodSchema> | undefined)?._zod?.def?.type === "string";
}

/** Levels of a schema that are looked at: one whose getter makes a new schema has no end. */
export const maxSchemaDepth = 100;

const known = new WeakMap<ZodSchema, Content>();

/** The content of whatever `schema` yields. Ends on recursive schemas, too. */
export function contentOf(schema: ZodSchema): Content {
  const seen = new Set<ZodSchema>();

  // The most open of what can be reached. A schema met again adds nothing new, so recursion
  // counts as `json`: what else is in the loop decides.
  function reach(inner: ZodSchema | null | undefined, depth: number): Content {
    if (inner === null || inner === undefined || seen.has(inner)) return "json";
    if (!isZod(inner) || depth > maxSchemaDepth) return "open";
    seen.add(inner);
    let content = known.get(inner) ?? ownContent(inner._zod.def);
    if (known.has(inner)) return content;
    for (const child of children(inner)) {
      if (content === "open") return "open";
      content = wider(content, reach(child, depth + 1));
    }
    return content;
  }

  let content: Content = "open";
  try {
    content = reach(schema, 0);
  } catch {
    // A getter of a lazy schema or of a shape threw: it is as good as unknown.
  }
  known.set(schema, content);
  return content;
}

function wider(a: Content, b: Content): Content {
  if (a === "open" || b === "open") return "open";
  return a === "known" || b === "known" ? "known" : "json";
}

/** The content of what the schema itself lets pass, whatever is inside it. */
export function ownContent(def: ZodDef): Content {
  // An overwrite may return what it likes; the built-in ones are of strings and keep them so.
  if (def.type !== "string" && def.checks?.some(({ _zod }) => _zod.def.check === "overwrite")) {
    return "open";
  }
  switch (def.type) {
    case "string":
    case "template_literal":
    case "boolean":
    case "success":
    case "null":
    case "never":
    case "object":
    case "array":
    case "tuple":
    case "union":
    case "intersection":
    case "nullable":
    case "nonoptional":
    case "default":
    case "prefault":
    case "catch":
    case "readonly":
    case "lazy":
    case "pipe":
      return "json";
    case "literal":
    case "enum":
      return valuesOf(def).every(isPlainJson) ? "json" : "known";
    case "record":
      return def.mode === "loose" ? "open" : "json"; // a loose one passes values on unseen
    case "number":
    case "nan":
    case "bigint":
    case "date":
    case "undefined":
    case "void":
    case "optional":
    case "map":
    case "set":
      return "known";
    default:
      return "open"; // any, unknown, custom, transform, symbol, file, promise, function, …
  }
}

/** The values of a literal or an enum. */
export function valuesOf({ values, entries }: ZodDef): readonly unknown[] {
  return values ?? Object.values(entries ?? {});
}

// Not 0: zod finds -0 equal to it. Not undefined and bigint either.
function isPlainJson(value: unknown): boolean {
  if (typeof value === "number") return value !== 0 && Number.isFinite(value);
  return value === null || typeof value === "string" || typeof value === "boolean";
}

/** What a value of `schema` may consist of. Keys of records are strings whatever they parse. */
function children({ _zod: { def, innerType } }: ZodSchema): (ZodSchema | null | undefined)[] {
  switch (def.type) {
    case "lazy":
      // After a getter has thrown, zod says undefined.
      if (innerType === undefined) throw new TypeError("Cannot resolve a lazy schema");
      return [innerType];
    case "pipe":
      return [def.out];
    case "record":
      return [def.valueType];
    case "nonoptional":
      return [withoutOptional(def)];
  }
  return [
    ...Object.values(def.shape ?? {}),
    ...(def.items ?? []),
    ...(def.options ?? []),
    ...[def.catchall, def.element, def.rest, def.keyType, def.valueType],
    ...[def.left, def.right, def.innerType],
  ];
}

/**
 * The options of a discriminated union by the value of their tag, or undefined when a tag can not
 * be read off the schemas, or stands for something else before it is parsed.
 */
export function optionsByTag(union: ZodDef): Map<unknown, ZodSchema> | undefined {
  const { discriminator: tag, options = [] } = union;
  if (tag === undefined) return undefined;
  const byTag = new Map<unknown, ZodSchema>();
  for (const option of options) {
    const { def } = option._zod;
    const field = def.type === "object" ? def.shape?.[tag]?._zod.def : undefined;
    if (field?.type === "literal" || field?.type === "enum") {
      for (const value of valuesOf(field)) byTag.set(value, option);
    } else if (def.type === "union" && def.discriminator === tag) {
      const inner = optionsByTag(def);
      if (inner === undefined) return undefined;
      for (const value of inner.keys()) byTag.set(value, option);
    } else {
      return undefined;
    }
  }
  return byTag;
}

/** What `nonoptional` leaves of an optional schema. */
export function withoutOptional({ innerType }: ZodDef): ZodSchema | undefined {
  return innerType?._zod.def.type === "optional" ? innerType._zod.def.innerType : innerType;
}
