/**
 * Decoding: puts back what the annotations say, one walk over them, each path walked once from
 * the value that holds it. superjson walks every path from the root, which makes a small
 * hostile message take seconds. PROTOCOL.md §1.1
 */
import { quote, refuse } from "./value-error.js";
import { nextKey, type PathCursor } from "./value-path.js";
import { restore } from "./value-restore.js";

/**
 * Turns the JSON at `path` into what `annotation` says it was.
 *
 * @throws ValueCodecError when it can not, or must not.
 */
export type Restore = (json: unknown, annotation: unknown, path: string) => unknown;

/** How {@link decodeValue} decodes. */
export interface DecodeOptions {
  /**
   * What to do with an annotation. The default takes everything superjson knows without being
   * taught, and is for the data of servers; for what strangers send there is
   * `restoreForStrangers`.
   * @default restoreValue
   */
  readonly restore?: Restore;
}

/**
 * Reads a value of the wire. `undefined` stands for itself: a request without input.
 *
 * It takes what was just parsed and keeps it: objects in `encoded` are changed, not copied.
 * References are not restored: an object that was shared arrives as copies.
 *
 * @throws ValueCodecError, and nothing else, on anything that is no encoded value.
 */
export function decodeValue(encoded: unknown, options: DecodeOptions = {}): unknown {
  if (encoded === undefined) return undefined;
  if (!isRecord(encoded)) refuse("it: a value is { json, meta }");
  const { json, meta } = encoded;
  if (meta === undefined || meta === null) return json;
  if (!isRecord(meta)) refuse("it: `meta` is an object");

  const legacy = !(typeof meta.v === "number" && meta.v >= 1);
  const circle = findCircle(json, meta.referentialEqualities, legacy);
  if (circle !== undefined) refuse(`a reference in a circle at ${quote(circle)}`);
  const { restore = restoreValue } = options;
  const root = { json };
  restoreTree(root, "json", meta.values, "", { restore, legacy, cursor: { at: 0 }, depth: 0 });
  return root.json;
}

interface Decoding {
  readonly restore: Restore;
  readonly legacy: boolean;
  readonly cursor: PathCursor;
  depth: number;
}

// Annotations nest where Maps and Sets do. Far above what people write, far below the stack.
const maxNesting = 500;

/** Restores what is under `key` of `holder`, from the inside out: a Map is made of entries. */
function restoreTree(holder: Fields, key: string, tree: unknown, path: string, work: Decoding) {
  if (!tree) return;
  const branch = Array.isArray(tree) ? tree[1] : tree;
  if (branch) restoreBranch(holder, key, branch, path, work);
  if (Array.isArray(tree)) holder[key] = work.restore(holder[key], tree[0], path);
}

function restoreBranch(
  parent: Fields,
  key: string,
  branch: unknown,
  at: string,
  work: Decoding,
): void {
  if (!isRecord(branch)) refuse("it: annotations are an object");
  if (++work.depth > maxNesting) refuse(`annotations nested more than ${maxNesting} deep`);
  const { legacy, cursor } = work;
  for (const path of Object.keys(branch)) {
    let holder = parent;
    let step = key;
    for (cursor.at = 0; cursor.at <= path.length; ) {
      const child = holder[step];
      step = nextKey(path, cursor, legacy);
      if (!has(child, step)) refuse(`the path ${quote(path)}: nothing is there`);
      holder = child;
    }
    restoreTree(holder, step, branch[path], at === "" ? path : `${at}.${path}`, work);
  }
  work.depth--;
}

function has(holder: unknown, key: string): holder is Fields {
  if (typeof holder !== "object" || holder === null || !Object.hasOwn(holder, key)) return false;
  return key !== "length" || !Array.isArray(holder);
}

/**
 * superjson repeats a shared object in `json`, so nothing but identity is lost by not looking at
 * the references. Only where an object encloses itself, or where a superjson that dedupes has
 * left out the repetition, there is null: better no value than one with holes.
 *
 * @returns The path of the first such null.
 * @throws ValueCodecError when `references` is not what superjson writes.
 */
export function findCircle(
  json: unknown,
  references: unknown,
  legacy: boolean,
): string | undefined {
  if (!references) return undefined;
  const [ofRoot, rest] = Array.isArray(references) ? references : [[], references];
  for (const paths of [ofRoot, ...Object.values(rest ?? {})]) {
    if (!Array.isArray(paths)) refuse("it: references are lists of paths");
    for (const path of paths) {
      if (typeof path !== "string") refuse("it: a path is a string");
      let target = json;
      const cursor = { at: 0 };
      while (cursor.at <= path.length) {
        const key = nextKey(path, cursor, legacy);
        target = has(target, key) ? target[key] : undefined;
      }
      if (target === null) return path;
    }
  }
  return undefined;
}

/**
 * Restores whatever stock superjson annotates, but for classes, symbols and custom types, which
 * it has to be taught.
 *
 * @throws ValueCodecError on other annotations and on JSON that does not fit its annotation.
 */
export function restoreValue(json: unknown, annotation: unknown, path: string): unknown {
  try {
    return restore(json, annotation);
  } catch {
    return refuse(`${quote(annotationName(annotation))} at ${quote(path)}`);
  }
}

/** `"Date"`, `"custom:Decimal"`; never throws, whatever stands where an annotation should. */
export function annotationName(annotation: unknown): string {
  const parts = Array.isArray(annotation) ? annotation : [annotation];
  return parts.map((part) => (typeof part === "string" ? part : typeof part)).join(":");
}

type Fields = Record<string, unknown>;

function isRecord(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
