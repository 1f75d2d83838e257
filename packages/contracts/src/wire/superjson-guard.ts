/**
 * superjson for servers. The stock library must not be run on a stranger's bytes: 469 kB of
 * references block the loop for seconds, 65 bytes allocate half a gigabyte. So what comes in is
 * decoded by our own walk under a strict policy, and superjson sees only single values of the
 * types an application has taught it. What goes out is superjson's own.
 */
import SuperJSON from "superjson";
import { checkJsonValue, holdsProtoKey, protoKeyRefusal } from "./json-guard.js";
import { decodeValue, type EncodedValue, type Restore, ValueCodecError } from "./value-codec.js";
import { quote } from "./value-error.js";
import { restoreForStrangers } from "./value-policy.js";

/** What is used of superjson: an instance of its own, or the library's default one. */
export type SuperJson = Pick<SuperJSON, "serialize" | "deserialize">;

/** What a guard lets through. */
export interface GuardOptions {
  /**
   * Annotations to accept beside Date, bigint, Map, Set, undefined, number specials and URL:
   * what the application registered, by name (`"Decimal"`), or `"regexp"`, `"Error"`,
   * `"typed-array"`.
   * @default []
   */
  readonly allowAnnotations?: readonly string[];
  /**
   * The superjson that custom types are registered with. It must not dedupe.
   * @default the library's own instance
   */
  readonly superjson?: SuperJson;
  /**
   * Numbers and bigints in one Set, or as keys of one Map.
   * @default 256
   */
  readonly maxNumericKeys?: number;
}

/** How {@link guardedSuperjson} guards. */
export interface GuardedSuperjsonOptions extends GuardOptions {
  /**
   * Levels of nesting of a value. A server of ours has checked the frame's text before; this
   * one is for tRPC's other adapters.
   * @default 64
   */
  readonly maxJsonDepth?: number;
  /**
   * Values inside a value.
   * @default 100_000
   */
  readonly maxJsonNodes?: number;
}

/**
 * A transformer for tRPC that speaks superjson and can not be hurt by what it reads. For the
 * side that reads strangers' bytes; a client may keep stock superjson.
 *
 * @throws TypeError when given a superjson that dedupes: what it leaves out is not put back.
 * @example
 * ```ts
 * const t = initTRPC.create({ transformer: guardedSuperjson() });
 * ```
 */
export function guardedSuperjson(options: GuardedSuperjsonOptions = {}) {
  const { superjson = SuperJSON, maxJsonDepth = 64, maxJsonNodes = 100_000 } = options;
  const limits = { maxDepth: maxJsonDepth, maxNodes: maxJsonNodes };
  if ((superjson as { readonly dedupe?: boolean }).dedupe) {
    throw new TypeError("Cannot guard a superjson that dedupes: repeated values would be lost");
  }
  const restore = guardedRestore(options);
  return {
    serialize: (value: unknown) => superjson.serialize(value) as EncodedValue,
    /** @throws ValueCodecError on anything that is no value or is not allowed. */
    deserialize(encoded: unknown): unknown {
      const refusal = checkJsonValue(encoded, limits);
      if (refusal !== undefined) throw new ValueCodecError(refusal);
      if (holdsProtoKey(encoded)) throw new ValueCodecError(protoKeyRefusal);
      return decodeValue(encoded, { restore });
    },
  };
}

/** The strict policy, with superjson behind it for the types it was taught. */
export function guardedRestore(options: GuardOptions = {}): Restore {
  const { superjson = SuperJSON } = options;
  return restoreForStrangers({
    ...options,
    restoreTaught(json, annotation, path) {
      // superjson assigns the fields of a class one by one, and this one would set a prototype.
      if (typeof json === "object" && json !== null && Object.hasOwn(json, "__proto__")) {
        throw new ValueCodecError(`Cannot accept the key __proto__ at ${quote(path)}`);
      }
      try {
        const meta = { values: [annotation], v: 1 } as never;
        return superjson.deserialize({ json: json as never, meta }, { inPlace: true });
      } catch (cause) {
        throw new ValueCodecError(`Cannot decode the annotation at ${quote(path)}`, { cause });
      }
    },
  });
}
