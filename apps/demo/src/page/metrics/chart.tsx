/**
 * One metric over time, in SVG: an area, a grid that can be read, knots where incidents began
 * and ended, and a cross-hair that all charts of the panel share.
 */
import { memo, useId } from "react";
import type { Incident, Reading } from "../../domain.js";
import type { ChartWindow } from "../../vocabulary.js";
import { chartWindows } from "../../vocabulary.js";
import { clockTime } from "../ui/time.js";
import { format, type Metric, nearest, niceTop } from "./series.js";
import { useWidth } from "./use-width.js";

const height = 108;
const pad = { top: 14, bottom: 18, left: 0, right: 0 };
const floorOf: Record<Metric, number> = { requests: 10, errors: 0.01, p95Ms: 50 };

/** A moment worth a knot on the line. */
export interface Knot {
  readonly at: number;
  readonly kind: "opened" | "resolved";
  readonly label: string;
}

/** The knots that `incidents` leave on the charts of `service`. */
export function knotsOf(incidents: readonly Incident[]): Knot[] {
  return incidents.flatMap(({ number, opened, resolved }) => [
    { at: opened.at.getTime(), kind: "opened" as const, label: `INC-${number} opened` },
    ...(resolved
      ? [{ at: resolved.at.getTime(), kind: "resolved" as const, label: `INC-${number} resolved` }]
      : []),
  ]);
}

export const Chart = memo(function Chart({
  metric,
  name,
  readings,
  window,
  knots,
  pointedAt,
  onPoint,
}: {
  metric: Metric;
  name: string;
  readings: readonly Reading[];
  window: ChartWindow;
  knots: readonly Knot[];
  /** The moment under the pointer, on whichever chart it is. */
  pointedAt: number | null;
  onPoint: (ms: number | null) => void;
}) {
  const [ref, width] = useWidth<HTMLDivElement>();
  const gradient = useId();
  const { spanMs, stepMs } = chartWindows[window];
  const end = readings.at(-1)?.at.getTime() ?? Date.now();
  const top = niceTop(Math.max(0, ...readings.map((reading) => reading[metric])), floorOf[metric]);

  const innerHeight = height - pad.top - pad.bottom;
  const x = (ms: number) => Math.round(((ms - (end - spanMs)) / spanMs) * width * 10) / 10;
  const y = (value: number) => Math.round((pad.top + (1 - value / top) * innerHeight) * 10) / 10;
  const base = pad.top + innerHeight;

  const runs = runsOf(readings, stepMs * 3).map((run) => {
    const points = run.map((reading) => `${x(reading.at.getTime())},${y(reading[metric])}`);
    const [first, last] = [run[0]!, run.at(-1)!];
    return {
      key: first.at.getTime(),
      stroke: `M${points.join("L")}`,
      area: `M${x(first.at.getTime())},${base}L${points.join("L")}L${x(last.at.getTime())},${base}Z`,
    };
  });

  const index = pointedAt === null ? -1 : nearest(readings, pointedAt);
  const pointed = readings[index];
  const latest = readings.at(-1);
  const shown = pointed ?? latest;

  return (
    <figure
      className="chart"
      data-metric={metric}
      aria-label={`${name}: ${latest ? format(metric, latest[metric]) : "no reading"}`}
    >
      <figcaption>
        <span className="chart-name">{name}</span>
        <span className="chart-value">{shown ? format(metric, shown[metric]) : "–"}</span>
        <span className="chart-when">{pointed ? clockTime(pointed.at, window !== "24h") : ""}</span>
      </figcaption>
      <div
        className="chart-plot"
        ref={ref}
        onPointerMove={(event) => {
          const box = event.currentTarget.getBoundingClientRect();
          onPoint(end - spanMs + ((event.clientX - box.left) / box.width) * spanMs);
        }}
        onPointerLeave={() => onPoint(null)}
      >
        {width > 0 && (
          <svg width={width} height={height} aria-hidden="true">
            <defs>
              <linearGradient id={gradient} x1="0" x2="0" y1="0" y2="1">
                <stop offset="0" className="chart-fill-top" />
                <stop offset="1" className="chart-fill-end" />
              </linearGradient>
            </defs>
            {[1, 0.5].map((part) => (
              <line
                key={part}
                className="chart-grid"
                x1={0}
                x2={width}
                y1={y(top * part)}
                y2={y(top * part)}
              />
            ))}
            <line className="chart-base" x1={0} x2={width} y1={base + 0.5} y2={base + 0.5} />
            {knots
              .filter(({ at }) => at > end - spanMs && at <= end)
              .map(({ at, kind, label }) => (
                <g key={label} className="chart-knot" data-kind={kind}>
                  <line x1={x(at)} x2={x(at)} y1={pad.top - 4} y2={base} />
                  <circle cx={x(at)} cy={base} r={3.5} />
                  <title>{label}</title>
                </g>
              ))}
            {runs.map((run) => (
              <g key={run.key}>
                <path className="chart-area" d={run.area} fill={`url(#${gradient})`} />
                <path className="chart-stroke" d={run.stroke} />
              </g>
            ))}
            {latest && !pointed && (
              <circle
                className="chart-tip"
                cx={Math.min(x(end), width - 3)}
                cy={y(latest[metric])}
                r={3}
              />
            )}
            {pointed && (
              <g className="chart-pointer">
                <line
                  x1={x(pointed.at.getTime())}
                  x2={x(pointed.at.getTime())}
                  y1={pad.top - 4}
                  y2={base}
                />
                <circle cx={x(pointed.at.getTime())} cy={y(pointed[metric])} r={3.5} />
              </g>
            )}
            <text className="chart-label" x={0} y={y(top) - 4}>
              {format(metric, top)}
            </text>
            <g className="chart-axis">
              <text x={0} y={height - 3}>
                {clockTime(new Date(end - spanMs))}
              </text>
              <text x={width / 2} y={height - 3} textAnchor="middle">
                {clockTime(new Date(end - spanMs / 2))}
              </text>
              <text x={width} y={height - 3} textAnchor="end">
                {clockTime(new Date(end))}
              </text>
            </g>
          </svg>
        )}
      </div>
    </figure>
  );
});

/** Cuts the series where nothing was read for longer than `gapMs`: a line across would be made up. */
export function runsOf(readings: readonly Reading[], gapMs: number): Reading[][] {
  const runs: Reading[][] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (const reading of readings) {
    const ms = reading.at.getTime();
    if (ms - last > gapMs) runs.push([]);
    runs.at(-1)!.push(reading);
    last = ms;
  }
  return runs;
}
