/**
 * Encoding without a schema: one walk that finds what JSON can not say. For a client that holds
 * the contract only as a type, and for the places where a server's schema leaves the type open.
 * The form is superjson's; it is written here anew because superjson is larger than all of this
 * client's codec and takes several times as long. PROTOCOL.md §1.1
 */
import { escapeKey, isForbiddenKey } from "./value-path.js";

/** What has to be restored: `"Date"`, or a family and a member, `["custom", "Decimal"]`. */
export type Annotation = string | readonly [family: string, member: string];

/** Annotations of a value: of itself, then of what is inside it, by path. */
export type AnnotationTree =
  | readonly [Annotation]
  | readonly [Annotation, AnnotationBranch]
  | AnnotationBranch;

/** Annotations by path, relative to the value that holds them. */
export interface AnnotationBranch {
  readonly [path: string]: AnnotationTree;
}

/** A value on the wire: the nearest JSON, and what to restore in it. PROTOCOL.md §1.1 */
export interface EncodedValue {
  readonly json: unknown;
  readonly meta?: { readonly values: AnnotationTree; readonly v: 1 };
}

interface Walk {
  /** Keys from the root to the value in hand. */
  readonly keys: (string | number)[];
  /** Objects that enclose it, to notice a circle. */
  readonly ancestors: object[];
  /** Where paths start: a Map's or Set's annotations are relative to it. */
  from: number;
  found: AnnotationTree | undefined;
}

/**
 * Says a value in JSON and annotations, as `superjson.serialize` does. Nothing is mutated, and
 * objects in which nothing has to change are not copied.
 *
 * Differs from superjson where that loses something: an invalid Date arrives as one, and Dates
 * inside a class instance arrive as Dates. Class instances arrive as plain objects.
 *
 * @throws TypeError on functions, symbols, circles and objects without anything to send, such as
 * a Promise; the message has the path.
 */
export function encodeValue(value: unknown): EncodedValue {
  const walk: Walk = { keys: [], ancestors: [], from: 0, found: undefined };
  const json = encode(value, walk);
  return walk.found === undefined ? { json } : { json, meta: { values: walk.found, v: 1 } };
}

/** The JSON text of what {@link encodeValue} returns. */
export function stringifyValue(value: unknown): string {
  return JSON.stringify(encodeValue(value));
}

function encode(value: unknown, walk: Walk): unknown {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      // JSON has no NaN and no infinities, and JSON.stringify writes -0 as 0.
      if (Number.isFinite(value) && !Object.is(value, -0)) return value;
      return annotate(walk, ["number"], Object.is(value, -0) ? "-0" : String(value));
    case "undefined":
      return annotate(walk, ["undefined"], null);
    case "bigint":
      return annotate(walk, ["bigint"], String(value));
    case "object":
      return value === null ? null : encodeObject(value, walk);
    default:
      throw refusal(`a ${typeof value}`, walk);
  }
}

function encodeObject(value: object, walk: Walk): unknown {
  if (Array.isArray(value)) return encodeItems(value, value, walk);
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    if (value instanceof Date) {
      // Any text that is no date will do; this is the one people know.
      const text = Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
      return annotate(walk, ["Date"], text);
    }
    if (value instanceof Map) return encodeTyped("map", value, [...value], walk);
    if (value instanceof Set) return encodeTyped("set", value, [...value], walk);
    if (value instanceof URL) return annotate(walk, ["URL"], value.href);
    if (value instanceof RegExp) return annotate(walk, ["regexp"], String(value));
    if (value instanceof Error) return encodeTyped("Error", value, errorFields(value), walk);
    if (ArrayBuffer.isView(value)) {
      const name = (value as Uint8Array)[Symbol.toStringTag];
      if (!typedArrayName.test(name)) throw refusal(`a ${name}`, walk);
      return encodeTyped(["typed-array", name], value, [...(value as Uint8Array)], walk);
    }
  }
  return encodeFields(value, value as Fields, walk);
}

