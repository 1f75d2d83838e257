/** Chance with a seed: what a run does follows from it, so that one that found something comes again. */

/** Draws. */
export interface Random {
  readonly seed: number;
  /** A number from 0 up to 1. */
  next(): number;
  /** A whole number from `from` to `to`, both included. */
  between(from: number, to: number): number;
  /** Whether something that is so likely happens. */
  chance(likelihood: number): boolean;
  /** One of some. */
  pick<T>(some: readonly T[]): T;
}

/** Mulberry32, begun with a scrambled seed: neighbours must not draw alike. */
export function createRandom(seed: number): Random {
  let state = Math.imul(seed + 1, 0x9e3779b1) >>> 0;
  function next() {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }
  return {
    seed,
    next,
    between: (from, to) => from + Math.floor(next() * (to - from + 1)),
    chance: (likelihood) => next() < likelihood,
    pick: (some) => some[Math.floor(next() * some.length)]!,
  };
}
