/** Finds files: the repository's by name, or all that a folder holds. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "./run.mjs";

const notOurs = new Set(["node_modules", "dist", ".turbo", ".git"]);

/**
 * Paths under `folder`, relative to the repository and sorted, whose file name matches `pattern`;
 * nothing that was installed or built. None when the folder does not exist.
 *
 * @param {string} folder Relative to the repository.
 * @param {RegExp} pattern
 * @returns {string[]}
 */
export function filesIn(folder, pattern) {
  const path = join(root, folder);
  if (!existsSync(path)) return [];
  const entries = readdirSync(path, { withFileTypes: true });
  return entries
    .flatMap((entry) => {
      const child = folder === "." ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) return notOurs.has(entry.name) ? [] : filesIn(child, pattern);
      return pattern.test(entry.name) ? [child] : [];
    })
    .sort();
}

/**
 * Absolute paths of every file under the absolute path `folder`, sorted.
 *
 * @param {string} folder
 * @returns {string[]}
 */
export function allFilesIn(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
