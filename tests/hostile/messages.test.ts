/**
 * Messages that are frames and JSON, and wrong all the same: each gets its typed error or ends its
 * own connection with the code that says why. PROTOCOL.md §1–§6
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Arena } from "./arena.js";
import { open, type RawClient } from "./raw-client.js";
import { add, input, query, sentence, subscription, told } from "./requests.js";

let arena: Arena;
let port: number;
let guardedPort: number;
let keptLine: RawClient;
beforeAll(async () => {
  arena = await Arena.open();
  port = await arena.start();
  guardedPort = await arena.start({ authenticates: true });
  await arena.begin();
  keptLine = await open(port);
});
afterAll(async () => {
  await keptLine.leave();
  await arena.end("messages that are wrong");
  await arena.close();
});

let lastId = 0;
/** Asks on the line that all these tests share, so that each shows that it has lived through the last. */
const ask = (message: object) => keptLine.ask({ ...message, id: ++lastId });

/** A text frame on a new connection, and how that ends. */
async function ends(text: string, ...greeting: [object?]) {
  const client = await open(port, greeting.length === 0 ? { hello: false } : {});
  client.text(text);
  return client.ended();
}

describe("before hello", () => {
  it.each([
    ["a call", JSON.stringify(add(1))],
    ["a call and then hello", JSON.stringify([add(1), { method: "hello", version: 1 }])],
    ["a subscription", JSON.stringify(subscription(1, "quiet"))],
    ["a cancel", '{"id":1,"method":"cancel"}'],
    ["connectionParams", '{"method":"connectionParams","data":null}'],
    ["no JSON", "hello"],
    ["null", "null"],
    ["an array in an array", '[[{"method":"hello","version":1}]]'],
  ])("%s ends it with 4500, and nothing runs", async (_what, text) => {
    expect((await ends(text)).code).toBe(4500);
  });

  it.each([
    ["version 0", '{"method":"hello","version":0}', 4501],
    ["version 2", '{"method":"hello","version":2}', 4501],
    ["no version", '{"method":"hello"}', 4500],
    ["a version in words", '{"method":"hello","version":"1"}', 4500],
    ["half a version", '{"method":"hello","version":1.5}', 4500],
    ["credentials that are a list", '{"method":"hello","version":1,"credentials":["a"]}', 4500],
    ["credentials of credentials", '{"method":"hello","version":1,"credentials":{"a":{}}}', 4500],
    ["a client that is a number", '{"method":"hello","version":1,"client":1}', 4500],
    ["__proto__", '{"method":"hello","version":1,"__proto__":{"version":1}}', 4500],
  ])("a hello with %s ends it", async (_what, text, code) => {
    expect((await ends(text)).code).toBe(code);
  });

  it.each([
    ["credentials", { credentials: { token: "x".repeat(1_048_000) } }],
    ["a name", { client: "x".repeat(1_048_000) }],
    ["a contract", { contract: "x".repeat(1_048_000) }],
  ])("a hello with %s of a megabyte ends it with 4500: it would be kept", async (_what, rest) => {
    const text = JSON.stringify({ method: "hello", version: 1, ...rest });
    expect((await ends(text)).code).toBe(4500);
  });

  it("a hello with a megabyte that nobody reads is welcome", async () => {
    const client = await open(port, { hello: { note: "x".repeat(1_048_000) } });
    await client.leave();
  });

  it.each([
    ["no credentials", {}],
    ["wrong ones", { credentials: { token: "guess" } }],
    ["those of another's name", { credentials: { constructor: "t-ana" } }],
  ])(
    "a hello with %s ends it with 4502, told before, and what waited does not run",
    async (_what, hello) => {
      const client = await open(guardedPort, { hello: false });
      client.say({ method: "hello", version: 1, ...hello }, query(1, "echo", input(1)));
      expect((await client.ended()).code).toBe(4502);
      expect(client.heard.map(told)).toEqual(["UNAUTHORIZED"]);
    },
  );

  it("credentials that can not be looked at end it with 4005: come back", async () => {
    const client = await open(guardedPort, { hello: false });
    client.say({ method: "hello", version: 1, credentials: { token: "broken" } });
    expect((await client.ended()).code).toBe(4005);
  });

  it("calls that wait may have a frame's worth of bytes, and no more", async () => {
    const client = await open(guardedPort, { hello: false });
    client.say({ method: "hello", version: 1, credentials: { token: "slow" } });
    const big = query(1, "echo", input("x".repeat(400_000)));
    client.say(big);
    client.say(big);
    client.say(big);
    expect(await client.ended()).toMatchObject({ code: 4500 });
  });

  it.each([
    ["a call", JSON.stringify(add(1)), 4502],
    ["no JSON", "connectionParams", 4502],
    ["nested ones", '{"method":"connectionParams","data":{"token":{"a":"b"}}}', 4502],
    [
      "long ones",
      JSON.stringify({ method: "connectionParams", data: { token: "x".repeat(20_000) } }),
      4502,
    ],
    ["__proto__", '{"method":"connectionParams","data":{"__proto__":"t-ana"}}', 4502],
  ])("%s instead of connectionParams: told, then 4502", async (_what, text, code) => {
    const client = await open(port, { dialect: "base", target: "/?connectionParams=1" });
    client.text(text);
    expect((await client.ended()).code).toBe(code);
    expect(client.heard.map(told)).toEqual(["PARSE_ERROR"]);
  });

  it("only versions that nobody speaks: accepted, to be closed with 4501", async () => {
    const client = await open(port, {
      dialect: "base",
      headers: { "Sec-WebSocket-Protocol": "tautline.9" },
    });
    expect((await client.ended()).code).toBe(4501);
  });
});

