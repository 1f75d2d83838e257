/**
 * Finds the browser that the end-to-end tests drive, and installs Debian's where it may. Test tools
 * can download browsers of their own; a distribution's package is signed, patched and cached.
 */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensure, printFound } from "./lib/ensure.mjs";
import { run } from "./lib/run.mjs";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
const folders = (process.env.PATH ?? "").split(delimiter);

/** Finds Chromium or Chrome; with `CHROMIUM_PATH` set, that one. */
export function ensureChromium() {
  return ensure({
    what: "Chromium or Chrome",
    variable: "CHROMIUM_PATH",
    candidates: [
      ...folders.flatMap((folder) => names.map((name) => join(folder, name))),
      "/Applications/Chromium.app/Contents/MacOS/Chromium",
      "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
      "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
    ],
    works,
    debianPackage: "chromium",
  });
}

/** @param {string} path */
async function works(path) {
  if (!existsSync(path)) return false;
  if (process.platform === "win32") return true; // there, --version opens a window
  // Ubuntu has a `chromium-browser` that only says where to get one: ask before believing.
  return (await run(path, ["--version"], { show: "never", timeoutMs: 30_000 })).ok;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) printFound(await ensureChromium());
