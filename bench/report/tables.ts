/** A question's tables in Markdown, and what became of what was promised. */
import { contestants, floor } from "../contestants/contestant.js";
import type { Measure, Question, Table } from "../harness/question.js";
import type { Results } from "../harness/results.js";
import { cellText, intervalText, numberText } from "./numbers.js";
import { cellOf, presentIn, verdictOf } from "./summary.js";

/** One table: a row for each contestant. Comparisons are to its base, with their 95 % interval. */
export function tableText(table: Table, results: Results): string {
  const { title, measures } = table;
  const head = ["", ...measures.map((measure) => measure.title), "rounds"];
  const rows = presentIn(results).flatMap((contestant) => {
    const cells = measures.map((measure) => cellOf(results, table, measure, contestant));
    const rounds = Math.max(...cells.map((cell) => cell?.rounds ?? 0));
    if (rounds === 0) return [];
    const texts = cells.map((cell, index) => (cell ? cellText(cell, measures[index]!) : "–"));
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
  return tables.flatMap((table) =>
    table.measures.flatMap((measure) => {
      const { promise } = measure;
      const verdict = promise && verdictOf(results, table, measure, promise);
      if (!verdict) return [];
      const { measured, kept } = verdict;
      const bound = promise.atMost !== undefined ? "at most" : "at least";
      const limit = promise.atMost ?? promise.atLeast!;
      const digits = promise.of === "ratio" ? 2 : measure.digits;
      const interval = intervalText(measured, digits);
      const unit = unitOf(table, measure);
      return [
        `${table.title}, ${measure.title}: promised ${bound} ${limit}${unit}` +
          `${promise.whole ? " over the whole interval" : ""}, measured ` +
          `${numberText(measured.value, digits)}${unit}${interval}${kept ? "" : " — **missed**"}`,
      ];
    }),
  );
}

function unitOf({ base = floor }: Table, { promise, unit }: Measure): string {
  const { title } = contestants[base];
  if (promise?.of === "ratio") return ` × ${title}`;
  return promise?.of === "difference" ? ` ${unit} more than ${title}` : ` ${unit}`;
}
