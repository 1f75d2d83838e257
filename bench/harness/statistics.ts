/** Medians, and how far they can be trusted. */

/** A value and the interval that holds it with 95 %. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** The quantile of numbers in rising order; NaN of none. Interpolates between neighbours. */
export function quantile(sorted: readonly number[], q: number): number {
  const place = (sorted.length - 1) * q;
  const below = Math.floor(place);
  const low = sorted[below] ?? Number.NaN;
  const high = sorted[below + 1] ?? low;
  return low + (high - low) * (place - below);
}

export function median(values: readonly number[]): number {
  return quantile(rising(values), 0.5);
}

const resamples = 10_000;

/**
 * The median and its 95 % interval by the percentile bootstrap: draw as many rounds as there were,
 * with repetition, and look where the medians of such draws lie. Nothing is assumed about how times
 * are distributed, which is never normally.
 */
export function estimate(values: readonly number[]): Estimate {
  const random = randomFrom(values.length);
  const medians = Array.from({ length: resamples }, () =>
    median(values.map(() => values[Math.floor(random() * values.length)]!)),
  );
  const sorted = rising(medians);
  return {
    value: median(values),
    low: quantile(sorted, 0.025),
    high: quantile(sorted, 0.975),
  };
}

const rising = (values: readonly number[]) => [...values].sort((a, b) => a - b);

/** Random numbers that are the same each time: a report made twice of the same samples is equal. */
function randomFrom(seed: number) {
  let state = seed;
  // Mulberry32: small, and far better than a median of eleven needs.
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}
