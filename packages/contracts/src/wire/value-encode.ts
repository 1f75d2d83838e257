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
  const root: Tree = [];
  const json = encode(value, { owner: root, key: undefined, tree: root, up: undefined });
  const values = root[1];
  return { json, meta: values && { values, v: 1 } };
}

/** An annotation in the making; that of the root is nothing but what is inside. */
type Tree = [annotation?: Annotation, inside?: AnnotationTree];

/** What the walk is in, and where: one for each object, not for each value. */
interface Place {
  /** What is walked through. */
  readonly owner: object;
  /** Of the value in hand. */
  key: string | number | undefined;
  /** Where annotations go. Paths start at the outermost place that has it: in a Map or Set, at that. */
  readonly tree: Tree;
  readonly up: Place | undefined;
}

function encode(value: unknown, at: Place): unknown {
  switch (typeof value) {
    case "number":
      // JSON has no NaN and no infinities, and JSON.stringify writes -0 as 0.
      if (Object.is(value, -0)) return annotate(["number"], "-0", at);
      return Number.isFinite(value) ? value : annotate(["number"], String(value), at);
    case "undefined":
      return annotate(["undefined"], null, at);
    case "bigint":
      return annotate(["bigint"], String(value), at);
    case "object":
      return value && encodeObject(value, at);
    case "function":
    case "symbol":
      return refuse(`a ${typeof value}`, at);
    default:
      return value;
  }
}

function encodeObject(value: any, at: Place): unknown {
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== Array.prototype) {
    // Any text that is no date will do for one that is invalid; this is the one people know.
    if (value instanceof Date) return annotate(["Date"], value.toJSON() ?? "Invalid Date", at);
    if (value instanceof URL) return annotate(["URL"], value.href, at);
    if (value instanceof RegExp) return annotate(["regexp"], String(value), at);
    if (value instanceof Map) return encodeInner("map", value, [...value], at);
    if (value instanceof Set) return encodeInner("set", value, [...value], at);
    if (value instanceof Error) return encodeInner("Error", value, errorFields(value), at);
    if (ArrayBuffer.isView(value)) {
      const name = (value as Uint8Array)[Symbol.toStringTag];
      if (!typedArrayName.test(name)) refuse(`a ${name}`, at);
      return encodeInner(["typed-array", name], value, [...(value as Uint8Array)], at);
    }
  }
  return encodeInside(value, value, at, at.tree);
}

/** Encodes what stands for `owner`; the annotations inside are relative to it. */
function encodeInner(annotation: Annotation, owner: object, content: object, at: Place): unknown {
  const tree: Tree = [annotation];
  const json = encodeInside(owner, content, at, tree);
  return annotate(tree as [Annotation], json, at);
}

/** Encodes what is in an object or a list. */
function encodeInside(owner: object, content: any, up: Place, tree: Tree): unknown {
  for (let place: Place | undefined = up; place; place = place.up) {
    if (place.owner === owner) refuse("a reference in a circle", up);
  }
  const at: Place = { owner, key: undefined, tree, up };
  if (typeof content.toJSON === "function") return encode(content.toJSON(up.key), at);
  const isList = Array.isArray(content);
  const names = isList ? content : Object.keys(content);
  if (names.length === 0 && !isList && isInstance(content)) {
    // Nearly always a forgotten `await`.
    refuse(`an empty ${content.constructor?.name ?? "object"}`, up);
  }
  let json = content;
  for (let i = 0; i < names.length; i++) {
    const key = isList ? i : names[i];
    // An assignment would set a prototype, at most receivers, too.
    if (key === "__proto__") refuse("the key `__proto__`", up);
    const value = content[key];
    if (typeof value === "string") continue; // the most frequent, and always JSON
    at.key = key;
    const encoded = encode(value, at);
    if (encoded === value) continue;
    if (json === content) json = isList ? [...content] : { ...content };
    json[key] = encoded;
  }
  return json;
}

function annotate(tree: AnnotationTree, json: unknown, at: Place): unknown {
  const path = pathTo(at, at.tree);
  let [, inside = {}] = at.tree;
  // Without a path it is the whole value.
  if (path === undefined) inside = tree;
  else (inside as Record<string, AnnotationTree>)[path] = tree;
  at.tree[1] = inside;
  return json;
}

function refuse(what: string, at: Place): never {
  throw new TypeError(`Cannot encode ${what} at ${pathTo(at) ?? "the root"}`);
}

/** The path of the value in hand, from the root or from where those of `tree` start. */
function pathTo(at: Place, tree?: Tree): string | undefined {
  let path: string | undefined;
  for (let place: Place | undefined = at; place; place = place.up) {
    const { key } = place;
    if (tree && place.tree !== tree) break;
    if (key === undefined) continue;
    if (tree && isForbiddenKey(key)) refuse("what needs an annotation", at);
    path = path === undefined ? escapeKey(key) : `${escapeKey(key)}.${path}`;
  }
  return path;
}

/** The JSON text of what {@link encodeValue} returns. */
export function stringifyValue(value: unknown): string {
  return JSON.stringify(encodeValue(value));
}

/** The typed arrays superjson knows; those of bigints are not among them. */
export const typedArrayName = /^(U?[Ii]nt(8|8Clamped|16|32)|Float(32|64))Array$/;

// The stack stays here: it tells strangers about our files.
function errorFields(error: Error): object {
  const { name, message, cause } = error;
  return { name, message, ...("cause" in error && { cause }) };
}

// Asks for the prototype's prototype, not for Object: an object may come from another frame.
function isInstance(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype !== null && Object.getPrototypeOf(prototype) !== null;
}

// Node and browsers have it; no library of types that all of them share does.
declare const URL: new (text: string) => { readonly href: string };
