/**
 * A project of somebody else's: it lies outside the workspace, npm installs the tarballs into it,
 * and it knows of Tautline what is published.
 */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root, run } from "./run.mjs";
import { entriesOf } from "./tarball.mjs";

/**
 * Makes the project: the sources of `scripts/consumer`, and a package.json that asks for the
 * tarballs and for all their peers.
 *
 * @param {string} folder
 * @param {readonly import("./tarball.mjs").Tarball[]} tarballs
 * @param {number} timeoutMs
 * @param {"tested" | "npm's choice"} versions Those that the workspace is tested with, or whatever npm
 * finds for the peers' ranges, with no override: what a plain `npm install` gives.
 * @returns {Promise<boolean>} Whether npm could install it.
 */
export async function installConsumer(folder, tarballs, timeoutMs, versions) {
  mkdirSync(folder);
  cpSync(join(root, "scripts/consumer"), folder, { recursive: true });

  const tested = workspaceVersions();
  const ours = Object.fromEntries(tarballs.map(({ name, file }) => [name, `file:${file}`]));
  const peers = tarballs.flatMap(({ manifest }) => Object.entries(manifest.peerDependencies ?? {}));
  const theirs = peers
    .filter(([name]) => !(name in ours))
    .map(([name, range]) => [name, versions === "tested" ? (tested[name] ?? range) : range]);
  const types = ["typescript", "@types/node", "@types/react"];
  const manifest = {
    private: true,
    type: "module",
    dependencies: {
      ...ours,
      ...Object.fromEntries(theirs),
      ...Object.fromEntries(types.map((name) => [name, tested[name]])),
    },
    // As docs/guide/react.md has it: the adapter names one release of tRPC, and newer ones work.
    ...(versions === "tested" && {
      overrides: {
        "@trpc/tanstack-react-query": {
          "@trpc/client": "$@trpc/client",
          "@trpc/server": "$@trpc/server",
        },
      },
    }),
  };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest, null, 2));
  return npmInstall(folder, [], timeoutMs);
}

/**
 * Adds what the drop-in's types need and nothing else does.
 *
 * @param {string} folder
 * @param {number} timeoutMs
 */
export function addTypesOfWs(folder, timeoutMs) {
  return npmInstall(folder, [`@types/ws@${workspaceVersions()["@types/ws"]}`], timeoutMs);
}

/** @param {string} folder @param {readonly string[]} packages @param {number} timeoutMs */
async function npmInstall(folder, packages, timeoutMs) {
  const { ok } = await run(
    "npm",
    ["install", "--no-audit", "--no-fund", "--prefer-offline", "--ignore-scripts", ...packages],
    { cwd: folder, show: "failure", timeoutMs },
  );
  return ok;
}

/**
 * Imports everything that can be imported, in Node.
 *
 * @param {string} folder
 * @param {readonly import("./tarball.mjs").Tarball[]} tarballs
 */
export async function importAll(folder, tarballs) {
  const entries = tarballs.flatMap(({ manifest }) => entriesOf(manifest));
  const lines = entries.map((entry) => `await import(${JSON.stringify(entry)});`);
  writeFileSync(join(folder, "imports.mjs"), lines.join("\n"));
  const { ok } = await run(process.execPath, ["imports.mjs"], { cwd: folder });
  return { ok, entries };
}

/**
 * Compiles the project by one of its tsconfigs.
 *
 * @param {string} folder
 * @param {string} tsconfig
 */
export async function compile(folder, tsconfig) {
  const tsc = join(folder, "node_modules/typescript/bin/tsc");
  return (await run(process.execPath, [tsc, "-p", tsconfig], { cwd: folder })).ok;
}

/** The exact versions that the workspace is tested with: its catalog's, and the root's own. */
function workspaceVersions() {
  const workspace = readFileSync(join(root, "pnpm-workspace.yaml"), "utf8");
  const catalog = /^catalog:\n((?: +.*\n)+)/m.exec(workspace)?.[1] ?? "";
  const entries = [...catalog.matchAll(/^ +"?([^":]+)"?: *"?([^\s"]+)/gm)];
  const { devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return {
    ...Object.fromEntries(entries.map(([, name, version]) => [name, version])),
    ...devDependencies,
  };
}
