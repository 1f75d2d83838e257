/** Writes the report: one page, and a chart for each question, all of it made of the results. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { benchFolder } from "../harness/folders.js";
import type { Question } from "../harness/question.js";
import { type Results, readResults } from "../harness/results.js";
import { type OwnProgram, ownPrograms, questions } from "../questions/questions.js";
import { chartText } from "./chart.js";
import { promiseTexts, tableText } from "./tables.js";
import { wordsOf } from "./words.js";

const intro = `# Benchmarks

Made of \`bench/results/\` by \`npm run bench -- --report\`; not written by hand. Numbers that other
pages quote come from here.

The floor is bare \`ws\` with JSON by hand: one \`JSON.parse\`, one \`JSON.stringify\` and one \`send\` per
message on either side. Everyone else is a library with its own client, set up as its documentation
does; what had to be different is said at the top of \`bench/contestants/<name>/server.ts\` and
\`client.ts\`. Tautline runs with everything on that is on by default (validation in and out, limits,
deadlines, heartbeats) and with the contract's type alone on the client; only numeric limits that
would refuse the load are raised.

Server and clients are processes of their own on one machine, talking over loopback, new ones for
each round; contestants alternate within a round. Every answer is checked. Values are medians over
the rounds; *×* is the median of the ratios to bare \`ws\` in the same round, with its 95 % bootstrap
interval. Where the cost of one part of Tautline is asked, ratios are to Tautline without it.
\`npm run bench\` asks everything again, \`npm run bench -- call-latency\` one question.
`;

/** Writes `README.md` and the charts to `folder`, from whatever results there are. */
export function writeReport(resultsFolder: string, folder: string) {
  mkdirSync(folder, { recursive: true });
  const link = (path: string) => relative(folder, path).replaceAll("\\", "/");
  const asked = questions.flatMap((question) => {
    const results = readResults(resultsFolder, question.name);
    if (results === undefined) return [];
    const chart = chartText(question, results);
    if (chart !== undefined) writeFileSync(join(folder, `${question.name}.svg`), chart);
    const raw = link(join(resultsFolder, `${question.name}.json`));
    return [sectionText(question, results, chart !== undefined, raw)];
  });
  const own = ownPrograms
    .filter(({ table }) => existsSync(join(benchFolder, table)))
    .map((program) => ownSectionText(program, link(join(benchFolder, program.results))));
  writeFileSync(join(folder, "README.md"), [intro, ...asked, ...own].join("\n"));
}

function sectionText(question: Question, results: Results, hasChart: boolean, raw: string): string {
  const { name, title, tables } = question;
  const promises = promiseTexts(question, results);
  return [
    `## ${title}`,
    wordsOf(`questions/${name}.ts`),
    ...(hasChart ? [`![${title}](${name}.svg)`] : []),
    ...tables.map((table) => tableText(table, results)).filter((text) => text !== ""),
    ...(promises.length > 0 ? [promises.map((line) => `- ${line}`).join("\n")] : []),
    `${factsText(results)} [All samples](${raw}).`,
    "",
  ].join("\n\n");
}

function factsText({ machine, versions, commit, takenAt }: Results): string {
  const { cores, cpu, memoryGiB, kernel, node, loadBefore } = machine;
  const packages = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return (
    `Commit ${commit}, ${takenAt.slice(0, 10)}: ${cores} × ${cpu}, ${memoryGiB} GiB, Linux ${kernel}, ` +
    `Node ${node}, load before ${loadBefore}; ${packages.join(", ")}.`
  );
}

function ownSectionText({ title, source, table }: OwnProgram, raw: string): string {
  const text = readFileSync(join(benchFolder, table), "utf8");
  // Its own headings would outrank the section's.
  const inSection = text.replace(/^# .*\n+/, "").trim();
  return [`## ${title}`, wordsOf(source), inSection, `[All samples](${raw}).`, ""].join("\n\n");
}
