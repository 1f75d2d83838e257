/**
 * Writers: one closure per place of a schema in which JSON falls short. Each returns the JSON
 * for its value, the very same object when nothing has to change, and notes what the other end
 * has to restore. Places that JSON can say have no writer and cost nothing.
 *
 * Every writer checks what it was given and leaves surprises to the generic walk: defaults and
 * caught values never went through the schema.
 */
import { isoText } from "./value-date.js";
import { type AnnotationTree, encodeValue } from "./value-encode.js";
import { escapeKey, isForbiddenKey } from "./value-path.js";

/** Annotations found so far, as JSON text: of the root itself, or by path. */
export interface Notes {
  root: string | undefined;
  byPath: string;
}

/**
 * Writes the value at `prefix` + `key`, both ready for JSON text; the key of the root is
 * undefined. In two parts, since most values need no path and joining takes time.
 */
export type Writer = (value: unknown, prefix: string, key: Key, notes: Notes) => unknown;
type Key = string | number | undefined;

type Fields = Record<string, unknown>;

function note(notes: Notes, prefix: string, key: Key, tree: string) {
  if (key === undefined) notes.root = tree;
  else if (notes.byPath === "") notes.byPath = `"${prefix}${key}":${tree}`;
  else notes.byPath += `,"${prefix}${key}":${tree}`;
}

const inside = (prefix: string, key: Key) => (key === undefined ? "" : `${prefix}${key}.`);

const simpleKey = /^[\w$-]*$/;

/** A key as it stands in the text of a path. */
export function keyText(key: string): string {
  return simpleKey.test(key) ? key : JSON.stringify(escapeKey(key)).slice(1, -1);
}

/** Takes over what another encoder has said about the value at `prefix` + `key`. */
export function adopt(
  encoded: { readonly json: unknown; readonly meta?: { readonly values?: unknown } | undefined },
  prefix: string,
  key: Key,
  notes: Notes,
): unknown {
  const values = encoded.meta?.values as AnnotationTree | undefined;
  if (Array.isArray(values)) {
    note(notes, prefix, key, annotationText(values));
  } else if (values !== undefined) {
    const within = inside(prefix, key);
    for (const [path, tree] of Object.entries(values)) {
      note(notes, within, JSON.stringify(path).slice(1, -1), annotationText(tree));
    }
  }
  return encoded.json;
}

// Superjson writes the name of the class, and could not read this one: it is a Uint8Array everywhere
// but in Node. A key that looks like it would have its quotation marks escaped.
const annotationText = (tree: unknown) =>
  JSON.stringify(tree).replaceAll('["typed-array","Buffer"]', '["typed-array","Uint8Array"]');

/** Anything but what an application has taught its superjson, by the generic walk. */
export const writeKnown: Writer = (value, prefix, key, notes) =>
  adopt(encodeValue(value), prefix, key, notes);

/** A number, which needs a note only if it is NaN, -0 or infinite. */
export const writeNumber: Writer = (value, prefix, key, notes) =>
  Number.isFinite(value) && !Object.is(value, -0) ? value : writeKnown(value, prefix, key, notes);

/** A Date. */
export const writeDate: Writer = (value, prefix, key, notes) => {
  if (!(value instanceof Date)) return writeKnown(value, prefix, key, notes);
  note(notes, prefix, key, '["Date"]');
  return isoText(value);
};

/** A bigint, as its decimal digits. */
export const writeBigint: Writer = (value, prefix, key, notes) => {
  if (typeof value !== "bigint") return writeKnown(value, prefix, key, notes);
  note(notes, prefix, key, '["bigint"]');
  return String(value);
};

/** For places that may be empty: undefined is noted, null is JSON. */
export function writeUnlessEmpty(write: Writer | undefined): Writer {
  return (value, prefix, key, notes) => {
    if (value === undefined) {
      note(notes, prefix, key, '["undefined"]');
      return null;
    }
    return value === null || write === undefined ? value : write(value, prefix, key, notes);
  };
}

