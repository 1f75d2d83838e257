/**
 * The TypeScript that a page shows: its code blocks as files. Each keeps the lines it has on the
 * page, so that what the compiler says of line 40 is on line 40 of the page.
 */
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { filesIn } from "./files.mjs";
import { root, run } from "./run.mjs";

/**
 * @typedef {object} Snippet
 * @property {string} file Its name: what its first line says, `// server.ts`, or its place.
 * @property {string} code
 * @property {number} line Where the code begins on the page.
 * @property {string | undefined} unchecked Why it is not checked; `undefined` when it is.
 *
 * @typedef {object} Page
 * @property {string} path Relative to the repository.
 * @property {string} folder Where its snippets are files, absolute.
 * @property {readonly Snippet[]} snippets
 */

// Under tests/, where every package resolves as its users see it: built.
const home = join(root, "tests/.cache/snippets");

// `<!-- not checked: the reason -->` on the line above the fence, or above an empty line.
const block =
  /(?:^<!-- not checked: (?<reason>.+?) -->\n+)?^```(?<language>tsx?)\n(?<code>[\s\S]*?)^```$/gm;

/** The pages whose snippets are promises: the README, the documentation, each package's README. */
export function pagesWithSnippets() {
  const packages = filesIn("packages", /^README\.md$/).filter(
    (path) => path.split("/").length === 3,
  );
  return ["README.md", ...filesIn("docs", /\.md$/), ...packages];
}

/**
 * The blocks of a page that are TypeScript.
 *
 * @param {string} text
 * @returns {Snippet[]}
 * @throws Error when two of them have one name: the compiler would see only the second.
 */
export function snippetsOf(text) {
  /** @type {Snippet[]} */
  const snippets = [];
  for (const found of text.matchAll(block)) {
    const { reason, language = "ts", code = "" } = found.groups ?? {};
    const before = text.slice(0, found.index + found[0].indexOf("```"));
    const line = before.split("\n").length + 1;
    const file = /^\/\/ ([\w./-]+\.tsx?)\b/.exec(code)?.[1] ?? `line-${line}.${language}`;
    if (snippets.some((other) => other.file === file)) {
      throw new Error(`Cannot check line ${line}: another snippet of the page is called ${file}`);
    }
    snippets.push({ file, code, line, unchecked: reason });
  }
  return snippets;
}

/**
 * Writes the snippets of a page into a folder of their own, as one program.
 *
 * @param {string} path
 * @param {string} text
 * @returns {Page}
 */
export function writePage(path, text) {
  const folder = join(home, path.replace(/\.md$/, "").replaceAll("/", "-"));
  const snippets = snippetsOf(text);
  rmSync(folder, { recursive: true, force: true });
  if (snippets.every(({ unchecked }) => unchecked)) return { path, folder, snippets };

  mkdirSync(folder, { recursive: true });
  for (const { file, code, line, unchecked } of snippets) {
    if (!unchecked) writeFileSync(join(folder, file), "\n".repeat(line - 1) + code);
  }
  const tsconfig = {
    extends: "../../../../tsconfig.base.json",
    compilerOptions: {
      lib: ["es2023", "esnext.disposable", "dom", "dom.iterable"],
      types: ["node"],
      jsx: "react-jsx",
      declaration: true, // as `tsc --init` has it: then types of ours must have a name for apps
      declarationMap: false,
      sourceMap: false,
      rootDir: ".",
      outDir: "out",
    },
    include: ["*.ts", "*.tsx"],
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(tsconfig, null, 2));
  return { path, folder, snippets };
}

/**
 * Compiles a page's program into its folder's `out`.
 *
 * @param {Page} page
 * @returns {Promise<string | undefined>} What the compiler has to say, by the page's lines.
 */
export async function compilePage({ path, folder }) {
  if (!existsSync(folder)) return undefined;
  const { ok, output } = await run(`${root}node_modules/.bin/tsc`, ["-p", folder], {
    show: "never",
    timeoutMs: 120_000,
  });
  if (ok) return undefined;
  return output.replace(/^\S*?([\w.-]+\.tsx?)\((\d+),(\d+)\):/gm, `${path}:$2:$3 ($1):`).trim();
}
