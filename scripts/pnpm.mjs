/** Runs the pinned pnpm with nothing installed globally: `node scripts/pnpm.mjs add -D …`. */
import { spawnSync } from "node:child_process";
import { pinnedPnpm } from "./lib/workspace.mjs";

const { status } = spawnSync("npx", ["--yes", pinnedPnpm, ...process.argv.slice(2)], {
  stdio: "inherit",
  env: { ...process.env, TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1" },
  shell: process.platform === "win32", // npx is a .cmd file there
});
process.exit(status ?? 1);
