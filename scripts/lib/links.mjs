/** Reads the links and headings of a Markdown text, as far as checking links needs. */

/** @typedef {{ target: string, line: number }} Link */

/**
 * The links of a text that lead into the repository, in order; those in code are none.
 *
 * @param {string} text
 * @returns {Link[]}
 */
export function linksOf(text) {
  return withoutCode(text)
    .split("\n")
    .flatMap((line, i) =>
      [...line.matchAll(/\]\(\s*<?([^)\s>]+)[^)]*\)|^\[[^\]]+\]:\s*(\S+)/g)]
        .map((found) => ({ target: found[1] ?? found[2], line: i + 1 }))
        .filter(({ target }) => !/^[a-z][a-z+.-]*:/i.test(target)),
    );
}

/**
 * The anchors under which a text's headings can be reached, spelt as GitHub spells them.
 *
 * @param {string} text
 * @returns {Set<string>}
 */
export function anchorsOf(text) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  const anchors = new Set();
  for (const [, heading] of withoutFences(text).matchAll(/^#{1,6}\s+(.*?)\s*#*$/gm)) {
    const slug = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replace(/\s/g, "-");
    const count = counts.get(slug) ?? 0;
    counts.set(slug, count + 1);
    anchors.add(count === 0 ? slug : `${slug}-${count}`);
  }
  for (const [, id] of text.matchAll(/<a\s+(?:id|name)="([^"]+)"/g)) anchors.add(id);
  return anchors;
}

/** Keeps the number of lines, so that what is reported is where it says. @param {string} text */
function withoutFences(text) {
  return text.replace(/^( *)(```+|~~~+)[\s\S]*?^\1\2.*$/gm, (fence) => fence.replace(/[^\n]/g, ""));
}

/** @param {string} text */
function withoutCode(text) {
  return withoutFences(text).replace(/`[^`\n]*`/g, "");
}
