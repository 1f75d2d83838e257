/**
 * The steps of `npm test`, in their order: what each one runs, what it needs before, and how long it
 * may take. A step whose subject does not exist in this checkout is left out.
 */
import { ensureChromium } from "../ensure-chromium.mjs";
import { ensurePythonWebsocket } from "../ensure-python-websocket.mjs";
import { filesIn } from "./files.mjs";
import { node24, whyNoNode24 } from "./node24.mjs";
import { check, skip, sum } from "./report.mjs";
import { root, run } from "./run.mjs";
import { vitest } from "./vitest.mjs";
import { build, install } from "./workspace.mjs";

/**
 * @typedef {import("./report.mjs").Result} Result
 *
 * @typedef {object} Step
 * @property {string} name What `--only` calls it.
 * @property {string} title Its heading.
 * @property {readonly string[]} needs Steps without which it can not run.
 * @property {number} timeoutMs Time for each command of it.
 * @property {() => boolean} exists Whether this checkout has what it is about.
 * @property {(timeoutMs: number) => Promise<Result>} run
 */

const always = () => true;
const bin = `${root}node_modules/.bin/`;
// Projects of vitest.config.ts. These need nothing but Node.
const suite = ["packages", "apps", "protocol", "integration", "tooling"];
const isTest = /\.test\.(ts|tsx|mjs)$/;
const isTsconfig = /^tsconfig(\.(?!base)\w+)?\.json$/;

/** @type {readonly Step[]} */
export const steps = [
  {
    name: "install",
    title: "Install dependencies",
    needs: [],
    timeoutMs: 300_000,
    exists: always,
    run: async (timeoutMs) => check((await install(timeoutMs)).ok),
  },
  {
    name: "build",
    title: "Build packages and apps",
    needs: ["install"],
    timeoutMs: 300_000,
    exists: () => filesIn("packages", /^index\.ts$/).length > 0,
    run: async (timeoutMs) => check((await build({ timeoutMs })).ok),
  },
  {
    name: "lint",
    title: "Lint and format",
    needs: ["install"],
    timeoutMs: 60_000,
    exists: always,
    run: async (timeoutMs) =>
      check((await run(`${bin}biome`, ["check", "--error-on-warnings"], { timeoutMs })).ok),
  },
  {
    name: "types",
    title: "Check types, of tests and of what must not compile too",
    needs: ["install", "build"], // apps and examples see the packages as their users do
    timeoutMs: 180_000,
    exists: always,
    run: checkTypes,
  },
  {
    name: "unit",
    title: "Unit, protocol and integration tests",
    needs: ["install"],
    timeoutMs: 300_000,
    exists: always,
    run: (timeoutMs) => vitest({ projects: suite, flags: ["--passWithNoTests"], timeoutMs }),
  },
  {
    name: "examples",
    title: "Examples",
    needs: ["install", "build"],
    timeoutMs: 180_000,
    exists: () => filesIn("examples", isTest).length > 0,
    run: (timeoutMs) => vitest({ projects: ["examples"], timeoutMs }),
  },
  {
    name: "e2e",
    title: "The demo in Chromium",
    needs: ["install", "build"],
    timeoutMs: 360_000,
    exists: () => filesIn("tests/e2e", isTest).length > 0,
    run: runEndToEnd,
  },
  {
    name: "interop",
    title: "A client in another language",
    needs: ["install"],
    timeoutMs: 120_000,
    exists: () => filesIn("tests/interop", isTest).length > 0,
    run: runInterop,
  },
  {
    name: "docs",
    title: "Documented defaults are the code's",
    needs: [],
    timeoutMs: 30_000,
    exists: always,
    run: (timeoutMs) => runScript("check-defaults", timeoutMs),
  },
  {
    name: "pack",
    title: "Packages as their users get them",
    needs: ["install", "build"],
    timeoutMs: 300_000,
    exists: always,
    run: (timeoutMs) => runScript("pack-check", timeoutMs),
  },
  {
    name: "node24",
    title: "The suite on Node 24",
    needs: ["install", "build"],
    timeoutMs: 360_000,
    exists: always,
    run: node24Suite,
  },
];

/** @param {number} timeoutMs */
async function checkTypes(timeoutMs) {
  const projects = [
    "tsconfig.tests.json",
    ...["scripts", "apps", "examples", "bench"].flatMap((folder) => filesIn(folder, isTsconfig)),
  ];
  const results = [];
  for (const project of projects) {
    const { ok } = await run(`${bin}tsc`, ["-p", project, "--noEmit"], { timeoutMs });
    console.log(`${ok ? "✓" : "✗"} ${project}`);
    results.push(check(ok));
  }
  return sum(results);
}

/** @param {number} timeoutMs */
async function runEndToEnd(timeoutMs) {
  const chromium = await ensureChromium();
  if ("missing" in chromium) return skip(chromium.missing);
  return vitest({
    projects: ["e2e"],
    flags: ["--no-file-parallelism"], // one browser at a time is enough for two cores
    env: { CHROMIUM_PATH: chromium.path },
    timeoutMs,
  });
}

/** @param {number} timeoutMs */
async function runInterop(timeoutMs) {
  const python = await ensurePythonWebsocket();
  if ("missing" in python) return skip(python.missing);
  return vitest({ projects: ["interop"], env: { PYTHON_PATH: python.path }, timeoutMs });
}

/**
 * The tests that need nothing but Node, on Node 24.
 *
 * @param {number} [timeoutMs]
 */
export async function node24Suite(timeoutMs) {
  const reason = await whyNoNode24();
  if (reason) return skip(reason);
  const projects = [...suite, "examples"];
  return vitest({ projects, node: node24, flags: ["--passWithNoTests"], timeoutMs });
}

/**
 * @param {string} name
 * @param {number} timeoutMs
 */
async function runScript(name, timeoutMs) {
  return check((await run(process.execPath, [`scripts/${name}.mjs`], { timeoutMs })).ok);
}