type Fields = Record<string, unknown>;

/** The typed arrays superjson knows; those of bigints are not among them. */
export const typedArrayName = /^(Int(8|16|32)|Uint(8|16|32|8Clamped)|Float(32|64))Array$/;

// The stack stays here: it tells strangers about our files.
function errorFields(error: Error): Fields {
  const { name, message } = error;
  return "cause" in error ? { name, message, cause: error.cause } : { name, message };
}

/** Encodes what stands for `value`; the annotations inside are relative to it. */
function encodeTyped(type: Annotation, value: object, content: object, walk: Walk): unknown {
  const { from, found } = walk;
  walk.from = walk.keys.length;
  walk.found = undefined;
  const json = Array.isArray(content)
    ? encodeItems(value, content, walk)
    : encodeFields(value, content as Fields, walk);
  const inside = walk.found as AnnotationBranch | undefined;
  walk.from = from;
  walk.found = found;
  return annotate(walk, inside === undefined ? [type] : [type, inside], json);
}

function encodeItems(owner: object, items: readonly unknown[], walk: Walk): unknown {
  enter(owner, walk);
  let copy: unknown[] | undefined;
  for (let i = 0; i < items.length; i++) {
    walk.keys.push(i);
    const json = encode(items[i], walk);
    walk.keys.pop();
    if (json === items[i]) continue;
    copy ??= items.slice();
    copy[i] = json;
  }
  walk.ancestors.pop();
  return copy ?? items;
}

function encodeFields(owner: object, fields: Fields, walk: Walk): unknown {
  enter(owner, walk);
  let json: unknown;
  if (typeof fields.toJSON === "function") json = encode(fields.toJSON(walk.keys.at(-1)), walk);
  else json = encodeEntries(fields, walk);
  walk.ancestors.pop();
  return json;
}

function encodeEntries(fields: Fields, walk: Walk): unknown {
  const names = Object.keys(fields);
  if (names.length === 0 && isInstance(fields)) {
    // Nearly always a forgotten `await`.
    throw refusal(`an empty ${fields.constructor?.name ?? "object"}`, walk);
  }
  let copy: Fields | undefined;
  for (const name of names) {
    // An assignment would set a prototype, at most receivers, too.
    if (name === "__proto__") throw refusal("the key `__proto__`", walk);
    const value = fields[name];
    if (typeof value === "string") continue; // the most frequent, and always JSON
    walk.keys.push(name);
    const json = encode(value, walk);
    walk.keys.pop();
    if (json === value) continue;
    copy ??= { ...fields };
    copy[name] = json;
  }
  return copy ?? fields;
}

// Asks for the prototype's prototype, not for Object: an object may come from another frame.
function isInstance(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype !== null && Object.getPrototypeOf(prototype) !== null;
}

function enter(owner: object, walk: Walk) {
  if (walk.ancestors.includes(owner)) throw refusal("a reference in a circle", walk);
  walk.ancestors.push(owner);
}

function annotate(walk: Walk, tree: AnnotationTree, json: unknown): unknown {
  if (walk.keys.length === walk.from) {
    walk.found = tree; // the whole value: a path would have no keys
    return json;
  }
  if (walk.keys.some((key) => isForbiddenKey(key))) {
    throw refusal("what needs an annotation", walk);
  }
  walk.found ??= {};
  (walk.found as Record<string, AnnotationTree>)[pathOf(walk.keys, walk.from)] = tree;
  return json;
}

function refusal(what: string, walk: Walk): TypeError {
  return new TypeError(`Cannot encode ${what} at ${pathOf(walk.keys, 0) || "the root"}`);
}

function pathOf(keys: readonly (string | number)[], from: number): string {
  let path = "";
  for (let i = from; i < keys.length; i++) {
    path += (i === from ? "" : ".") + escapeKey(String(keys[i]));
  }
  return path;
}

// Node and browsers have it; no library of types that all of them share does.
declare const URL: new (text: string) => { readonly href: string };
