/** The readings behind a chart: history first, live after it, never more than the window. Pure. */
import type { Reading, Series } from "../../domain.js";
import { type ChartWindow, chartWindows } from "../../vocabulary.js";

/** What can be drawn of a reading. */
export type Metric = "requests" | "errors" | "p95Ms";

/**
 * Adds a live reading. Within one step of the window the newest replaces the one before, so the
 * right edge is always live and a day's chart does not fill up with seconds.
 */
export function push(
  series: readonly Reading[],
  reading: Reading,
  window: ChartWindow,
): readonly Reading[] {
  const { spanMs, stepMs } = chartWindows[window];
  const last = series.at(-1);
  if (last && reading.at <= last.at) return series; // seen already, or older than what is drawn
  const stepOf = (at: Date) => Math.floor(at.getTime() / stepMs);
  const kept = last && stepOf(last.at) === stepOf(reading.at) ? series.slice(0, -1) : series;
  const from = reading.at.getTime() - spanMs;
  return [...kept.filter(({ at }) => at.getTime() >= from), reading];
}

/** The readings of a series, one by one. */
export function unfold({ from, stepMs, requests, errors, p95Ms }: Series): Reading[] {
  return requests.map((value, index) => ({
    at: new Date(from.getTime() + index * stepMs),
    requests: value,
    errors: errors[index]!,
    p95Ms: p95Ms[index]!,
  }));
}

/** Joins history with the live readings that arrived while it was asked for. */
export function join(
  history: readonly Reading[],
  live: readonly Reading[],
  window: ChartWindow,
): readonly Reading[] {
  return live.reduce((series, reading) => push(series, reading, window), history);
}

/**
 * The top of an axis that starts at 0: a round number just above `max`, so that gridlines have
 * readable labels and the scale does not jump with every reading.
 */
export function niceTop(max: number, atLeast: number): number {
  const wanted = Math.max(max * 1.1, atLeast);
  const magnitude = 10 ** Math.floor(Math.log10(wanted));
  const steps = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];
  return magnitude * steps.find((step) => step * magnitude >= wanted)!;
}

/** The index of the reading nearest to `ms`, -1 when there is none. */
export function nearest(series: readonly Reading[], ms: number): number {
  let low = 0;
  let high = series.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (series[middle]!.at.getTime() < ms) low = middle + 1;
    else high = middle;
  }
  if (low > 0 && ms - series[low - 1]!.at.getTime() < series[low]!.at.getTime() - ms) low -= 1;
  return series.length === 0 ? -1 : low;
}

/** "1,240", "96.4", "0.12 %", "84 ms", "1.3 s". */
export function format(metric: Metric, value: number): string {
  if (metric === "requests") {
    return value >= 100 ? Math.round(value).toLocaleString("en-US") : value.toFixed(1);
  }
  if (metric === "errors") {
    const percent = value * 100;
    return `${percent >= 9.95 ? percent.toFixed(0) : percent >= 0.995 ? percent.toFixed(1) : percent.toFixed(2)} %`;
  }
  return value >= 1_000 ? `${(value / 1_000).toFixed(1)} s` : `${Math.round(value)} ms`;
}