describe("JSON", () => {
  it.each([
    ["a hundred thousand levels deep", "[".repeat(100_000)],
    ["a hundred thousand levels deep, and whole", "[".repeat(100_000) + "]".repeat(100_000)],
    ["cut off", '{"id":1,"method":"query","params":{"path":"add"'],
    ["with a comma too many", '{"id":1,}'],
    ["with a comment", '{"id":1}//'],
    ["with NaN", '{"id":NaN}'],
    ["with a byte order mark", '\ufeff{"id":1}'],
    ["two at once", '{"id":1}{"id":2}'],
    ["of a megabyte of spaces", " ".repeat(1_048_576)],
    ["of a megabyte of quotes", '"'.repeat(1_048_576)],
    ["of a megabyte of backslashes", `"${"\\".repeat(1_048_575)}`],
  ])(
    "that is %s ends the full dialect with 4500, and the base dialect goes on",
    async (_what, text) => {
      expect((await ends(text, {})).code).toBe(4500);
      const base = await open(port, { dialect: "base" });
      base.text(text);
      expect(told(await base.answerTo(null))).toBe("PARSE_ERROR");
      expect(told(await base.ask(add(1)))).toBe(3);
      await base.leave();
    },
  );

  it("with a number of a million digits is read like any other", async () => {
    const client = await open(port);
    const text = JSON.stringify(query(1, "echo", input(0))).replace(
      '"json":0',
      `"json":${"9".repeat(1_000_000)}`,
    );
    client.text(text);
    // JSON has no word for what is beyond all numbers; superjson does.
    expect(told(await client.answerTo(1))).toBe("Infinity");
    await client.leave();
  });

  it.each([
    ["a number", "1"],
    ["a text", '"PING"'],
    ["null", "null"],
    ["an array in an array", "[[]]"],
    ["a message without an id", '{"method":"query","params":{"path":"add"}}'],
    ["an id that is null", '{"id":null,"method":"query","params":{"path":"add"}}'],
    ["an id that is true", '{"id":true,"method":"cancel"}'],
    ["an id that is an object", '{"id":{},"method":"cancel"}'],
    ["an empty id", '{"id":"","method":"cancel"}'],
    ["an id of 129 letters", `{"id":"${"x".repeat(129)}","method":"cancel"}`],
    ["an id of a megabyte", `{"id":"${"x".repeat(1_000_000)}","method":"cancel"}`],
    ["an id beyond all numbers", '{"id":1e999,"method":"cancel"}'],
    ["no credit", '{"id":1,"method":"credit","count":0}'],
    ["connectionParams, too late", '{"method":"connectionParams","data":null}'],
    ["hello, a second time", '{"method":"hello","version":1}'],
  ])("that is %s ends the full dialect with 4500", async (_what, text) => {
    expect((await ends(text, {})).code).toBe(4500);
  });

  it("that repeats its members has the last of each", async () => {
    const client = await open(port);
    client.text(
      '{"id":1,"id":2,"method":"cancel","method":"query","params":{"path":"no"},"params":{"path":"add","input":{"json":{"a":1,"b":2}}}}',
    );
    expect(told(await client.answerTo(2))).toBe(3);
    await client.leave();
  });

  it("that is one bad message of many voids none of the others", async () => {
    const messages = [
      add("a"),
      { id: "b" },
      add("c"),
      query("d", 7),
      add("e"),
      query("f", "no.such"),
    ];
    const answers = await Promise.all([
      keptLine.say(...messages),
      ...messages.map(({ id }) => keptLine.answerTo(id)),
    ]);
    expect(answers.slice(1).map(told)).toEqual([
      3,
      "BAD_REQUEST",
      3,
      "BAD_REQUEST",
      3,
      "NOT_FOUND",
    ]);
  });
});

