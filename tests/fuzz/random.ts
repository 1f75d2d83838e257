/**
 * Chance with a seed. What a conversation does follows from the seed and its number, so that one that
 * found something can be had again.
 */

/** Draws. */
export interface Random {
  /** The number of the conversation that draws. */
  readonly turn: number;
  /** A number from 0 up to 1. */
  next(): number;
  /** A whole number from 0 up to `below`. */
  below(below: number): number;
  /** Whether something that is so likely happens. */
  chance(likelihood: number): boolean;
  /** One of some. */
  pick<T>(some: readonly T[]): T;
}

/** Mulberry32: small, fast, and good enough to look into corners. */
export function createRandom(seed: number, turn: number): Random {
  let state = (Math.imul(seed + 1, 0x9e3779b1) + Math.imul(turn, 0x85ebca6b)) >>> 0;
  const draw = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
  const random: Random = {
    turn,
    next: () => draw() / 2 ** 32,
    below: (below) => Math.floor(random.next() * below),
    chance: (likelihood) => random.next() < likelihood,
    pick: (some) => some[random.below(some.length)]!,
  };
  return random;
}

/** Takes one of each group in turn: a group of one is met as often as a group of ten. */
export function inTurn<T>(list: readonly T[], groupOf: (one: T) => unknown) {
  const groups = new Map<unknown, T[]>();
  for (const one of list) groups.set(groupOf(one), [...(groups.get(groupOf(one)) ?? []), one]);
  const inOrder = [...groups.values()];
  return (random: Random): T => random.pick(inOrder[random.turn % inOrder.length]!);
}
