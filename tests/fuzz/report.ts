/** What a run of the fuzzer came to, as a page. */
import { cpus, loadavg, totalmem } from "node:os";
import type { FuzzReport } from "./fuzzer.js";
import { required } from "./refusals.js";

const mib = (bytes: number) => `${(bytes / 1_048_576).toFixed(1)} MiB`;
const count = (number: number) => number.toLocaleString("en");

/** The report in Markdown. */
export function toMarkdown(
  report: FuzzReport,
  about: { inputs: number; seed: number; commit: string },
): string {
  const { tally, seconds, memory, healthy, problems } = report;
  const share = ((tally.envelopes / tally.inputs) * 100).toFixed(0);
  const met = (name: string) => tally.counts.get(name) ?? 0;
  const facts: readonly (readonly [string, string])[] = [
    ["inputs", `${count(tally.inputs)} over ${count(tally.connections)} connections`],
    ["read as messages", `${count(tally.envelopes)}, ${share} %`],
    [
      "time",
      `${seconds.toFixed(0)} s, ${count(Math.round(tally.inputs / seconds))} inputs a second`,
    ],
    [
      "live memory after garbage collection",
      `${mib(memory.base.live)}, at the end ${mib(memory.end.live)}`,
    ],
    ["RSS after garbage collection", `${mib(memory.base.rss)}, at the end ${mib(memory.end.rss)}`],
    [
      "the healthy client beside it",
      `${count(healthy.calls)} calls, all answered; p50 ${healthy.p50.toFixed(1)} ms, p99 ${healthy.p99.toFixed(1)} ms, at most ${healthy.max.toFixed(0)} ms`,
    ],
    ["the least met of what has to be", count(Math.min(...required.map(met)))],
    ["seed, commit", `${about.seed}, ${about.commit}`],
    [
      "machine",
      `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}, ${mib(totalmem())}; load ${loadavg()[1]!.toFixed(1)}, our own included`,
    ],
  ];
  return [
    "# A million inputs",
    "",
    `What \`npm run fuzz -- --inputs ${about.inputs} --seed ${about.seed} --report\` wrote; \`fuzzer.ts\` says what`,
    "it asks. Memory is the server's, first when a tenth of the inputs was through and all code compiled.",
    "",
    "| | |",
    "| --- | --- |",
    ...facts.map(([name, value]) => `| ${name} | ${value} |`),
    "",
    problems.length === 0
      ? "Nothing was found."
      : `${problems.length} problems:\n\n${problems.map((problem) => `- ${problem}`).join("\n")}`,
    "",
    "| met | times |",
    "| --- | --- |",
    ...required.map((name) => `| ${name} | ${count(met(name))} |`),
    "",
  ].join("\n");
}
