/**
 * Encoded values: what a client may send, what it may not, and what looks like the one and is the
 * other. PROTOCOL.md §1.1
 */
import type { Random } from "./random.js";

const texts = ["", "x", "a.b", "\u0000", "\ud800", "é😀", "__proto__", "2026-11-22T08:00:00.000Z"];
const keys = ["a", "b", "id", "0", "1", "", "a.b", "a\\b", "length", "constructor", "toString"];
const numbers = [0, -0, 1, -1, 0.5, 1e21, 2 ** 53, -(2 ** 31), 5e-324, 1.7976931348623157e308];

/** Any JSON, seldom deep. */
export function anyJson(random: Random, depth = 3): unknown {
  switch (random.below(depth > 0 ? 8 : 5)) {
    case 0:
      return random.pick(texts);
    case 1:
      return random.pick(numbers);
    case 2:
      return random.chance(0.5);
    case 3:
      return null;
    case 4:
      return "x".repeat(random.below(40));
    case 5:
      return Array.from({ length: random.below(4) }, () => anyJson(random, depth - 1));
    default:
      return Object.fromEntries(
        Array.from({ length: random.below(4) }, () => [
          random.pick(keys),
          anyJson(random, depth - 1),
        ]),
      );
  }
}

/** JSON and the annotation that restores it, or must not. */
type Annotated = readonly [json: unknown, tree: readonly unknown[]];

const numbersThatCollide = Array.from({ length: 300 }, (_, i) => i * 1_024);

/** What may be restored, each with values that are and values that can not be. */
const restored: Readonly<Record<string, { good: readonly unknown[]; bad: readonly unknown[] }>> = {
  Date: {
    good: ["2026-11-22T08:00:00.000Z", "1970-01-01", "+275760-09-13T00:00:00.000Z", "no date"],
    bad: [0, null, ["2026"], "1".repeat(65)],
  },
  bigint: {
    good: ["0", "-1", "9".repeat(64), `-${"9".repeat(64)}`],
    bad: ["9".repeat(65), "", "0x1", "1.5", 1, null, "1n", " 1"],
  },
  number: { good: ["-0", "NaN", "Infinity", "-Infinity"], bad: ["1", "", "nan", 1, null] },
  URL: {
    good: ["https://example.org/a?b#c", "a:b", "javascript:alert(1)", "http://[::1]/"],
    bad: ["", "example.org", " http://a", "http://漢字/", `http://${"a".repeat(300)}/`, 1],
  },
  undefined: { good: [null, 1, "x", {}], bad: [] },
  set: { good: [[], [1, 2], ["a", "a"], [[]]], bad: ["abc", { length: 3 }, null, 1] },
  map: {
    good: [
      [],
      [[1, 2]],
      [["__proto__", 1]],
      [
        ["a", {}],
        ["a", 1],
      ],
    ],
    bad: ["ab", [1], [["a"]], [["a", 1, 2]], {}, null],
  },
};

/** Names of what may be restored. */
export const restorable: readonly string[] = Object.keys(restored);

/** Annotations that a server refuses whatever they are of. */
export const refusable: readonly (readonly [name: string, annotation: unknown])[] = [
  ["regexp", "regexp"],
  ["Error", "Error"],
  ["class", ["class", "User"]],
  ["custom", ["custom", "Decimal"]],
  ["symbol", ["symbol", "s"]],
  ["typed-array", ["typed-array", "Float64Array"]],
  ["__proto__", "__proto__"],
  ["constructor", ["constructor", "prototype"]],
  ["toString", "toString"],
  ["object", {}],
  ["number?", 7],
];

const canMisfit = restorable.filter((name) => restored[name]!.bad.length > 0);

/** A value that is restored. */
export function goodValue(random: Random): Annotated {
  const name = random.pick(restorable);
  return [random.pick(restored[name]!.good), [name]];
}

/** A value whose annotation is allowed and which does not fit it. */
export function misfit(random: Random): Annotated {
  const name = random.pick(canMisfit);
  return [random.pick(restored[name]!.bad), [name]];
}

/** A value with an annotation that is refused. */
export function refusedValue(random: Random): Annotated {
  return [anyJson(random, 1), [random.pick(refusable)[1]]];
}

const nowhere = [
  "nothing",
  "it.nothing",
  "it.0",
  "list.length",
  "list.9",
  "",
  "it.",
  "a.".repeat(40),
];
const toPrototypes = ["constructor", "it.constructor.prototype", "prototype", "list.prototype.x"];
const badEscapes = ["it\\", "it\\x", "list\\.0\\y"];
const dateAt = (path: string, v: unknown) => ({
  json: { it: { x: 1 }, list: [1, 2] },
  meta: { values: { [path]: ["Date"] }, v },
});

/** What is no encoded value, or one that leads somewhere it must not. */
const broken: readonly ((random: Random) => unknown)[] = [
  (random) => random.pick([null, "text", 7, [], [1], true]),
  (random) => ({ json: 1, meta: random.pick(["x", 7, [], true]) }),
  (random) => ({ json: {}, meta: { values: random.pick(["Date", 7, true]), v: 1 } }),
  (random) => ({
    json: {},
    meta: { referentialEqualities: random.pick(["a", { a: 7 }, [7]]), v: 1 },
  }),
  () => ({ json: { a: 1 }, meta: { referentialEqualities: { a: [1] }, v: 1 } }),
  () => ({ json: { a: { b: null } }, meta: { referentialEqualities: { a: ["a.b"] }, v: 1 } }),
  (random) => dateAt(random.pick(nowhere), random.pick([1, 0, "1", undefined])),
  (random) => dateAt(random.pick(toPrototypes), random.pick([1, 0, "1", undefined])),
  (random) => dateAt(random.pick(badEscapes), 1),
  () => ({ json: numbersThatCollide, meta: { values: ["set"], v: 1 } }),
  () => ({ json: numbersThatCollide.map((n) => [n, 0]), meta: { values: ["map"], v: 1 } }),
];
const places: readonly ((annotated: Annotated) => unknown)[] = [
  ([json, tree]) => ({ json, meta: { values: tree, v: 1 } }),
  ([json, tree]) => ({ json: { it: json }, meta: { values: { it: tree }, v: 1 } }),
  ([json, tree]) => ({ json: [0, json], meta: { values: { 1: tree }, v: 1 } }),
  ([json, tree]) => ({ json: { "a.b": json }, meta: { values: { "a\\.b": tree }, v: 1 } }),
  ([json, tree]) => ({ json: [[json]], meta: { values: { 0: ["set", { 0: tree }] }, v: 1 } }),
];

/** An encoded input of any kind. */
export function anyInput(random: Random): unknown {
  const kind = random.next();
  if (kind < 0.25) return { json: anyJson(random) };
  if (kind < 0.45) return random.pick(places)(goodValue(random));
  if (kind < 0.6) return random.pick(places)(misfit(random));
  if (kind < 0.8) return random.pick(places)(refusedValue(random));
  if (kind < 0.95) return random.pick(broken)(random);
  return undefined;
}
