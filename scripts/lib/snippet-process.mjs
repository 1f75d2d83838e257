/** A snippet as a process of its own: what it prints is awaited line by line, and nothing stays. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const ownPort = fileURLToPath(new URL("own-port.mjs", import.meta.url));
const patienceMs = 20_000;

/**
 * Starts a program.
 *
 * @param {string} file Absolute.
 * @param {{ env?: Record<string, string>, imports?: readonly string[] }} [options] `imports` are
 * modules to load before it.
 */
export function startSnippet(file, { env = {}, imports = [] } = {}) {
  const preloads = [ownPort, ...imports].flatMap((path) => ["--import", path]);
  const child = spawn(process.execPath, [...preloads, file], {
    env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: "0", ...env },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  /** @type {Map<number, number>} The ports it got, by those it asked for. */
  const ports = new Map();
  let printed = "";
  let complaints = "";
  let changed = () => {};

  child.stdout?.setEncoding("utf8").on("data", (text) => {
    printed += text;
    changed();
  });
  child.stderr?.setEncoding("utf8").on("data", (text) => (complaints += text));
  child.on("message", (/** @type {{ asked: number, port: number }} */ { asked, port }) => {
    ports.set(asked, port);
    changed();
  });
  const closed = once(child, "close");
  void closed.then(() => changed());

  /**
   * Waits until `find` finds something.
   *
   * @template T
   * @param {string} what
   * @param {() => T | undefined} find
   * @returns {Promise<T>}
   * @throws Error when the program ends before, or takes too long.
   */
  function until(what, find) {
    return new Promise((resolve, reject) => {
      const fail = (/** @type {string} */ why) => {
        clearTimeout(timer);
        reject(new Error(`${why} ${what}. It printed:\n${printed}${complaints}`));
      };
      const timer = setTimeout(fail, patienceMs, `${patienceMs / 1_000} s passed without`);
      changed = () => {
        const found = find();
        if (found !== undefined) {
          clearTimeout(timer);
          resolve(found);
        } else if (child.exitCode !== null || child.signalCode !== null) fail("It ended without");
      };
      changed();
    });
  }

  return {
    /** Waits for a line in these words, or for as many of them. @param {string} line */
    says: (line, times = 1) =>
      until(`${times} × the line "${line}"`, () => {
        const count = printed.split("\n").filter((each) => each === line).length;
        return count >= times || undefined;
      }),
    /** The port it got for the one it asked for. @param {number} asked */
    port: (asked) => until(`a server on ${asked}`, () => ports.get(asked)),
    /** Its lines, once it has ended by itself. */
    async lines() {
      await until("its end", () => child.exitCode ?? undefined);
      await closed;
      if (child.exitCode !== 0 || complaints) throw new Error(`It failed: ${complaints}`);
      return printed.trimEnd().split("\n");
    },
    async stop() {
      child.kill("SIGKILL");
      await closed;
    },
  };
}