/** The fields that have a writer, and one for the keys that the schema does not name. */
export function writeObject(
  named: ReadonlyMap<string, Writer | undefined>,
  others: Writer | undefined,
): Writer {
  const fields = [...named].flatMap(([name, write]) =>
    write === undefined || name === "__proto__" // zod leaves that one out of what it yields
      ? []
      : [{ name, text: keyText(name), inherited: name in {}, write: guarded(name, write) }],
  );
  return (value, prefix, key, notes) => {
    if (!isObject(value)) return writeKnown(value, prefix, key, notes);
    const within = inside(prefix, key);
    let copy: Fields | undefined;
    for (const { name, text, inherited, write } of fields) {
      const field = value[name];
      // A missing key stays missing; a key that holds undefined arrives as one.
      if ((field === undefined || inherited) && !Object.hasOwn(value, name)) continue;
      const json = write(field, within, text, notes);
      if (json === field) continue;
      copy ??= { ...value };
      copy[name] = json;
    }
    if (others === undefined) return copy ?? value;
    for (const name of Object.keys(value)) {
      if (named.has(name)) continue;
      const json = guarded(name, others)(value[name], within, keyText(name), notes);
      if (json === value[name]) continue;
      copy ??= { ...value };
      copy[name] = json;
    }
    return copy ?? value;
  };
}

/** Receivers refuse paths through these keys, so a value that needs one can not be sent. */
function guarded(name: string, write: Writer): Writer {
  if (!isForbiddenKey(name)) return write;
  return (value, prefix, key, notes) => {
    const before = notes.byPath;
    const json = write(value, prefix, key, notes);
    if (notes.byPath === before) return json;
    throw new TypeError(`Cannot encode what needs an annotation at ${prefix}${key}`);
  };
}

/** Items by position, then the rest. */
export function writeArray(items: readonly (Writer | undefined)[], rest?: Writer): Writer {
  return (value, prefix, key, notes) => {
    if (!Array.isArray(value)) return writeKnown(value, prefix, key, notes);
    const within = inside(prefix, key);
    let copy: unknown[] | undefined;
    for (let i = 0; i < value.length; i++) {
      const write = i < items.length ? items[i] : rest;
      if (write === undefined) continue;
      const json = write(value[i], within, i, notes);
      if (json === value[i]) continue;
      copy ??= value.slice();
      copy[i] = json;
    }
    return copy ?? value;
  };
}

/** A Map: an array of entries, whose annotations are relative to it. */
export function writeMap(keys: Writer | undefined, values: Writer | undefined): Writer {
  const entry = keys || values ? writeArray([keys, values]) : undefined;
  return (value, prefix, key, notes) =>
    value instanceof Map
      ? writeTyped("map", [...value], entry, prefix, key, notes)
      : writeKnown(value, prefix, key, notes);
}

/** A Set: an array of its members. */
export function writeSet(member: Writer | undefined): Writer {
  return (value, prefix, key, notes) =>
    value instanceof Set
      ? writeTyped("set", [...value], member, prefix, key, notes)
      : writeKnown(value, prefix, key, notes);
}

function writeTyped(
  type: "map" | "set",
  items: unknown[],
  write: Writer | undefined,
  prefix: string,
  key: Key,
  notes: Notes,
): unknown[] {
  let tree = `["${type}"]`;
  if (write !== undefined) {
    const { byPath } = notes;
    notes.byPath = "";
    for (let i = 0; i < items.length; i++) items[i] = write(items[i], "", i, notes);
    if (notes.byPath !== "") tree = `["${type}",{${notes.byPath}}]`;
    notes.byPath = byPath;
  }
  note(notes, prefix, key, tree);
  return items;
}

/** The branch whose tag the value carries. */
export function writeTagged(
  tag: string,
  branches: ReadonlyMap<unknown, Writer | undefined>,
  otherwise: Writer,
): Writer {
  return (value, prefix, key, notes) => {
    if (!isObject(value)) return otherwise(value, prefix, key, notes);
    const found = value[tag];
    const write = branches.get(found);
    if (write !== undefined) return write(value, prefix, key, notes);
    return branches.has(found) ? value : otherwise(value, prefix, key, notes);
  };
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
