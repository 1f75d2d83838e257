/**
 * Request records, as somebody uses them who means harm: more keys than a store keeps, answers that
 * fill it, and first sendings that never were. PROTOCOL.md §10
 */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Arena } from "./arena.js";
import { json } from "./frames.js";
import { open, type RawClient } from "./raw-client.js";
import { add, print, told } from "./requests.js";

const mebibyte = 1_048_576;
// Beyond these floods, the rate of messages is another test's.
const limits = { messagesPerSecond: 1_000_000, messageBurst: 1_000_000 };
const session = { graceMs: 500 };

let arena: Arena;
/** Takes what is refused anyway. */
let port: number;
/** Tells users apart. */
let usersPort: number;
beforeAll(async () => {
  arena = await Arena.open();
  port = await arena.start({ limits, session });
  usersPort = await arena.start({ limits, session, authenticates: true });
});
afterAll(() => arena.close());

const asUser = (token: string) => ({ hello: { session: {}, credentials: { token } } });
const begin = (port: number) => open(port, { hello: { session: {} } });
const welcomeOf = ({ heard }: RawClient) => heard.find(({ method }) => method === "welcome");

/** Sends mutations, few enough at a time, and counts their answers. */
async function flood(client: RawClient, count: number, toMessage: (n: number) => object) {
  const each = 50; // below the 64 that may be in flight
  for (let n = 0; n < count; n += each) {
    client.say(...Array.from({ length: each }, (_, i) => toMessage(n + i)));
    await client.answerTo(n + each - 1);
    client.say({ method: "ack", received: n + each });
  }
  const counts: Record<string, number> = {};
  for (const message of client.heard) {
    if (message.id === undefined) continue;
    const answer = String(told(message));
    counts[answer] = (counts[answer] ?? 0) + 1;
  }
  return counts;
}

const longKey = (n: number) => `${n}`.padEnd(128, "é");

describe("more keys than a store keeps", () => {
  it("are refused with NOT_RECORDED, run nothing, and leave room for those without", async () => {
    const smallPort = await arena.start({ limits, session, requests: { maxRecords: 1_000 } });
    await arena.withstands("10,000 mutations with a key of 128 characters", async () => {
      await arena.server.tell("ran");
      const before = await arena.server.tell("memory");
      const client = await open(smallPort);
      const counts = await flood(client, 10_000, (n) => print(n, 1, { key: longKey(n) }));
      // The last tenth is not for keys.
      expect(counts).toEqual({ x: 900, NOT_RECORDED: 9_100 });
      expect(await arena.server.tell("ran")).toBe(900);
      const other = await begin(smallPort);
      expect(told(await other.ask(print(1, 1)))).toBe("x");
      const { live } = await arena.server.tell("memory");
      expect(live - before.live).toBeLessThan(4 * mebibyte);
      await client.leave();
      await other.leave();
    });
  });

  it("are taken again when the time of the others is over", async () => {
    const briefly = { sessionRetentionMs: 500, keyRetentionMs: 500, maxRecords: 100 };
    const briefPort = await arena.start({ limits, session, requests: briefly });
    await arena.withstands("keys, as fast as they are forgotten", async () => {
      const client = await open(briefPort);
      const { x = 0, NOT_RECORDED = 0 } = await flood(client, 500, (n) =>
        print(n, 1, { key: longKey(n) }),
      );
      expect(NOT_RECORDED).toBeGreaterThan(0);
      expect(x + NOT_RECORDED).toBe(500);
      for (let n = 500; told(await client.ask(print(n, 1, { key: "new" }))) !== "x"; n++) {
        await sleep(50);
      }
      await client.leave();
    });
  });

  it("of one user are that user's trouble only", async () => {
    const requests = { maxRecordsPerPrincipal: 500 };
    const port = await arena.start({ limits, session, requests, authenticates: true });
    await arena.withstands(
      "5,000 mutations with a key, of one user on two connections",
      async () => {
        const clients = await Promise.all([1, 2].map(() => open(port, asUser("t-mallory"))));
        const all = await Promise.all(
          clients.map((client, i) =>
            flood(client, 2_500, (n) => print(n, 1, { key: `${i} ${n}`, low: n })),
          ),
        );
        expect(all.reduce((sum, { x = 0 }) => sum + x, 0)).toBe(500);
        expect(all.reduce((sum, { NOT_RECORDED = 0 }) => sum + NOT_RECORDED, 0)).toBe(4_500);
        const ana = await open(port, asUser("t-ana"));
        expect(told(await ana.ask(print(1, 1, { key: "0 1" })))).toBe("x");
        for (const client of [...clients, ana]) await client.leave();
      },
    );
  });

  it("and more sessions: what they may hold together is bounded as well", async () => {
    const smallPort = await arena.start({ limits, session, requests: { maxRecords: 1_000 } });
    await arena.withstands("1,500 sessions with a mutation each, dropped", async () => {
      const answers: Record<string, number> = {};
      for (let round = 0; round < 15; round++) {
        await Promise.all(
          Array.from({ length: 100 }, async () => {
            const client = await begin(smallPort);
            const answer = String(told(await client.ask(print(1, 1))));
            answers[answer] = (answers[answer] ?? 0) + 1;
            client.reset();
          }),
        );
      }
      // Each takes the place of two: its record, and what is known of its session.
      expect(answers).toEqual({ x: 500, NOT_RECORDED: 1_000 });
    });
  });
});

