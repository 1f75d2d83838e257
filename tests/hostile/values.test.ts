/**
 * Values that superjson would work on for seconds, or restore to what nobody asked for: refused by
 * name, in an answer under the call's id. PROTOCOL.md §1.1
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Arena } from "./arena.js";
import { open, type RawClient } from "./raw-client.js";
import { add, input, query, sentence, told } from "./requests.js";

let arena: Arena;
let client: RawClient;
beforeAll(async () => {
  arena = await Arena.open();
  const port = await arena.start();
  await arena.begin();
  client = await open(port);
});
afterAll(async () => {
  expect(told(await client.ask(add("the line has lived through all of it")))).toBe(3);
  await client.leave();
  await arena.end("values that are hostile");
  await arena.close();
});

let lastId = 0;
/** What an encoded input comes to, in a contract's procedure and in a hand-written one. */
async function decoded(encoded: unknown) {
  const answers = [];
  for (const path of ["echo", "plain.echo"]) {
    answers.push(await client.ask(query(++lastId, path, encoded)));
  }
  const [first, second] = answers.map((answer) => [told(answer), sentence(answer)]);
  expect(first).toEqual(second);
  return { told: first![0], sentence: first![1] as string, answer: answers[0] };
}

/** The refusal of a value under `it` with an annotation. */
const refusalOf = async (json: unknown, ...tree: unknown[]) => {
  const { told, sentence } = await decoded(input({ it: json }, { it: tree }));
  expect(told).toBe("BAD_REQUEST");
  return sentence;
};

describe("an annotation that only superjson's own peers may send is refused:", () => {
  it.each<[string, unknown, unknown]>([
    ["regexp", "/(a+)+$/", "regexp"],
    ["Error", { name: "Error", message: "x" }, "Error"],
    ["class", { admin: true }, ["class", "User"]],
    ["custom", "1", ["custom", "Decimal"]],
    ["symbol", "s", ["symbol", "s"]],
    ["typed-array", [1], ["typed-array", "Uint8Array"]],
    ["typed-array of half a gigabyte", 500_000_000, ["typed-array", "Float64Array"]],
    ["an unknown name", 1, "Buffer"],
    ["a name of every object", 1, "__proto__"],
    ["a method of every object", 1, "toString"],
    ["no name", 1, null],
    ["a number", 1, 7],
    ["an object", 1, {}],
    ["a list", 1, []],
    ["a name of a megabyte", 1, "x".repeat(900_000)],
  ])("%s", async (_what, json, annotation) => {
    expect(await refusalOf(json, annotation)).toMatch(/^Cannot (accept|decode) .{1,200}$/);
  });
});

describe("an annotation that is allowed is held to what it may be:", () => {
  const numbers = (count: number) => Array.from({ length: count }, (_, i) => i * 1_024);
  it.each<[string, unknown, string]>([
    ["a date that is a number", 0, "Date"],
    ["a date of a megabyte", "1".repeat(900_000), "Date"],
    ["a bigint of 65 digits", "9".repeat(65), "bigint"],
    ["a bigint of a megabyte", "9".repeat(900_000), "bigint"],
    ["a bigint in hex", "0xff", "bigint"],
    ["an empty bigint", "", "bigint"],
    ["a bigint with a point", "1.5", "bigint"],
    ["a bigint that is a number", 1, "bigint"],
    ["a number that is one", "5", "number"],
    ["a number in words", "Infinite", "number"],
    ["a set that is a text", "abc", "set"],
    ["a set that has a length", { length: 1e9 }, "set"],
    ["a set of numbers that collide", numbers(300), "set"],
    ["a map that is a text", "ab", "map"],
    ["a map of texts", ["ab", "cd"], "map"],
    ["a map of threes", [[1, 2, 3]], "map"],
    ["a map of numbers that collide", numbers(300).map((n) => [n, 0]), "map"],
    ["a URL that is none", "not a url", "URL"],
    ["a URL of a megabyte", `http://a/${"x".repeat(900_000)}`, "URL"],
    ["a URL in another script", `http://${"漢".repeat(5_000)}/`, "URL"],
    ["a URL with a long host", `http://${"a".repeat(300)}/`, "URL"],
    ["a URL with blanks", " http://a/", "URL"],
  ])("%s", async (_what, json, annotation) => {
    expect(await refusalOf(json, annotation)).toMatch(/^Cannot (accept|decode) .{1,200}$/);
  });

  it.each<[string, unknown, unknown[], unknown]>([
    ["no date", "tomorrow", ["Date"], null],
    ["the last date", "+275760-09-13T00:00:00.000Z", ["Date"], "+275760-09-13T00:00:00.000Z"],
    ["a bigint of 64 digits", `-${"9".repeat(64)}`, ["bigint"], `-${"9".repeat(64)}`],
    ["-0", "-0", ["number"], "-0"],
    ["NaN", "NaN", ["number"], "NaN"],
    ["what is undefined", 7, ["undefined"], null],
    ["an empty map", [], ["map"], []],
    [
      "a map with a key __proto__",
      [["__proto__", { admin: true }]],
      ["map"],
      [["__proto__", { admin: true }]],
    ],
    ["a set of sets", [[], []], ["set", { 0: ["set"], 1: ["set"] }], [[], []]],
    ["a URL of a script", "javascript:alert(1)", ["URL"], "javascript:alert(1)"],
  ])("but %s is restored", async (_what, json, tree, again) => {
    const { told } = await decoded(input({ it: json }, { it: tree }));
    expect(told).toEqual({ it: again });
  });
});

