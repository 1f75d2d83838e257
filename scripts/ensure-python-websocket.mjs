/**
 * Finds a Python with the `websocket` module, which the client in another language is written with,
 * and installs Debian's python3-websocket where it may.
 */
import { fileURLToPath } from "node:url";
import { ensure, printFound } from "./lib/ensure.mjs";
import { run } from "./lib/run.mjs";

/** Finds such a Python; with `PYTHON_PATH` set, that one. */
export function ensurePythonWebsocket() {
  return ensure({
    what: "Python with the websocket module",
    variable: "PYTHON_PATH",
    // Debian's own first: its packages are seen by no other python3 that comes before it on PATH.
    candidates: ["/usr/bin/python3", "python3", "python"],
    works: hasModule,
    debianPackage: "python3-websocket",
  });
}

/** @param {string} path */
async function hasModule(path) {
  const code = "import importlib.util as i, sys; sys.exit(i.find_spec('websocket') is None)";
  return (await run(path, ["-c", code], { show: "never", timeoutMs: 30_000 })).ok;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) printFound(await ensurePythonWebsocket());
