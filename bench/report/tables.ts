/** A question's tables in Markdown, and what became of what was promised. */
import { contestants, floor } from "../contestants/contestant.js";
import type { Measure, Question, Table } from "../harness/question.js";
import type { Results } from "../harness/results.js";
import { intervalText, numberText, ratioText, valueText } from "./numbers.js";
import { cellOf, presentIn, verdictOf } from "./summary.js";

/** One table: a row for each contestant. Ratios are to bare `ws`, with their 95 % interval. */
export function tableText({ title, measures }: Table, results: Results): string {
  const head = ["", ...measures.map((measure) => measure.title), "rounds"];
  const rows = presentIn(results).flatMap((contestant) => {
    const cells = measures.map((measure) => cellOf(results, measure, contestant));
    const rounds = Math.max(...cells.map((cell) => cell?.rounds ?? 0));
    if (rounds === 0) return [];
    const texts = cells.map((cell, index) => {
      if (cell === undefined) return "–";
      const value = valueText(cell.value.value, measures[index]!);
      return cell.ratio && contestant !== floor ? `${value} · ${ratioText(cell.ratio)}` : value;
    });
    const name = contestants[contestant].title;
    return [[contestant === "tautline" ? `**${name}**` : name, ...texts, String(rounds)]];
  });
  if (rows.length === 0) return "";
  const rule = head.map((_, index) => (index === 0 ? "---" : "--:"));
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [`### ${title}`, "", line(head), line(rule), ...rows.map(line)].join("\n");
}

/** One line for each promise of a question. */
export function promiseTexts({ tables }: Question, results: Results): readonly string[] {
  return tables.flatMap(({ title, measures }) =>
    measures.flatMap((measure) => {
      const { promise } = measure;
      const verdict = promise && verdictOf(results, measure, promise);
      if (!verdict) return [];
      const { measured, kept } = verdict;
      const bound = promise.atMost !== undefined ? "at most" : "at least";
      const limit = promise.atMost ?? promise.atLeast!;
      const digits = promise.of === "ratio" ? 2 : measure.digits;
      const interval = intervalText(measured, digits);
      return [
        `${title}, ${measure.title}: promised ${bound} ${limit}${unitOf(measure)}, measured ` +
          `${numberText(measured.value, digits)}${unitOf(measure)}${interval}${kept ? "" : " — **missed**"}`,
      ];
    }),
  );
}

const unitOf = ({ promise, unit }: Measure) =>
  promise?.of === "ratio" ? " × bare ws" : ` ${unit}`;