describe("a path of an annotation", () => {
  it.each([
    "__proto__",
    "constructor",
    "prototype",
    "it.__proto__",
    "it.constructor.prototype",
    "__proto__.polluted",
    "constructor.prototype.polluted",
    "nothing",
    "it.nothing",
    "it.0",
    "list.length",
    "list.-1",
    "list.2",
    "list.00",
    "",
    ".",
    "it.",
    "it\\",
    "it\\x",
    "toString",
    `it.${"a.".repeat(100_000)}`,
  ])("%j leads nowhere, and is refused", async (path) => {
    const encoded = input({ it: { a: 1 }, list: [1, 2] }, { [path]: ["Date"] });
    // A key `__proto__` in the message itself is refused before anybody looks at paths.
    const { told, sentence } = await decoded(JSON.parse(JSON.stringify(encoded)));
    expect(told).toBe("BAD_REQUEST");
    expect(sentence).toMatch(/^Cannot (accept|decode) .{1,200}$/);
  });
});

describe("what is no value", () => {
  it.each<[string, unknown]>([
    ["null", null],
    ["a text", "text"],
    ["a list", []],
    ["meta that is a text", { json: 1, meta: "x" }],
    ["meta that is a list", { json: 1, meta: [1] }],
    ["values that are a text", { json: 1, meta: { values: "Date", v: 1 } }],
    ["values that are a number", { json: 1, meta: { values: 7, v: 1 } }],
    ["branches that are a list", { json: {}, meta: { values: { a: [["Date"]] }, v: 1 } }],
    ["references that are a text", { json: 1, meta: { referentialEqualities: "ab", v: 1 } }],
    [
      "references to a number",
      { json: { a: 1 }, meta: { referentialEqualities: { a: [1] }, v: 1 } },
    ],
    [
      "references to prototypes",
      { json: { a: {} }, meta: { referentialEqualities: { a: ["__proto__"] }, v: 1 } },
    ],
  ])("%s is refused", async (_what, encoded) => {
    const { told, sentence } = await decoded(encoded);
    expect(told).toBe("BAD_REQUEST");
    expect(sentence).toMatch(/^Cannot decode .{1,200}$/);
  });

  it("a circle is refused", async () => {
    const meta = { referentialEqualities: { a: ["a.self"] }, v: 1 };
    const { told, sentence } = await decoded({ json: { a: { self: null } }, meta });
    expect([told, sentence]).toEqual([
      "BAD_REQUEST",
      'Cannot decode a reference in a circle at "a.self"',
    ]);
  });

  it("references that are none cost only the identity", async () => {
    const meta = { referentialEqualities: { a: ["b"] }, v: 1 };
    const { told } = await decoded({ json: { a: { x: 1 }, b: { x: 1 } }, meta });
    expect(told).toEqual({ a: { x: 1 }, b: { x: 1 } });
  });

  it("annotations nested beyond reason are refused, by depth of the frame or of the tree", async () => {
    let tree: unknown = ["Date"];
    for (let n = 0; n < 28; n++) tree = ["set", { 0: tree }];
    const { told } = await decoded({ json: [], meta: { values: tree, v: 1 } });
    expect(told).toBe("BAD_REQUEST");
  });
});

describe("keys", () => {
  it.each(["__proto__", "\\u005f\\u005fproto\\u005f_"])(
    "%s is refused wherever it is",
    async (key) => {
      for (const text of [
        `{"json":{"${key}":{"polluted":true}}}`,
        `{"json":[[{"${key}":null}]]}`,
        `{"json":1,"meta":{"values":{"${key}":["Date"]},"v":1}}`,
        `{"json":1,"${key}":1}`,
      ]) {
        const id = ++lastId;
        client.text(JSON.stringify(query(id, "echo", 0)).replace('"input":0', `"input":${text}`));
        const answer = await client.answerTo(id);
        expect([told(answer), sentence(answer)]).toEqual([
          "BAD_REQUEST",
          "Cannot accept the key `__proto__`",
        ]);
      }
    },
  );

  it("constructor and prototype are names like any other where a schema takes them", async () => {
    const json = { constructor: { prototype: { polluted: true } }, prototype: 1 };
    const answer = await client.ask(query(++lastId, "count.keys", input(json)));
    expect(told(answer)).toBe(2);
  });

  it("names of every object are values, not what every object has", async () => {
    const json = { toString: 1, hasOwnProperty: 2, valueOf: 3, length: 4 };
    expect((await decoded(input(json))).told).toEqual(json);
  });
});

describe("a megabyte of", () => {
  const bytes = 1_000_000;
  const repeated = (item: string) =>
    `[${new Array(Math.floor(bytes / (item.length + 1))).fill(item).join()}]`;
  it.each<[string, string]>([
    ["text", `{"json":"${"x".repeat(bytes)}"}`],
    ["escapes", `{"json":"${"\\u0041".repeat(bytes / 6)}"}`],
    ["long texts", `{"json":${repeated(`"${"y".repeat(100)}"`)}}`],
    [
      "references",
      `{"json":{"a":{},"b":{}},"meta":{"v":1,"referentialEqualities":{"a":${repeated('"b.b.b.b.b.b"')}}}}`,
    ],
    [
      "paths into one list",
      `{"json":[${"0,".repeat(30_000)}0],"meta":{"v":1,"values":{${Array.from({ length: 30_000 }, (_, i) => `"${i}":["undefined"]`).join()}}}}`,
    ],
  ])("%s is answered, and costs its share", async (_what, text) => {
    const id = ++lastId;
    client.text(JSON.stringify(query(id, "add", 0)).replace('"input":0', `"input":${text}`));
    const answer = await client.answerTo(id);
    expect(["INVALID_INPUT", "BAD_REQUEST"]).toContain(told(answer));
  });
});
