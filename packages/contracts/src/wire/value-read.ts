/**
 * Reading what one's own server sent. A page loads every byte of this, and its server is trusted
 * to write annotations as superjson does: what it got wrong ends in some error, and reaches
 * nothing that it does not hold. `value-decode.ts` reads strangers, and tells them why not.
 * PROTOCOL.md §1.1
 */
import { restore } from "./value-restore.js";

/**
 * Reads a value of the wire. `undefined` stands for itself: a result without data.
 *
 * It takes what was just parsed and keeps it: objects in `encoded` are changed, not copied.
 * References are not restored: an object that was shared arrives as copies.
 *
 * @throws Error of any kind, on anything that is no encoded value.
 */
export function readValue(encoded: any): unknown {
  if (encoded === undefined) return undefined;
  const { json, meta } = encoded;
  if (json === undefined) throw new TypeError("Not { json, meta }");
  if (!meta) return json;
  // superjson repeats a shared object in `json`. Only where an object encloses itself, or where it
  // was told to dedupe, there is null instead: better no value than one with holes.
  const references = meta.referentialEqualities;
  for (const path of references ? textsIn(references) : []) {
    if (keysOf(path).reduce(at, json) === null) {
      throw new TypeError(`A reference in a circle is at ${path}`);
    }
  }
  const root = { json };
  restoreTree(root, "json", meta.values);
  return root.json;
}

/** Restores what is under `key` of `holder`, from the inside out: a Map is made of entries. */
function restoreTree(holder: any, key: string, tree: any) {
  const branch = Array.isArray(tree) ? tree[1] : tree;
  for (const path in branch) {
    let last = path;
    let inner = holder[key];
    if (path.includes(".") || path.includes("\\")) {
      const keys = keysOf(path);
      last = keys.pop()!;
      inner = keys.reduce(at, inner);
    }
    at(inner, last);
    restoreTree(inner, last, branch[path]);
  }
  if (branch !== tree) holder[key] = restore(holder[key], tree[0]);
}

// What is inherited is shared by every object of the process.
function at(holder: any, key: string) {
  if (!Object.hasOwn(holder, key)) throw new TypeError(`Nothing is at ${key}`);
  return holder[key];
}

// Dots separate keys, so a dot inside a key is escaped, and so is what escapes it. superjson
// before 2.2.3 left backslashes before anything else as they were, and that is read as well: only
// where two of them follow each other nothing is found.
const pathToken = /\\[\\.]|./gs;

function keysOf(path: string): string[] {
  if (!path.includes("\\")) return path.split(".");
  const keys = [""];
  for (const text of path.match(pathToken)!) {
    keys.push(text === "." ? "" : keys.pop()! + text.at(-1));
  }
  return keys;
}

/** References are lists of paths, by path or in a list. */
function textsIn(references: object | string): string[] {
  return typeof references === "string" ? [references] : Object.values(references).flatMap(textsIn);
}