describe("answers that fill a store", () => {
  it("push out the oldest, which go on to say that they ran", async () => {
    const requests = { maxAnswerChars: 4 * mebibyte };
    const smallPort = await arena.start({ limits, session, requests });
    await arena.withstands("1,000 mutations with a key, answered with 60 kB each", async () => {
      await arena.server.tell("ran");
      const before = await arena.server.tell("memory");
      const client = await open(smallPort);
      for (let n = 0; n < 1_000; n += 20) {
        const ids = Array.from({ length: 20 }, (_, i) => n + i);
        client.say(...ids.map((id) => print(id, 60_000, { key: `${id}` })));
        await client.answerTo(n + 19);
        client.heard.length = 0;
      }
      const { live } = await arena.server.tell("memory");
      expect(live - before.live).toBeLessThan(8 * mebibyte);
      expect(told(await client.ask(print("old", 60_000, { key: "0" })))).toBe(
        "RESULT_NOT_RETAINED",
      );
      expect(told(await client.ask(print("new", 60_000, { key: "999" })))).toHaveLength(60_000);
      expect(await arena.server.tell("ran")).toBe(1_000);
      await client.leave();
    });
  });

  it("over and over again, under one key: it runs once", async () => {
    await arena.withstands("20 connections × 500 mutations under one key", async () => {
      await arena.server.tell("ran");
      const clients = await Promise.all(
        Array.from({ length: 20 }, () => open(usersPort, asUser("t-ana"))),
      );
      const all = await Promise.all(
        clients.map((client) => flood(client, 500, (n) => print(n, 3, { key: "one", low: n }))),
      );
      for (const counts of all) expect(counts).toEqual({ xxx: 500 });
      expect(await arena.server.tell("ran")).toBe(1);
      await Promise.all(clients.map((client) => client.leave()));
    });
  });
});

describe("a key", () => {
  it.each<[string, unknown]>([
    ["empty", ""],
    ["of 129 characters", "x".repeat(129)],
    ["a number", 1],
    ["null", null],
    ["an object", { toString: "x" }],
    ["a list", ["x"]],
  ])("that is %s: BAD_REQUEST", async (_, key) => {
    await arena.server.tell("ran");
    const client = await begin(port);
    expect(told(await client.ask(print(1, 1, { key })))).toBe("BAD_REQUEST");
    expect(await arena.server.tell("ran")).toBe(0);
    await client.leave();
  });

  it("is its own name, whatever it looks like", async () => {
    await arena.server.tell("ran");
    const client = await open(usersPort, asUser("t-odd"));
    const odd = ["__proto__", "constructor", "\0", "\n", "*.>", "\ud800", "t-ana", "k5 t-ana"];
    for (const [n, key] of odd.entries()) {
      expect(told(await client.ask(print(`a${n}`, n + 1, { key })))).toHaveLength(n + 1);
      expect(told(await client.ask(print(`b${n}`, n + 1, { key })))).toHaveLength(n + 1);
    }
    expect(await arena.server.tell("ran")).toBe(odd.length);
    expect(await arena.server.tell("polluted")).toEqual([]);
    await client.leave();
  });
});

