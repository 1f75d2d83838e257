/**
 * Search: all lives of a world to some depth, each state once, and then random ones beyond. What is
 * found first in breadth is the shortest schedule there is; what is found by chance is shortened.
 */
import type { Budget } from "./budgets.js";
import { rest } from "./rest.js";
import { type Step, World } from "./world.js";

/** A schedule that breaks a promise. */
export interface Finding {
  readonly wrong: readonly string[];
  readonly steps: readonly Step[];
  /** The schedule with what it brought, line by line. */
  readonly story: readonly string[];
}

/** What a search has seen. */
export interface Search {
  readonly finding: Finding | undefined;
  readonly states: number;
  readonly transitions: number;
  /** The longest schedules of which all were tried. */
  readonly depth: number;
}

/** Bounds of a search. */
export interface SearchOptions {
  readonly budget: Budget;
  /** Steps that every schedule begins with. */
  readonly first?: readonly Step[];
  readonly maxDepth?: number;
  /** The longest that it may take, in milliseconds. */
  readonly withinMs?: number;
  /** Whether each new state has to come to rest: it takes most of the time. */
  readonly rests?: boolean;
}

/** Does steps from the beginning; those that can not be done are passed over. */
async function live(budget: Budget, steps: readonly Step[]) {
  const world = await World.begin(budget);
  const done: Step[] = [];
  for (const step of steps) {
    if (!world.steps.includes(step)) continue;
    done.push(step);
    await world.do(step);
    if (world.promises.wrong.length > 0) break;
  }
  return { world, done };
}

/** Tries a schedule, and lets it come to rest. Gives also the steps of it that could be done. */
export async function attempt(
  budget: Budget,
  steps: readonly Step[],
): Promise<{ finding: Finding | undefined; done: readonly Step[] }> {
  const { world, done } = await live(budget, steps);
  if (world.promises.wrong.length === 0) await rest(world);
  return { finding: found(world, done), done };
}

function found({ promises, story }: World, steps: readonly Step[]): Finding | undefined {
  return promises.wrong.length === 0 ? undefined : { wrong: promises.wrong, steps, story };
}

/** Tries all schedules, the shorter ones first. */
export async function searchAll(options: SearchOptions): Promise<Search> {
  const { budget, first = [], maxDepth = Number.POSITIVE_INFINITY, rests = true } = options;
  const endMs = performance.now() + (options.withinMs ?? Number.POSITIVE_INFINITY);
  const known = new Set<string>();
  const rested = new Set<string>();
  let transitions = 0;
  const { world: origin } = await live(budget, first);
  known.add(origin.key);
  let layer = [{ path: [...first], steps: origin.steps }];
  for (let depth = 1; ; depth++) {
    const next: typeof layer = [];
    for (const { path, steps } of layer) {
      for (const step of steps) {
        if (performance.now() > endMs)
          return { finding: undefined, states: known.size, transitions, depth: depth - 1 };
        transitions++;
        const { world } = await live(budget, [...path, step]);
        const { key, steps: more } = world;
        const isNew = !known.has(key);
        if (isNew && rests && world.promises.wrong.length === 0) await rest(world, rested);
        const finding = found(world, [...path, step]);
        if (finding !== undefined) return { finding, states: known.size, transitions, depth };
        if (!isNew) continue;
        known.add(key);
        next.push({ path: [...path, step], steps: more });
      }
    }
    if (next.length === 0 || depth === maxDepth) {
      return { finding: undefined, states: known.size, transitions, depth };
    }
    layer = next;
  }
}

/** Where walks go. */
export interface WalkOptions {
  readonly budget: Budget;
  readonly seed: number;
  readonly walks: number;
  readonly steps?: number;
  readonly withinMs?: number;
  onProgress?(walks: number): void;
}

/** Walks at random, from a seed, until something is found. */
export async function walk(options: WalkOptions): Promise<{ walks: number; finding?: Finding }> {
  const { budget, seed, walks, steps: length = 60, onProgress } = options;
  const endMs = performance.now() + (options.withinMs ?? Number.POSITIVE_INFINITY);
  for (let count = 1; count <= walks && performance.now() < endMs; count++) {
    const random = randomFrom(seed * 1_000_003 + count);
    const slowTurns = random() < 0.3;
    const keepsRecords = random() < 0.5;
    const answersLate = random() < 0.5;
    const hastyAcks = random() < 0.3;
    const life = { ...budget, slowTurns, keepsRecords, answersLate, hastyAcks };
    const world = await World.begin(life);
    const done: Step[] = [];
    while (done.length < length && world.promises.wrong.length === 0) {
      const { steps } = world;
      const step = steps[Math.floor(random() * steps.length)];
      if (step === undefined) break;
      done.push(step);
      await world.do(step);
    }
    if (world.promises.wrong.length === 0) await rest(world);
    if (world.promises.wrong.length > 0) {
      return { walks: count, finding: await shorten(life, done) };
    }
    if (count % 1_000 === 0) onProgress?.(count);
  }
  return { walks };
}

/** Leaves out of a schedule what it does not need. */
async function shorten(budget: Budget, steps: readonly Step[]): Promise<Finding> {
  let best = (await attempt(budget, steps)).finding!;
  for (let size = steps.length >> 1; size >= 1; size = size === 1 ? 0 : size >> 1) {
    for (let at = 0; at < best.steps.length; ) {
      const { finding: shorter } = await attempt(budget, best.steps.toSpliced(at, size));
      if (shorter !== undefined && shorter.steps.length < best.steps.length) best = shorter;
      else at += size;
    }
  }
  return best;
}

/** A finding, to be read. */
export function toText({ wrong, story }: Finding): string {
  const lines = story.map((line, index) => `${String(index + 1).padStart(3)}. ${line}`);
  return [`Broken: ${wrong.join("; ")}`, ...lines].join("\n");
}

/** Mulberry32. */
function randomFrom(seed: number) {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
