/**
 * What `npm test` says at the end. Pure, so that the one line that CI reads is itself tested.
 */

/**
 * @typedef {object} Result
 * @property {number} passed Test cases, or checks, that held.
 * @property {number} failed Test cases, or checks, that did not.
 * @property {string[]} skipped What could not run, each with its name and reason.
 *
 * @typedef {Result & { name: string, seconds: number }} Row
 */

/**
 * The result of something that either holds or does not.
 *
 * @param {boolean} ok
 * @returns {Result}
 */
export function check(ok) {
  return { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: [] };
}

/**
 * The result of something that exists but can not run here.
 *
 * @param {string} reason
 * @returns {Result}
 */
export function skip(reason) {
  return { passed: 0, failed: 0, skipped: [reason] };
}

/**
 * @param {readonly Result[]} results
 * @returns {Result}
 */
export function sum(results) {
  return {
    passed: results.reduce((count, result) => count + result.passed, 0),
    failed: results.reduce((count, result) => count + result.failed, 0),
    skipped: results.flatMap((result) => result.skipped),
  };
}

/**
 * A line per step, a line per thing skipped, and last the line with the totals.
 *
 * @param {readonly Row[]} rows
 */
export function report(rows) {
  const cells = [
    ["step", "passed", "failed", "skipped", "seconds"],
    ...rows.map((row) => [
      row.name,
      `${row.passed}`,
      `${row.failed}`,
      `${row.skipped.length}`,
      row.seconds.toFixed(1),
    ]),
  ];
  const widths = [0, 1, 2, 3, 4].map((i) => Math.max(...cells.map((cell) => cell[i].length)));
  const lines = cells.map((cell) =>
    cell.map((text, i) => (i === 0 ? text.padEnd(widths[i]) : text.padStart(widths[i]))).join("  "),
  );
  for (const row of rows) {
    for (const reason of row.skipped) lines.push(`skipped in ${row.name}: ${reason}`);
  }
  const { passed, failed } = sum(rows);
  return [...lines, "", `${passed} passed, ${failed} failed`].join("\n");
}
