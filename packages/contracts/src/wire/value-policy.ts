/**
 * What a stranger may have restored. An annotation runs code here with data from there, so the
 * list is short, each entry is bounded, and everything takes time in proportion to its bytes.
 * PROTOCOL.md §1.1
 */
import { annotationName, type Restore, restoreValue } from "./value-decode.js";
import { quote, ValueCodecError } from "./value-error.js";

/** What {@link restoreForStrangers} lets through. */
export interface StrangerOptions {
  /**
   * Numbers and bigints that one Set, or one Map as keys, may hold.
   *
   * Engines hash numbers without a secret: whoever knows the function sends numbers that all
   * fall into one bucket, and 600 kB of them take 7 s to insert. With 256 the worst numbers take
   * about as long as the worst of everything else. Strings are hashed with a secret, and an array
   * of numbers has no limit.
   * @default 256
   */
  readonly maxNumericKeys?: number;
  /**
   * Further annotations to accept: `"regexp"`, `"Error"`, `"typed-array"`, or what an
   * application taught its superjson, by name: `"Decimal"`.
   * @default []
   */
  readonly allowAnnotations?: readonly string[];
  /** Restores what an application taught its superjson: classes, symbols, custom types. */
  readonly restoreTaught?: Restore;
}

// 64 digits are more than any database keeps; conversion takes more than linear time.
const bigintText = /^-?\d{1,64}$/;
const numberText = /^(-0|NaN|-?Infinity)$/;
// ISO dates have 24 to 27 characters.
const maxDateLength = 64;
// What servers take in a request line.
const maxUrlLength = 8_192;
// What encoders send is a URL's `href`: ASCII, and a host within the 253 characters of DNS. Names
// in other scripts take the parser quadratic time: 20,000 characters block it for 1.3 s.
const urlText = /^[!-~][ -~]*$/;
const longHost = /^(?:https?|wss?|ftp|file):[\\/]*[^\\/?#]{256}/i;

/** The policy of a server for what clients send; pass it to `decodeValue`. */
export function restoreForStrangers(options: StrangerOptions = {}): Restore {
  const { maxNumericKeys = 256, allowAnnotations = [], restoreTaught = restoreValue } = options;
  const allowed = new Set<unknown>(allowAnnotations);

  return (json, annotation, path) => {
    switch (annotation) {
      case "undefined":
        return undefined;
      case "Date":
        if (isText(json, maxDateLength)) return new Date(json);
        break;
      case "URL":
        if (!isText(json, maxUrlLength) || !urlText.test(json) || longHost.test(json)) break;
        return restoreValue(json, annotation, path);
      case "number":
        if (isText(json, 9) && numberText.test(json)) return Number(json);
        break;
      case "bigint":
        if (isText(json, 65) && bigintText.test(json)) return BigInt(json);
        break;
      case "set":
        if (!Array.isArray(json)) break;
        checkKeys(json, path, maxNumericKeys);
        return new Set(json);
      case "map":
        if (!isEntries(json)) break;
        checkKeys(
          json.map(([key]) => key),
          path,
          maxNumericKeys,
        );
        return new Map(json);
      default: {
        const [family, member] = Array.isArray(annotation) ? annotation : [annotation];
        if (!allowed.has(family) && !allowed.has(member)) {
          const name = quote(annotationName(annotation));
          throw new ValueCodecError(`Cannot accept the annotation ${name} at ${quote(path)}`);
        }
        const restore = taught.has(family) ? restoreTaught : restoreValue;
        return restore(json, annotation, path);
      }
    }
    throw new ValueCodecError(`Cannot decode ${quote(annotation)} at ${quote(path)}`);
  };
}

const taught = new Set<unknown>(["class", "custom", "symbol"]);

function isText(json: unknown, maxLength: number): json is string {
  return typeof json === "string" && json.length <= maxLength;
}

function isEntries(json: unknown): json is [unknown, unknown][] {
  return Array.isArray(json) && json.every((entry) => Array.isArray(entry) && entry.length === 2);
}

function checkKeys(keys: readonly unknown[], path: string, maxNumericKeys: number) {
  if (keys.length <= maxNumericKeys) return;
  let numeric = 0;
  for (const key of keys) if (typeof key === "number" || typeof key === "bigint") numeric++;
  if (numeric <= maxNumericKeys) return;
  throw new ValueCodecError(
    `Cannot accept ${numeric} numbers as keys at ${quote(path)}: maxNumericKeys is ${maxNumericKeys}`,
  );
}
