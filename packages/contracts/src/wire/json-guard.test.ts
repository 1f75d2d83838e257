import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkJson, checkJsonValue, holdsProtoKey, mayHoldProtoKey } from "./json-guard.js";

const generous = { maxDepth: 64, maxNodes: 100_000 };
const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);

describe("checkJson", () => {
  it("names the limit and what exceeds it", () => {
    expect(checkJson(nested(65), generous)).toBe(
      "Cannot accept JSON 65 levels deep: maxJsonDepth is 64",
    );
    expect(checkJson("[1,2,3]", { maxDepth: 64, maxNodes: 3 })).toBe(
      "Cannot accept JSON of 4 values: maxJsonNodes is 3",
    );
  });

  it("accepts what stays at the limits", () => {
    expect(checkJson(nested(64), generous)).toBeUndefined();
    expect(checkJson("[1,2,3]", { maxDepth: 1, maxNodes: 4 })).toBeUndefined();
  });

  it("counts values, and neither keys nor empty containers twice", () => {
    for (const [text, nodes] of [
      ["1", 1],
      ["[]", 1],
      ["[ ]", 1],
      ["{}", 1],
      ['{"a":1}', 2],
      ['[[],{},"",null]', 5],
      ['{"a":{"b":[1,[2]]},"c":0}', 7],
    ] as const) {
      expect(checkJson(text, { maxDepth: 64, maxNodes: nodes })).toBeUndefined();
      const limits = { maxDepth: 64, maxNodes: nodes - 1 };
      expect(checkJson(text, limits)).toContain(`JSON of ${nodes} values`);
    }
  });

  it("takes brackets and commas in strings for text, whatever is escaped before them", () => {
    const limits = { maxDepth: 1, maxNodes: 3 };
    expect(checkJson(JSON.stringify(["[[[[,,,,", '"[[,,']), limits)).toBeUndefined();
    expect(checkJson(JSON.stringify(["\\", '\\"[[,,\\']), limits)).toBeUndefined();
    expect(checkJson(JSON.stringify(['\\\\"', [0]]), limits)).toContain("2 levels");
  });

  it("ends on text that is no JSON", () => {
    for (const text of ['"', '["\\', "[[[", "]]]]", '{"a', ",,,,", ""]) {
      expect(checkJson(text.padEnd(200), { maxDepth: 4, maxNodes: 10 })).toBeUndefined();
    }
  });

  it("agrees with a walk over the parsed value", () => {
    const limits = fc.record({ maxDepth: fc.nat(5), maxNodes: fc.integer({ min: 1, max: 20 }) });
    const spaces = fc.constantFrom(0, 1);
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), limits, spaces, (value, limits, space) => {
        const ofText = checkJson(JSON.stringify(value, null, space), limits);
        const ofValue = checkJsonValue(value, limits);
        expect(ofText === undefined).toBe(ofValue === undefined);
      }),
      { seed: 20_261_122, numRuns: 1_000 },
    );
  });
});

describe("checkJsonValue", () => {
  it("names the limit and what exceeds it", () => {
    expect(checkJsonValue(JSON.parse(nested(65)), generous)).toContain("maxJsonDepth is 64");
    const many = new Array(200_000).fill(0);
    expect(checkJsonValue({ many }, generous)).toContain("200002 values");
  });

  it("survives a depth that recursion would not", () => {
    const deep = JSON.parse(nested(100_000));
    expect(checkJsonValue(deep, generous)).toContain("65 levels deep");
  });
});

describe("a key __proto__", () => {
  it.each([
    '{"__proto__":{}}',
    '[1,{"a":[{"__proto__" \t\n:null}]}]',
    '{"\\u005f_pr\\u006Fto_\\u005F":1}',
    String.raw`{"\u005f\u005f\u0070\u0072\u006f\u0074\u006f\u005f\u005f":1}`,
  ])("is found in %s", (text) => {
    expect(mayHoldProtoKey(text)).toBe(true);
    expect(holdsProtoKey(JSON.parse(text))).toBe(true);
  });

  it.each([
    '{"a":"__proto__"}',
    '["__proto__"]',
    '{"__proto":1,"_proto__":2,"x__proto__":3,"__proto__ ":4,"__PROTO__":5}',
    '{"constructor":{"prototype":{}}}',
    String.raw`{"a":"\"__proto__\":1"}`,
    String.raw`{"\u0000":1}`,
  ])("is not found in %s", (text) => {
    expect(mayHoldProtoKey(text)).toBe(false);
    expect(holdsProtoKey(JSON.parse(text))).toBe(false);
  });

  it("is found by one look at the text wherever a walk over the value finds it", () => {
    const key = fc.oneof(fc.constantFrom("__proto__", '"__proto__', "a"), fc.string());
    const escaped = (text: string) =>
      text.replace(/[_prot]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
    fc.assert(
      fc.property(fc.array(fc.tuple(key, fc.jsonValue())), fc.boolean(), (entries, escapes) => {
        const fields = entries.map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v)}`);
        const plain = `{${fields.join()}}`;
        const text = escapes ? escaped(plain.replace(/true|null/g, "0")) : plain;
        if (holdsProtoKey(JSON.parse(text))) expect(mayHoldProtoKey(text)).toBe(true);
      }),
      { seed: 20_261_122, numRuns: 2_000 },
    );
  });

  it("takes a walk of linear time, however deep", () => {
    expect(holdsProtoKey(JSON.parse(nested(100_000)))).toBe(false);
  });
});
