/** Reads the tables of a page, as far as comparing them with code needs. */

/** @typedef {Record<string, string>} Row The text of each cell, by its column's heading. */

/**
 * Every row of every table that has all these columns. Headings and cells lose their backticks.
 *
 * @param {string} text
 * @param {readonly string[]} columns
 * @returns {Row[]}
 */
export function rowsOf(text, columns) {
  const tables = text.matchAll(/^\|(.*)\|\n\|(?: *:?-+:? *\|)+\n((?:\|.*\|\n?)+)/gm);
  return [...tables].flatMap(([, head, body]) => {
    const names = cellsOf(head);
    if (!columns.every((column) => names.includes(column))) return [];
    return body
      .trimEnd()
      .split("\n")
      .map((line) => {
        const cells = cellsOf(line.slice(1, -1));
        return Object.fromEntries(names.map((name, i) => [name, cells[i] ?? ""]));
      });
  });
}

/** @param {string} line */
function cellsOf(line) {
  return line.split("|").map((cell) => cell.replaceAll("`", "").trim());
}

/** The number a cell begins with: `1,048,576 bytes` is 1048576. @param {string} cell */
export function numberIn(cell) {
  const digits = /^[\d,]+/.exec(cell)?.[0];
  return digits === undefined ? undefined : Number(digits.replaceAll(",", ""));
}
