/** The words of a question: the first comment of its file, so that they are written once. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { benchFolder } from "../harness/folders.js";

/**
 * The paragraphs of a source file's first comment as Markdown, their first words set in bold.
 *
 * @throws Error when it does not start with question, method and report.
 */
export function wordsOf(source: string): string {
  const comment = /^\/\*\*([\s\S]*?)\*\//.exec(
    readFileSync(join(benchFolder, source), "utf8"),
  )?.[1];
  const text = (comment ?? "").replace(/^ *\* ?/gm, "").trim();
  const paragraphs = text.split(/\n\n+/);
  for (const [index, word] of ["Question", "Method", "Report"].entries()) {
    if (!paragraphs[index]?.startsWith(`${word}: `)) {
      throw new Error(`${source} has to start with Question, Method and Report`);
    }
  }
  return paragraphs
    .map((each) =>
      each.replace(/^(\w+): (.)/, (_, word, first) => `**${word}.** ${first.toUpperCase()}`),
    )
    .join("\n\n");
}
