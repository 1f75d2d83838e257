/**
 * Installs and builds the workspace with what the repository itself pins, so that a machine needs
 * Node and npm and nothing else.
 */
import { readFileSync } from "node:fs";
import { root, run } from "./run.mjs";

/** The pinned pnpm, for example `pnpm@12.20.0`; turbo reads the same field. */
export const pinnedPnpm = JSON.parse(readFileSync(`${root}package.json`, "utf8")).packageManager;

/**
 * Runs the pinned pnpm. npx keeps it in npm's cache: only the first use on a machine downloads it.
 *
 * @param {readonly string[]} args
 * @param {import("./run.mjs").RunOptions} [options]
 */
export function pnpm(args, options) {
  return run("npx", ["--yes", pinnedPnpm, ...args], options);
}

/**
 * Brings `node_modules` in line with the lockfile. When it already is, pnpm sees that in a second.
 *
 * @param {number} [timeoutMs]
 */
export async function install(timeoutMs) {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    console.error(`Tautline needs Node 20.19 or newer; this is ${process.version}`);
    return { ok: false };
  }
  // CI=true: pnpm asks no questions, which nobody would answer.
  return pnpm(["install", "--frozen-lockfile"], {
    show: "failure",
    env: { CI: "true" },
    timeoutMs,
  });
}

/**
 * Builds every package and app, or the one in `folder` with what it depends on. Through pnpm, since
 * turbo starts the packages' scripts with the `pnpm` it finds on PATH, and npx puts it there.
 *
 * @param {{ folder?: string, timeoutMs?: number }} [options]
 */
export function build({ folder, timeoutMs } = {}) {
  const filter = folder ? [`--filter=./${folder}`] : [];
  return pnpm(["exec", "turbo", "run", "build", "--output-logs=errors-only", ...filter], {
    show: "failure",
    timeoutMs,
  });
}
