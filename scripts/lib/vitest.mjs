/**
 * Runs vitest and counts what it ran from its JSON report, so that `npm test` can add up test cases
 * and nothing that was skipped goes unnoticed.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "./run.mjs";

/**
 * @param {object} options
 * @param {readonly string[]} options.projects Names from `vitest.config.ts`.
 * @param {readonly string[]} [options.node] The command that starts Node; this Node by default.
 * @param {readonly string[]} [options.flags] More flags for vitest.
 * @param {Record<string, string>} [options.env]
 * @param {number} [options.timeoutMs]
 * @returns {Promise<import("./report.mjs").Result>}
 */
export async function vitest({ projects, node = [process.execPath], flags = [], env, timeoutMs }) {
  const folder = mkdtempSync(join(tmpdir(), "tautline-vitest-"));
  const file = join(folder, "report.json");
  const [command, ...args] = [
    ...node,
    "node_modules/vitest/vitest.mjs",
    "run",
    "--passWithNoTests",
    ...projects.map((project) => `--project=${project}`),
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${file}`,
    ...flags,
  ];
  try {
    const { ok } = await run(command, args, { env, timeoutMs });
    return countReport(readReport(file), ok);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Counts a report. A file that did not load has no cases and counts as one failure; so does a run
 * that ended badly although no case failed (an unhandled rejection, a crash, the time limit).
 *
 * @param {VitestReport | undefined} vitestReport `undefined` when vitest wrote none.
 * @param {boolean} ok Whether vitest ended well.
 * @returns {import("./report.mjs").Result}
 *
 * @typedef {object} VitestReport
 * @property {{ name: string, status: string, assertionResults: { status: string, fullName: string }[] }[]} testResults
 */
export function countReport(vitestReport, ok) {
  const files = vitestReport?.testResults ?? [];
  const cases = files.flatMap((file) => file.assertionResults);
  const broken = files.filter((file) => {
    return (
      file.status === "failed" && file.assertionResults.every(({ status }) => status !== "failed")
    );
  });
  const failed = cases.filter(({ status }) => status === "failed").length + broken.length;
  return {
    passed: cases.filter(({ status }) => status === "passed").length,
    failed: failed === 0 && !ok ? 1 : failed,
    skipped: cases
      .filter(({ status }) => status !== "passed" && status !== "failed")
      .map(({ fullName }) => fullName),
  };
}

/** @param {string} file */
function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}
