// Runs the pinned pnpm without anything global: `node scripts/pnpm.mjs install`.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const { packageManager } = JSON.parse(readFileSync(`${root}package.json`, "utf8"));

/** Runs pnpm with `args` in the repository's root and returns its exit code. */
export function pnpm(args, options = {}) {
  const { status } = spawnSync("npx", ["-y", packageManager, ...args], {
    cwd: root,
    stdio: "inherit",
    ...options,
  });
  return status ?? 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exit(pnpm(process.argv.slice(2)));
