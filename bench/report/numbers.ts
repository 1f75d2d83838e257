/** How numbers are written in reports. */
import type { Measure } from "../harness/question.js";
import type { Estimate } from "../harness/statistics.js";

export function numberText(value: number, digits: number): string {
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return value.toLocaleString("en-US", options);
}

/** `1,234 /s`, `0.5 µs`, `12`. */
export function valueText(value: number, { digits, unit }: Measure): string {
  return `${numberText(value, digits)}${unit && ` ${unit}`}`;
}

/** `1.21 × (1.18–1.25)`; the interval is left out when it says nothing. */
export function ratioText(ratio: Estimate): string {
  return `${numberText(ratio.value, 2)} ×${intervalText(ratio, 2)}`;
}

/** ` (1.18–1.25)`, or nothing where one round was all there was. */
export function intervalText({ low, high }: Estimate, digits: number): string {
  return low === high ? "" : ` (${numberText(low, digits)}–${numberText(high, digits)})`;
}
