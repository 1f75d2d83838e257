/**
 * Another Node for one command: npm's `node` package holds the release itself, so nothing is
 * installed beyond npm's cache. The suite runs again on it, because people's servers do.
 */
import { run } from "./run.mjs";

/** The command that starts the newest Node 24. */
export const node24 = ["npx", "--yes", "node@24"];

/** Says why Node 24 can not be had here, or `undefined` when it can. */
export async function whyNoNode24() {
  const [command, ...args] = node24;
  const { ok, output } = await run(command, [...args, "--version"], {
    show: "never",
    timeoutMs: 180_000,
  });
  return ok ? undefined : `npx could not bring node@24: ${output.trim().split("\n").at(-1)}`;
}
