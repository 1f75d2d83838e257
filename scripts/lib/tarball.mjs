/**
 * A package as npm would carry it. What is wrong with a tarball is found by reading it: it looks
 * right in the workspace, where every file is there and `workspace:` means something.
 */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { allFilesIn } from "./files.mjs";
import { root, run } from "./run.mjs";
import { pnpm } from "./workspace.mjs";

/**
 * @typedef {object} Tarball
 * @property {string} name The package's name.
 * @property {string} file The tarball.
 * @property {string} folder Where it was unpacked.
 * @property {Record<string, any>} manifest Its package.json.
 */

/**
 * Packs the package in `folder` and unpacks the tarball beside it.
 *
 * @param {string} folder Relative to the repository.
 * @param {string} destination An empty folder.
 * @returns {Promise<Tarball>}
 * @throws Error when it can not be packed.
 */
export async function pack(folder, destination) {
  const cwd = join(root, folder);
  const packed = await pnpm(["pack", "--pack-destination", destination], { cwd, show: "failure" });
  const file = allFilesIn(destination).find((path) => path.endsWith(".tgz"));
  if (!packed.ok || !file) throw new Error(`Cannot pack ${folder}`);

  const unpacked = join(destination, "unpacked");
  mkdirSync(unpacked);
  const tar = await run("tar", ["-xzf", file, "-C", unpacked], { show: "failure" });
  if (!tar.ok) throw new Error(`Cannot unpack ${file}`);
  const manifest = JSON.parse(readFileSync(join(unpacked, "package/package.json"), "utf8"));
  return { name: manifest.name, file, folder: join(unpacked, "package"), manifest };
}

/**
 * What is wrong with an unpacked package, a sentence each.
 *
 * @param {Pick<Tarball, "folder" | "manifest">} tarball
 * @returns {string[]}
 */
export function problemsOf({ folder, manifest }) {
  const files = allFilesIn(folder).map((path) => relative(folder, path));
  return [
    ...files.filter(isTestOrLeftover).map((path) => `holds ${path}, which is not for its users`),
    ...protocolsLeft(manifest),
    ...targetsOf(manifest)
      .filter((target) => !matchesAny(target, files))
      .map((target) => `points to ${target}, which it does not hold`),
    ...files.filter((path) => path.endsWith(".map")).flatMap((path) => lostSources(folder, path)),
    ...files.filter((path) => path.endsWith(".js")).flatMap((path) => lostMap(folder, path)),
    ...["LICENSE", "package.json"]
      .filter((path) => !files.includes(path))
      .map((path) => `has no ${path}`),
  ];
}

/**
 * The specifiers under which a package can be imported.
 *
 * @param {Record<string, any>} manifest
 * @returns {string[]}
 */
export function entriesOf({ name, exports }) {
  return Object.keys(exports)
    .filter((key) => !key.includes("*") && !key.endsWith(".json"))
    .map((key) => name + key.slice(1));
}

/** @param {string} path */
function isTestOrLeftover(path) {
  return /\.(test|spec|bench)[-.]|(^|\/)(tests?|__tests__|fixtures)\/|\.tsbuildinfo$/.test(path);
}

/** @param {Record<string, any>} manifest */
function protocolsLeft(manifest) {
  const kinds = ["dependencies", "peerDependencies", "optionalDependencies", "devDependencies"];
  return kinds.flatMap((kind) =>
    Object.entries(manifest[kind] ?? {})
      .filter(([, range]) => /^(workspace|catalog|file|link):/.test(range))
      .map(([name, range]) => `asks for ${name} as ${range}, which means nothing outside`),
  );
}

/** @param {Record<string, any>} manifest */
function targetsOf({ exports, imports, main, types, bin }) {
  /** @param {unknown} target @returns {string[]} */
  const strings = (target) => {
    if (typeof target === "string") return [target];
    return target && typeof target === "object" ? Object.values(target).flatMap(strings) : [];
  };
  const inner = strings(imports).filter((target) => target.startsWith(".")); // others are packages
  return [...strings([exports, main, types, bin]), ...inner];
}

/** @param {string} target @param {readonly string[]} files */
function matchesAny(target, files) {
  const path = target.replace(/^\.\//, "");
  const [before, after] = path.split("*");
  if (after === undefined) return files.includes(path);
  return files.some((file) => file.startsWith(before) && file.endsWith(after));
}

/** @param {string} folder @param {string} map */
function lostSources(folder, map) {
  const { sources, sourceRoot = "", sourcesContent } = readJson(join(folder, map));
  return sources
    .filter((/** @type {string} */ source, /** @type {number} */ i) => {
      if (typeof sourcesContent?.[i] === "string") return false;
      return !existsSync(join(folder, dirname(map), sourceRoot, source));
    })
    .map((/** @type {string} */ source) => `has ${map}, which points to ${source}: not there`);
}

/** @param {string} folder @param {string} file */
function lostMap(folder, file) {
  const named = /\/\/# sourceMappingURL=(\S+)\s*$/.exec(readFileSync(join(folder, file), "utf8"));
  if (!named || existsSync(join(folder, dirname(file), named[1]))) return [];
  return [`has ${file}, whose source map is not there`];
}

/** @param {string} path */
function readJson(path) {
  return JSON.parse(readFileSync(path, "utf8"));
}
