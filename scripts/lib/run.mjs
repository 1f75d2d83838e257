/**
 * Runs one command, for a limited time. A step that hangs would otherwise hold CI until CI's own
 * limit, with no word on which step it was; and whatever a step leaves running ends with it.
 */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The repository's folder, with a trailing slash. */
export const root = fileURLToPath(new URL("../..", import.meta.url));

const onWindows = process.platform === "win32";

/**
 * Set for a script of ours that runs as a command of another: what it runs stays in its group, so
 * that the other can end them all.
 */
export const insideGroup = { TAUTLINE_INSIDE_GROUP: "1" };
const ownGroups = !onWindows && process.env.TAUTLINE_INSIDE_GROUP !== "1";

// Tools that would otherwise report usage or look for a newer version of themselves.
const quietTools = {
  TURBO_TELEMETRY_DISABLED: "1",
  DO_NOT_TRACK: "1",
  npm_config_update_notifier: "false",
};

/** @type {Set<import("node:child_process").ChildProcess>} */
const running = new Set();

/**
 * @typedef {object} RunOptions
 * @property {string} [cwd] Folder to run in; the repository's by default.
 * @property {Record<string, string | undefined>} [env] Added to this process's environment.
 * @property {number} [timeoutMs] Time after which the command and its children are killed.
 * @property {"always" | "failure" | "never"} [show] When its output is printed; "always" by default.
 *
 * @typedef {object} RunResult
 * @property {boolean} ok Whether the command ended by itself with exit code 0.
 * @property {string} output What it printed, unless that was shown as it came.
 */

/**
 * Runs `command` without a shell and without stdin. Never throws: a command that is missing, fails
 * or takes too long resolves with `ok: false`, and the output says why.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<RunResult>}
 */
export function run(command, args, options = {}) {
  const { cwd = root, env = {}, timeoutMs = 600_000, show = "always" } = options;
  const stdio = show === "always" ? "inherit" : "pipe";
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...quietTools, ...env },
      stdio: ["ignore", stdio, stdio],
      detached: ownGroups, // a process group of its own, so that killing it reaches grandchildren
      shell: onWindows, // npx is a .cmd file there
    });
    running.add(child);

    let output = "";
    let problem = "";
    child.stdout?.setEncoding("utf8").on("data", (text) => (output += text));
    child.stderr?.setEncoding("utf8").on("data", (text) => (output += text));

    const timer = setTimeout(() => {
      problem = `stopped after ${Math.round(timeoutMs / 1000)} s`;
      kill(child);
    }, timeoutMs);

    child.once("error", (error) => (problem = error.message));
    // Before "close": a grandchild that holds the pipes open would keep "close" from coming.
    child.once("exit", () => kill(child));
    child.once("close", (code) => {
      clearTimeout(timer);
      running.delete(child);
      const ok = code === 0 && problem === "";
      if (problem) output += `${[command, ...args].join(" ")}: ${problem}\n`;
      if (!ok && show !== "never") process.stderr.write(output);
      resolve({ ok, output });
    });
  });
}

/** Ends every command that is still running, for when this process is told to stop. */
export function killRunning() {
  for (const child of running) kill(child);
}

/** @param {import("node:child_process").ChildProcess} child */
function kill(child) {
  if (child.pid === undefined) return;
  try {
    if (ownGroups) process.kill(-child.pid, "SIGKILL");
    else child.kill("SIGKILL");
  } catch {
    // The whole group is gone already, which is what was wanted.
  }
}