describe("a first sending", () => {
  const first = { session: "s", n: 1, storeEpoch: "e", ageMs: 0 };

  it.each<[string, unknown]>([
    ["no object", "x"],
    ["null", null],
    ["a list", []],
    ["empty", {}],
    ["without a session", { ...first, session: undefined }],
    ["of a session of 65 characters", { ...first, session: "x".repeat(65) }],
    ["of an empty epoch", { ...first, storeEpoch: "" }],
    ["below 0", { ...first, n: -1 }],
    ["of half a number", { ...first, n: 0.5 }],
    ["that is a text", { ...first, n: "1" }],
    ["beyond whole numbers", { ...first, n: 2 ** 60 }],
    ["of the future", { ...first, ageMs: -1 }],
    ["of no age", { ...first, ageMs: null }],
  ])("that is %s: BAD_REQUEST", async (_, nonsense) => {
    await arena.server.tell("ran");
    const client = await begin(port);
    expect(told(await client.ask(print(1, 1, { first: nonsense })))).toBe("BAD_REQUEST");
    expect(told(await client.ask(print(2, 1, { low: -1 })))).toBe("BAD_REQUEST");
    expect(told(await client.ask(print(3, 1, { low: 0.5 })))).toBe("BAD_REQUEST");
    expect(await arena.server.tell("ran")).toBe(0);
    await client.leave();
  });

  it.each<[string, object]>([
    ["of an epoch that never was", {}],
    ["as old as can be", { ageMs: Number.MAX_SAFE_INTEGER }],
    ["of a session named like a prototype", { session: "__proto__", n: 0 }],
    ["with the highest of numbers", { n: Number.MAX_SAFE_INTEGER }],
  ])("%s: OUTCOME_UNKNOWN, and nothing runs", async (_, more) => {
    await arena.server.tell("ran");
    const client = await begin(port);
    const request = print(1, 1, { first: { ...first, ...more } });
    expect(told(await client.ask(request))).toBe("OUTCOME_UNKNOWN");
    expect(await arena.server.tell("ran")).toBe(0);
    await client.leave();
  });

  it("in a flood: bounded as any, be it of an epoch that never was or of this one", async () => {
    const smallPort = await arena.start({ limits, session, requests: { maxRecords: 1_000 } });
    await arena.withstands("5,000 × first sendings that never were, of two kinds", async () => {
      await arena.server.tell("ran");
      const client = await begin(smallPort);
      const { storeEpoch } = welcomeOf(client).session;
      const lost = await flood(client, 5_000, (n) =>
        print(n, 1, { first: { ...first, session: `s${n}`, n } }),
      );
      expect(lost).toEqual({ OUTCOME_UNKNOWN: 5_000 });
      const other = await begin(smallPort);
      // Young, and of the present epoch: they can not have run before, and so they run.
      const counts = await flood(other, 5_000, (n) =>
        print(n, 1, { first: { session: `s${n}`, n, storeEpoch, ageMs: 0 } }),
      );
      expect(counts).toEqual({ x: 500, NOT_RECORDED: 4_500 });
      expect(await arena.server.tell("ran")).toBe(500);
      await client.leave();
      await other.leave();
    });
  });

  it("of somebody else's session does not tell their answer", async () => {
    const ana = await open(usersPort, asUser("t-ana"));
    const { id: session, storeEpoch } = welcomeOf(ana).session;
    const answer = told(await ana.ask(print(7, 12)));
    expect(answer).toBe("x".repeat(12));
    const mallory = await open(usersPort, asUser("t-mallory"));
    const stolen = { session, n: 7, storeEpoch, ageMs: 0 };
    expect(told(await mallory.ask(print(1, 12, { first: stolen })))).toBe("REQUEST_ID_CONFLICT");
    // Nor does her record go because of what he says is answered.
    await mallory.ask(print(2, 1, { low: Number.MAX_SAFE_INTEGER }));
    expect(told(await ana.ask(print("again", 12, { first: stolen })))).toBe(answer);
    for (const client of [ana, mallory]) await client.leave();
  });

  it("says nothing about a query or a subscription", async () => {
    const client = await begin(port);
    expect(told(await client.ask({ ...add(1), first, low: 5, key: "k" }))).toBe(3);
    await client.leave();
  });
});

describe("`low`", () => {
  it("jumps as it likes: nobody counts for long", async () => {
    await arena.withstands("10,000 mutations, each with a `low` far away", async () => {
      const client = await begin(port);
      const step = 1_000_000_000;
      const bytes = Array.from({ length: 10_000 }, (_, n) =>
        json(print(n * step, 1, { low: n * step })),
      );
      client.write(Buffer.concat(bytes));
      expect(told(await client.answerTo(9_999 * step))).toBe("x");
      await client.leave();
    });
  });

  it("above its own id is STALE for its own client", async () => {
    await arena.server.tell("ran");
    const client = await begin(port);
    expect(told(await client.ask(print(1, 1, { low: 2 })))).toBe("STALE");
    expect(told(await client.ask(print(2, 1)))).toBe("x");
    expect(told(await client.ask(print(3, 1, { low: Number.MAX_SAFE_INTEGER })))).toBe("STALE");
    expect(await arena.server.tell("ran")).toBe(1);
    await client.leave();
  });
});
