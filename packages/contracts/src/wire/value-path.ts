/**
 * Paths of annotations: `items.0.at` leads from a value to what has to be restored inside it.
 * The form is superjson's, so that either end may be the stock library.
 */
import { quote, refuse } from "./value-error.js";

/** One key of a path. Dots separate keys, so a dot inside a key is escaped. */
export function escapeKey(key: string | number): string {
  const text = String(key);
  return text.includes(".") || text.includes("\\") ? text.replace(/[\\.]/g, "\\$&") : text;
}

/**
 * Keys no path may hold: what they reach is shared by every object of the process. superjson
 * refuses them at both ends, so neither may we write them.
 */
export function isForbiddenKey(key: unknown): boolean {
  return key === "__proto__" || key === "constructor" || key === "prototype";
}

/** How far a path has been read: where the next key starts. Beyond its length: to the end. */
export interface PathCursor {
  at: number;
}

/**
 * Reads the next key of a path and moves the cursor behind it. Key by key, because most paths are
 * short, and an array of keys for each costs more than following it.
 *
 * @param legacy - superjson before 2.2.3 sent no `v` and left backslashes before anything but a
 * dot as they were.
 * @throws ValueCodecError on a bad escape and on keys that reach a prototype.
 */
export function nextKey(path: string, cursor: PathCursor, legacy: boolean): string {
  const dot = path.indexOf(".", cursor.at);
  const end = dot < 0 ? path.length : dot;
  let key = path.slice(cursor.at, end);
  cursor.at = key.includes("\\") ? cursor.at : end + 1;
  if (cursor.at <= end) key = escapedKey(path, cursor, legacy);
  if (isForbiddenKey(key)) refuse(`the path ${quote(path)}: it leads to a prototype`);
  return key;
}

function escapedKey(path: string, cursor: PathCursor, legacy: boolean): string {
  let key = "";
  let i = cursor.at;
  for (; i < path.length && path[i] !== "."; i++) {
    if (path[i] === "\\") {
      const next = path[i + 1];
      if (next === "." || (next === "\\" && !legacy)) i++;
      else if (!legacy) refuse(`the path ${quote(path)}: its escape is broken`);
    }
    key += path[i];
  }
  cursor.at = i + 1;
  return key;
}
