import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hashRequest } from "./hash.js";

const parse = (text: string): unknown => JSON.parse(text);

describe("the hash of a request", () => {
  it("never changes: servers of two versions share a store", () => {
    expect([
      hashRequest("orders.place", undefined),
      hashRequest("orders.place", { json: { sku: "a-1", quantity: 2, at: null } }),
      hashRequest("long", ["é✓😀".repeat(1_000)]),
      hashRequest("é✓😀", { json: [1.5, -0, 1e300, true, false, "x", [], {}] }),
    ]).toEqual([
      3_150_824_576_660_828, 6_563_033_897_652_380, 3_484_260_825_954_078, 4_280_971_154_140_520,
    ]);
  });

  it("does not ask for the order of members, at any depth", () => {
    const one = parse('{"json":{"a":1,"b":{"c":[{"x":1,"y":2}],"d":null}},"meta":{"v":1}}');
    const other = parse('{"meta":{"v":1},"json":{"b":{"d":null,"c":[{"y":2,"x":1}]},"a":1}}');
    expect(hashRequest("p", one)).toBe(hashRequest("p", other));
  });

  it("asks for the order of everything else", () => {
    const pairs: [unknown, unknown][] = [
      [
        [1, 2],
        [2, 1],
      ],
      [
        ["ab", "c"],
        ["a", "bc"],
      ],
      [[[1], 2], [[1, 2]]],
      [
        { a: 1, b: 2 },
        { a: 2, b: 1 },
      ],
      [{ a: { b: 1 } }, { a: {}, b: 1 }],
      [{ a: 1 }, { a: 1, b: undefined }],
      ["1", 1],
      [1, true],
      [0, false],
      [null, undefined],
      [[], {}],
      ["", []],
      [[null], []],
      [{ "": 1 }, {}],
      ["\u0100", "\u0001"],
      ["\u0001\u0002", "\u0002\u0001"],
      ["x".repeat(2_000), "x".repeat(2_001)],
      [`${"x".repeat(2_000)}\ud800`, `${"x".repeat(2_000)}\ud801`],
      [2 ** 53, 2 ** 53 - 1],
    ];
    for (const [one, other] of pairs) {
      expect([one, hashRequest("p", one)]).not.toEqual([one, hashRequest("p", other)]);
    }
  });

  it("tells procedures apart", () => {
    expect(hashRequest("a", "bc")).not.toBe(hashRequest("ab", "c"));
    expect(hashRequest("a.b", undefined)).not.toBe(hashRequest("a.c", undefined));
  });

  it("is a whole number that JSON carries, and the same for what JSON calls the same", () => {
    fc.assert(
      fc.property(fc.string(), fc.jsonValue(), (path, input) => {
        const hash = hashRequest(path, input);
        expect(Number.isSafeInteger(hash) && hash >= 0).toBe(true);
        expect(hashRequest(path, parse(JSON.stringify(input)))).toBe(hash);
      }),
    );
  });

  it("is different for different inputs", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        const isSame = sorted(one) === sorted(other);
        expect(hashRequest("p", one) === hashRequest("p", other)).toBe(isSame);
      }),
      { numRuns: 1_000 },
    );
  });

  it("spreads inputs that hardly differ: 200,000 of them, and none like another", () => {
    const hashes = new Set<number>();
    const high = new Array<number>(64).fill(0);
    for (let n = 0; n < 100_000; n++) {
      hashes.add(hashRequest("counter.add", { json: { by: n } }));
      hashes.add(hashRequest("counter.add", { json: { by: `${n}`, at: 1 } }));
      high[Math.floor(hashRequest("counter.add", { json: { by: n } }) / 2 ** 47)]!++;
    }
    expect(hashes.size).toBe(200_000);
    // 1,562 each on average; six standard deviations.
    for (const count of high) expect(Math.abs(count - 1_562)).toBeLessThan(6 * 40);
  });
});

/** JSON with the members of all objects in order. */
function sorted(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1)))
      : part,
  );
}
