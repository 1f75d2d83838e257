/**
 * The steps of `npm test`, in their order: what each one runs, what it needs before, and how long it
 * may take. A step whose subject does not exist in this checkout is left out.
 */
import { ensureChromium } from "../ensure-chromium.mjs";
import { ensurePythonWebsocket } from "../ensure-python-websocket.mjs";
import { filesIn } from "./files.mjs";
import { node24, whyNoNode24 } from "./node24.mjs";
import { check, skip, sum } from "./report.mjs";
import { insideGroup, root, run } from "./run.mjs";
import { vitest } from "./vitest.mjs";
import { build, install } from "./workspace.mjs";

/**
 * @typedef {import("./report.mjs").Result} Result
 *
 * @typedef {object} Step
 * @property {string} name What `--only` calls it.
 * @property {string} title Its heading.
 * @property {readonly string[]} needs Steps without which it can not run.
 * @property {number} timeoutMs The longest it may take.
 * @property {() => boolean} exists Whether this checkout has what it is about.
 * @property {(leftMs: TimeLeft) => Promise<Result>} run
 *
 * @typedef {() => number} TimeLeft Time that the step still has, in milliseconds.
 */

const always = () => true;
const bin = `${root}node_modules/.bin/`;
// Projects of vitest.config.ts. These need nothing but Node.
const suite = ["packages", "apps", "protocol", "integration", "stock", "bench", "tooling"];
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
    run: async (leftMs) => check((await install(leftMs())).ok),
  },
  {
    name: "build",
    title: "Build packages and apps",
    needs: ["install"],
    timeoutMs: 300_000,
    exists: () => filesIn("packages", /^index\.ts$/).length > 0,
    run: async (leftMs) => check((await build({ timeoutMs: leftMs() })).ok),
  },
  {
    name: "lint",
    title: "Lint and format",
    needs: ["install"],
    timeoutMs: 60_000,
    exists: always,
    run: checkCode,
  },
  {
    name: "types",
    title: "Check types, of tests and of what must not compile too",
    needs: ["install", "build"], // apps and examples see the packages as their users do
    timeoutMs: 300_000,
    exists: always,
    run: checkTypes,
  },
  {
    name: "unit",
    title: "Unit, protocol and integration tests",
    needs: ["install"],
    timeoutMs: 300_000,
    exists: always,
    run: (leftMs) => vitest({ projects: suite, timeoutMs: leftMs() }),
  },
  {
    name: "hostile",
    title: "Hostile input, and a short run of the fuzzer",
    needs: ["install"],
    timeoutMs: 240_000,
    exists: () => filesIn("tests/hostile", isTest).length > 0,
    run: (leftMs) =>
      vitest({
        projects: ["hostile"],
        flags: ["--no-file-parallelism"], // what others suffer is measured: no other attack beside one
        timeoutMs: leftMs(),
      }),
  },
  {
    name: "examples",
    title: "Examples",
    needs: ["install", "build"],
    timeoutMs: 180_000,
    exists: () => filesIn("examples", isTest).length > 0,
    run: (leftMs) => vitest({ projects: ["examples"], timeoutMs: leftMs() }),
  },
  {
    name: "fault",
    title: "Servers killed and lines cut",
    needs: ["install"],
    timeoutMs: 300_000,
    exists: () => filesIn("tests/fault", isTest).length > 0,
    run: (leftMs) => vitest({ projects: ["fault"], timeoutMs: leftMs() }),
  },
  {
    name: "e2e",
    title: "The demo in Chromium",
    needs: ["install", "build"],
    timeoutMs: 600_000, // where Chromium is missing, it is a hundred megabytes to install
    exists: () => filesIn("tests/e2e", isTest).length > 0,
    run: runEndToEnd,
  },
  {
    name: "interop",
    title: "A client in another language",
    needs: ["install"],
    timeoutMs: 300_000,
    exists: () => filesIn("tests/interop", isTest).length > 0,
    run: runInterop,
  },
  {
    name: "docs",
    title: "What the docs say is so",
    needs: ["install", "build"],
    timeoutMs: 180_000,
    exists: always,
    run: checkDocs,
  },
  {
    name: "pack",
    title: "Packages as their users get them",
    needs: ["install", "build"],
    timeoutMs: 300_000,
    exists: always,
    run: (leftMs) => runScript("scripts/pack-check.mjs", leftMs),
  },
  {
    name: "node24",
    title: "The suite on Node 24",
    needs: ["install"],
    timeoutMs: 360_000,
    exists: always,
    run: node24Suite,
  },
];

/** @param {TimeLeft} leftMs */
async function checkCode(leftMs) {
  const args = ["check", "--error-on-warnings"];
  return check((await run(`${bin}biome`, args, { timeoutMs: leftMs() })).ok);
}

/** @param {TimeLeft} leftMs */
async function checkTypes(leftMs) {
  const projects = [
    "tsconfig.tests.json",
    "scripts/tsconfig.json",
    ...["apps", "examples", "bench"].flatMap((folder) => filesIn(folder, isTsconfig)),
  ];
  const results = [];
  for (const project of projects) {
    const { ok } = await run(`${bin}tsc`, ["-p", project, "--noEmit"], {
      timeoutMs: leftMs(),
    });
    console.log(`${ok ? "✓" : "✗"} ${project}`);
    results.push(check(ok));
  }
  results.push(await vitest({ projects: ["types"], timeoutMs: leftMs() }));
  return sum(results);
}

/** @param {TimeLeft} leftMs */
async function checkDocs(leftMs) {
  const results = [];
  for (const path of filesIn("scripts", /^check-.*\.mjs$/)) {
    results.push(await runScript(path, leftMs));
  }
  return sum(results);
}

/** @param {TimeLeft} leftMs */
async function runEndToEnd(leftMs) {
  const chromium = await ensureChromium();
  if ("missing" in chromium) return skip(chromium.missing);
  return vitest({
    projects: ["e2e"],
    flags: ["--no-file-parallelism"], // one browser at a time is enough for two cores
    env: { CHROMIUM_PATH: chromium.path },
    timeoutMs: leftMs(),
  });
}

/** @param {TimeLeft} leftMs */
async function runInterop(leftMs) {
  const python = await ensurePythonWebsocket();
  if ("missing" in python) return skip(python.missing);
  return vitest({ projects: ["interop"], env: { PYTHON_PATH: python.path }, timeoutMs: leftMs() });
}

/**
 * The tests that need nothing but Node, on Node 24.
 *
 * @param {TimeLeft} [leftMs]
 */
export async function node24Suite(leftMs = () => 600_000) {
  const reason = await whyNoNode24();
  if (reason) return skip(reason);
  const projects = [...suite, "examples"];
  return vitest({ projects, node: node24, timeoutMs: leftMs() });
}

/**
 * @param {string} path
 * @param {TimeLeft} leftMs
 */
async function runScript(path, leftMs) {
  return check((await run(process.execPath, [path], { env: insideGroup, timeoutMs: leftMs() })).ok);
}
