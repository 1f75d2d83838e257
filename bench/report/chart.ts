/**
 * A question's chart: bars for each contestant, one panel for each measure that asks for it. An SVG
 * by hand, which follows the reader's light or dark theme and needs nothing to be shown.
 */
import { contestants, floor } from "../contestants/contestant.js";
import type { Measure, Question, Table } from "../harness/question.js";
import type { Results } from "../harness/results.js";
import { cellText } from "./numbers.js";
import { cellOf, presentIn } from "./summary.js";

// Pixels. GitHub shows pictures at most 830 wide. The figures have a column of their own, so that
// neither a whisker nor the base's line runs through them.
const width = 760;
const nameWidth = 130;
const barsWidth = 370;
const textLeft = nameWidth + barsWidth + 14;
const rowHeight = 26;
const barHeight = 14;
const headHeight = 40;
const panelGap = 18;

/** The chart, or nothing when no measure of the question is shown in one. */
export function chartText({ title, tables }: Question, results: Results): string | undefined {
  const panels = tables.flatMap((table) =>
    table.measures.filter(({ chart }) => chart).map((measure) => ({ table, measure })),
  );
  if (panels.length === 0) return undefined;
  let top = 0;
  const drawn = panels.map((panel) => {
    const { svg, height } = drawPanel(panel, results, top);
    top += height + panelGap;
    return svg;
  });
  const height = top - panelGap + 8;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}">
<style>
  text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328; }
  .head { font-weight: 600; }
  .note, .better { fill: #59636e; }
  .better, .value { font-variant-numeric: tabular-nums; }
  .bar { fill: #afb8c1; }
  .ours { fill: #0969da; }
  .whisker { stroke: #1f2328; stroke-width: 1.2; }
  .base { stroke: #59636e; stroke-dasharray: 3 3; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .note, .better { fill: #9198a1; }
    .bar { fill: #59636e; }
    .ours { fill: #4493f8; }
    .whisker { stroke: #e6edf3; }
    .base { stroke: #9198a1; }
  }
</style>
${drawn.join("\n")}
</svg>
`;
}

interface Panel {
  readonly table: Table;
  readonly measure: Measure;
}

function drawPanel({ table, measure }: Panel, results: Results, top: number) {
  const rows = presentIn(results).flatMap((contestant) => {
    const cell = cellOf(results, table, measure, contestant);
    return cell ? [{ contestant, cell }] : [];
  });
  const highest = Math.max(...rows.map(({ cell }) => cell.value.high));
  const x = (value: number) => nameWidth + (Math.max(0, value) / highest) * barsWidth;
  const height = headHeight + rows.length * rowHeight;
  const { base = floor } = table;
  const baseCell = rows.find(({ contestant }) => contestant === base)?.cell;
  const lines = rows.map(({ contestant, cell }, index) => {
    const middle = top + headHeight + (index + 0.5) * rowHeight;
    const { value } = cell;
    const length = Math.max(1, x(value.value) - nameWidth);
    const kind = contestant === "tautline" ? "bar ours" : "bar";
    return [
      text(nameWidth - 10, middle, contestants[contestant].title, { end: true }),
      `<rect class="${kind}" x="${nameWidth}" y="${round(middle - barHeight / 2)}" width="${round(length)}" height="${barHeight}" rx="2"/>`,
      value.low === value.high ? "" : whisker(x(value.low), x(value.high), middle),
      text(textLeft, middle, cellText(cell, measure), { kind: "value" }),
    ].join("");
  });
  const better = measure.better === "less" ? "less is better" : "more is better";
  const svg = [
    text(0, top + 16, `${table.title}: ${measure.title}`, { kind: "head" }),
    text(width - 2, top + 16, better, { kind: "better", end: true }),
    ...(baseCell && rows.length > 1 ? [baseLine(x(baseCell.value.value), top, height)] : []),
    ...lines,
  ].join("\n");
  return { svg, height };
}

function baseLine(x: number, top: number, height: number): string {
  return `<line class="base" x1="${round(x)}" x2="${round(x)}" y1="${top + headHeight - 6}" y2="${top + height}"/>`;
}

function whisker(low: number, high: number, y: number): string {
  const [from, to] = [round(low), round(high)];
  return `<path class="whisker" fill="none" d="M${from} ${y}H${to}M${from} ${y - 4}v8M${to} ${y - 4}v8"/>`;
}

function text(
  x: number,
  y: number,
  content: string,
  { kind = "", end = false }: { readonly kind?: string; readonly end?: boolean } = {},
): string {
  const anchor = end ? ' text-anchor="end"' : "";
  return `<text${kind && ` class="${kind}"`} x="${round(x)}" y="${y}" dominant-baseline="central"${anchor}>${escaped(content)}</text>`;
}

const round = (pixels: number) => Number(pixels.toFixed(1));

function escaped(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
