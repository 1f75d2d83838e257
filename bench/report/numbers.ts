/** How numbers are written in reports. */
import type { Measure } from "../harness/question.js";
import type { Estimate } from "../harness/statistics.js";
import type { Cell } from "./summary.js";

export function numberText(value: number, digits: number): string {
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return value.toLocaleString("en-US", options);
}

/** `1,234 /s`, `0.5 µs`, `12`. */
export function valueText(value: number, { digits, unit }: Measure): string {
  return `${numberText(value, digits)}${unit && ` ${unit}`}`;
}

/** `1,234 /s · 1.21 × (1.18–1.25)`, `8.9 kB · +0.6 kB (0.5–0.7)`, or the value alone. */
export function cellText({ value, ratio, difference }: Cell, measure: Measure): string {
  const texts = [valueText(value.value, measure)];
  if (ratio) texts.push(`${numberText(ratio.value, 2)} ×${intervalText(ratio, 2)}`);
  if (difference) {
    const sign = difference.value > 0 ? "+" : "";
    const interval = intervalText(difference, measure.digits);
    texts.push(`${sign}${valueText(difference.value, measure)}${interval}`);
  }
  return texts.join(" · ");
}

/** ` (1.18–1.25)`, or nothing where one round was all there was. */
export function intervalText({ low, high }: Estimate, digits: number): string {
  return low === high ? "" : ` (${numberText(low, digits)}–${numberText(high, digits)})`;
}