describe("a request", () => {
  it.each<[string, object]>([
    ["without params", { method: "query" }],
    ["with params that are a list", { method: "query", params: ["add"] }],
    ["with params that are text", { method: "query", params: "add" }],
    ["without a path", { method: "query", params: {} }],
    ["with a path that is a list", { method: "query", params: { path: ["add"] } }],
    ["with a path of 257 characters", { method: "query", params: { path: "x".repeat(257) } }],
    ["with a path of a megabyte", { method: "query", params: { path: "x".repeat(1_000_000) } }],
    [
      "with a lastEventId that is a number",
      { method: "subscription", params: { path: "notes", lastEventId: 1 } },
    ],
    ["with a deadline of nothing", { ...add(0), deadlineMs: 0 }],
    ["with a deadline that was before", { ...add(0), deadlineMs: -1 }],
    ["with a deadline in words", { ...add(0), deadlineMs: "1000" }],
    ["with another jsonrpc", { ...add(0), jsonrpc: "1.0" }],
    ["with a method that nobody knows", { method: "dance" }],
    ["with a method of every object", { method: "__proto__" }],
    ["with a method that is none", { method: { toString: "query" } }],
    ["without a method", {}],
  ])("%s is answered with BAD_REQUEST under its id", async (_what, message) => {
    expect(told(await ask(message))).toBe("BAD_REQUEST");
  });

  it("under an id that still runs is answered with BAD_REQUEST, and the first one goes on", async () => {
    const client = await open(port);
    client.say(query(7, "slow", input({ ms: 60_000 })), add(7));
    expect(told(await client.answerTo(7))).toBe("BAD_REQUEST");
    client.say({ id: 7, method: "cancel" });
    await client.until("the first one's answer", () =>
      client.heard.some((message) => told(message) === "CANCELLED"),
    );
    await client.leave();
  });

  it.each([
    "-0",
    "1e308",
    "-1.5",
    '"__proto__"',
    '"constructor"',
    '"\\ud800"',
    '"\\u0000\\n"',
    '"1"',
  ])("under the id %s is answered under the same", async (id) => {
    const client = await open(port);
    client.text(JSON.stringify(add(0)).replace('"id":0', `"id":${id}`));
    const expected: unknown = JSON.parse(id);
    const answer = await client.until("an answer", () => client.heard.find((m) => m.result));
    expect([answer.id, told(answer)]).toEqual([expected === 0 ? 0 : expected, 3]);
    await client.leave();
  });

  const letters = (...codes: number[]) => String.fromCharCode(...codes);
  it.each([
    "",
    ".",
    "..",
    "add.",
    ".add",
    "add.add",
    "count",
    "count.",
    "count..people",
    "plain",
    "plain.plain",
    "ADD",
    "add ",
    "a/b",
    "../add",
    "%61dd",
    "__proto__",
    "__proto__.add",
    "constructor",
    "constructor.prototype",
    "prototype",
    "toString",
    "hasOwnProperty",
    "plain.__proto__",
    "plain.constructor",
    "_def",
    "_def.procedures",
    "createCaller",
    letters(0),
    `add${letters(0)}`,
    `add${letters(10)}warn: All is well`,
    letters(0x1b, 0x5b, 0x32, 0x4a),
    letters(0xd800),
    letters(0xdc00, 0xd800),
    letters(0xfffe),
    letters(0x202e),
  ])(
    "for the path %j is answered with NOT_FOUND, by contracts and hand-written routers",
    async (path) => {
      for (const method of ["query", "mutation", "subscription"]) {
        const answer = await ask({ method, params: { path, input: input({}) } });
        expect(told(answer)).toBe("NOT_FOUND");
      }
    },
  );

  it("for a procedure of another kind is answered with NOT_FOUND", async () => {
    for (const path of ["add", "plain.add"]) {
      for (const method of ["mutation", "subscription"]) {
        expect(told(await ask({ ...add(0), method, params: { path } }))).toBe("NOT_FOUND");
      }
    }
  });

  const nested = (levels: number) => JSON.parse(`${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`);
  it.each<[string, unknown, string]>([
    ["one level too deep", nested(62), "Cannot accept JSON 65 levels deep: maxJsonDepth is 64"],
    [
      "thousands of levels deep",
      nested(1_000),
      "Cannot accept JSON 65 levels deep: maxJsonDepth is 64",
    ],
    [
      "of too many values",
      new Array(100_000).fill(0),
      "Cannot accept JSON of 100007 values: maxJsonNodes is 100000",
    ],
    [
      "of too many objects",
      Array.from({ length: 100_000 }, () => ({})),
      "Cannot accept JSON of 100007 values: maxJsonNodes is 100000",
    ],
  ])(
    "%s is answered with BAD_REQUEST, and the others of its frame with what they asked for",
    async (_what, json, reason) => {
      const [wrong, right] = [++lastId, ++lastId];
      keptLine.say(query(wrong, "echo", input(json)), add(right));
      expect(sentence(await keptLine.answerTo(wrong))).toBe(reason);
      expect(told(await keptLine.answerTo(right))).toBe(3);
    },
  );

  it("for more than a frame may carry is answered with PAYLOAD_TOO_LARGE", async () => {
    expect(told(await ask(query(0, "letters", input({ count: 2_000_000 }))))).toBe(
      "PAYLOAD_TOO_LARGE",
    );
  });

  it("whose handler breaks is answered with INTERNAL and an incident, and nothing of what broke", async () => {
    await arena.log();
    for (const path of ["fails.bug", "plain.bug", "fails.output"]) {
      const answer = await ask(query(0, path));
      expect(told(answer)).toBe("INTERNAL");
      expect(JSON.stringify(answer)).not.toMatch(/hunter2|at |\.ts|\.mjs/);
    }
    const { lines } = await arena.log();
    expect(lines.filter(({ level }) => level === "error")).toHaveLength(3);
  });

  it("that is wrong is told in a sentence that a page may show, without what was sent", async () => {
    const answer = await ask({ ...query(0, "strict", input({ "<script>alert(1)</script>": 1 })) });
    expect(told(answer)).toBe("INVALID_INPUT");
    expect(sentence(answer)).toMatch(/^Invalid input/);
  });

  it("with a hundred thousand wrong values is answered in less than a frame", async () => {
    const wrong = Array.from({ length: 49_000 }, () => ({ name: 1 }));
    for (const path of ["count.people", "plain.people"]) {
      const answer = await ask(query(0, path, input(wrong)));
      expect(["INVALID_INPUT", "PAYLOAD_TOO_LARGE"]).toContain(told(answer));
      expect(JSON.stringify(answer).length).toBeLessThan(65_536);
    }
  });

  it("with a hundred thousand keys too many is answered in less than a frame", async () => {
    const wrong = Object.fromEntries(Array.from({ length: 49_000 }, (_, i) => [`key-${i}`, 0]));
    const answer = await ask(query(0, "strict", input(wrong)));
    expect(JSON.stringify(answer).length).toBeLessThanOrEqual(1_048_576);
  });
});

describe("a message that came too late", () => {
  it.each(["cancel", "subscription.stop", "credit"])(
    "%s of what has ended is ignored",
    async (method) => {
      const client = await open(port);
      client.say({ id: 7, method, count: 1 });
      expect(told(await client.ask(add(7)))).toBe(3);
      client.say({ id: 7, method, count: 1 });
      expect(told(await client.ask(add(8)))).toBe(3);
      expect(client.heard).toHaveLength(3);
      await client.leave();
    },
  );

  it("credit beyond all counting does no harm", async () => {
    const client = await open(port);
    client.say(subscription(1, "numbers", input({ to: 100 })));
    for (let n = 0; n < 5; n++)
      client.say({ id: 1, method: "credit", count: Number.MAX_SAFE_INTEGER });
    await client.until("its end", () =>
      client.heard.some((message) => told(message) === "stopped"),
    );
    expect(client.heard.filter((message) => message.result?.type === "data")).toHaveLength(100);
    await client.leave();
  });
});
