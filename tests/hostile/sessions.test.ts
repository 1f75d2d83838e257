/**
 * Sessions, as somebody uses them who means harm: more of them than anybody needs, other people's,
 * acknowledgements that never come or can not be true, and floods of credentials. PROTOCOL.md §9
 */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Arena } from "./arena.js";
import { json } from "./frames.js";
import { type OpenOptions, open, type RawClient } from "./raw-client.js";
import { add, input, query, subscription, told } from "./requests.js";

const mebibyte = 1_048_576;

let arena: Arena;
let port: number;
let usersPort: number;
let expiringPort: number;
beforeAll(async () => {
  arena = await Arena.open();
  port = await arena.start({ session: { graceMs: 1_000, maxSuspended: 100 } });
  usersPort = await arena.start({ session: { graceMs: 1_000 }, authenticates: true });
  expiringPort = await arena.start({ session: { graceMs: 1_000 }, expireInMs: 600_000 });
});
afterAll(() => arena.close());

const sessionOf = ({ heard }: RawClient) =>
  heard.find(({ method }) => method === "welcome").session;

/** Opens a connection that asks for a session. */
const begin = (to: number, session: object = {}, hello: object = {}, more: OpenOptions = {}) =>
  open(to, { ...more, hello: { session, ...hello } });

const inRounds = async (rounds: number, each: number, run: (n: number) => Promise<unknown>) => {
  for (let round = 0; round < rounds; round++) {
    await Promise.all(Array.from({ length: each }, (_, n) => run(round * each + n)));
  }
};

describe("sessions that nobody comes back for", () => {
  it("are kept for a while, and never more of them than maxSuspended", async () => {
    await arena.withstands("2,000 sessions, each dropped at once", async () => {
      let most = 0;
      for (let round = 0; round < 20; round++) {
        await inRounds(1, 100, async () => (await begin(port)).reset());
        most = Math.max(most, (await arena.server.tell("held")).sessions);
      }
      // The witness's, those of this round whose end is not seen yet, and the hundred.
      expect(most).toBeGreaterThan(90);
      expect(most).toBeLessThanOrEqual(1 + 100 + 100);
    });
  });

  it("keep what they would say, up to maxOutboxBytes each", async () => {
    const fewPort = await arena.start({ session: { graceMs: 3_000, maxSuspended: 20 } });
    await arena.withstands("60 sessions with a flood each, dropped", async () => {
      const before = await arena.server.tell("memory");
      await inRounds(3, 20, async () => {
        const client = await begin(fewPort);
        client.say(subscription(1, "flood"), { id: 1, method: "credit", count: 1_000_000 });
        await client.until("an event", () => client.heard.length > 3);
        client.reset();
      });
      const { live } = await arena.server.tell("memory");
      expect(live - before.live).toBeLessThan(20 * 2 * mebibyte);
    });
  });

  it("keep the places of their calls: nobody runs more by dropping them", async () => {
    const oneUserPort = await arena.start({ session: { graceMs: 2_000 }, oneUser: true });
    await arena.withstands("20 sessions of one user × 64 slow calls, dropped", async () => {
      const clients = await Promise.all(Array.from({ length: 20 }, () => begin(oneUserPort)));
      for (const client of clients) {
        client.say(
          ...Array.from({ length: 64 }, (_, n) => query(n, "slow", input({ ms: 60_000 }))),
        );
        client.text("PING");
      }
      for (const client of clients) {
        await client.until("PONG", () => client.heard.includes("PONG"));
        client.reset();
      }
      expect((await arena.server.tell("held")).handlers).toBe(512);
      const late = await begin(oneUserPort);
      expect(told(await late.ask(add(1)))).toBe("TOO_MANY_CALLS");
      await late.leave();
    });
  });
});

describe("a session that is somebody else's", () => {
  const asAna = { credentials: { token: "t-ana" } };

  it("is not given to who knows its id, or guesses its secret", async () => {
    await arena.withstands("1,000 attempts on one session", async () => {
      const ana = await begin(usersPort, {}, asAna);
      const { id, secret } = sessionOf(ana);
      const wrong = [
        { id, secret: "x", received: 0 },
        { id, secret: secret.slice(0, -1), received: 0 },
        { id, secret: `${secret}A`, received: 0 },
        { id, secret: id, received: 0 },
        { id: secret, secret: id, received: 0 },
        { id: "__proto__", secret: "constructor", received: 0 },
        { id: "x".repeat(64), secret: "é".repeat(64), received: 2 ** 53 - 1 },
      ];
      await inRounds(20, 50, async (n) => {
        const mallory = await begin(usersPort, wrong[n % wrong.length], asAna);
        expect(sessionOf(mallory)).toMatchObject({ resumed: false });
        expect(sessionOf(mallory).id).not.toBe(id);
        await mallory.leave();
      });
      expect(told(await ana.ask(add(1)))).toBe(3);
      await ana.leave();
    });
  });

  it("is not given to another user, who has stolen it whole", async () => {
    await arena.withstands("100 × a stolen session", async () => {
      const ana = await begin(usersPort, {}, asAna);
      const { id, secret } = sessionOf(ana);
      ana.say(query(1, "slow", input({ ms: 500 })));
      const asMallory = { credentials: { token: "t-mallory" } };
      await inRounds(10, 10, async () => {
        const mallory = await begin(usersPort, { id, secret, received: 0 }, asMallory);
        expect(sessionOf(mallory)).toMatchObject({ resumed: false });
        expect(mallory.heard.filter((message) => message.id !== undefined)).toEqual([]);
        await mallory.leave();
      });
      expect(told(await ana.answerTo(1))).toBe("waited");
      await ana.leave();
      const { lines } = await arena.log();
      const texts = lines.map((line) => JSON.stringify(line));
      expect(texts.filter((text) => text.includes(secret))).toEqual([]);
    });
  });

  it("is not even looked for with credentials that are refused", async () => {
    const ana = await begin(usersPort, {}, asAna);
    const { id, secret } = sessionOf(ana);
    const mallory = await open(usersPort, { hello: false });
    const credentials = { token: "x" };
    mallory.say({
      method: "hello",
      version: 1,
      session: { id, secret, received: 0 },
      credentials,
    });
    expect(await mallory.ended()).toMatchObject({ code: 4502 });
    expect(told(await ana.ask(add(1)))).toBe(3);
    await ana.leave();
  });

  it.each([
    ["no object", 5],
    ["null", null],
    ["an array", []],
    ["an id alone", { id: "x" }],
    ["an id of 65 characters", { id: "x".repeat(65), secret: "y", received: 0 }],
    ["an empty secret", { id: "x", secret: "", received: 0 }],
    ["a count below 0", { id: "x", secret: "y", received: -1 }],
    ["a count that is no number", { id: "x", secret: "y", received: "1" }],
    ["half a message", { id: "x", secret: "y", received: 0.5 }],
  ])("asked for as %s: 4500", async (_, session) => {
    const client = await open(port, { hello: false });
    client.say({ method: "hello", version: 1, session });
    expect(await client.ended()).toMatchObject({ code: 4500 });
  });
});

describe("one session on two sockets", () => {
  it("is with the last one only, however often it is pulled to and fro", async () => {
    await arena.withstands("one session, taken over 500 times", async () => {
      let client = await begin(usersPort, {}, { credentials: { token: "t-ana" } });
      const { id, secret } = sessionOf(client);
      client.say(subscription(1, "quiet"));
      for (let n = 0; n < 500; n++) {
        const session = { id, secret, received: 0 };
        const next = await begin(usersPort, session, { credentials: { token: "t-ana" } });
        expect(sessionOf(next)).toMatchObject({ id, resumed: true });
        expect(await client.ended()).toMatchObject({ code: 4504 });
        client = next;
      }
      expect((await arena.server.tell("held")).handlers).toBe(1);
      await client.leave();
    });
  });

  it("ends, when its own client claims to have heard what was never said", async () => {
    const ana = await begin(usersPort, {}, { credentials: { token: "t-ana" } });
    const { id, secret } = sessionOf(ana);
    const session = { id, secret, received: 1_000 };
    const liar = await begin(usersPort, session, { credentials: { token: "t-ana" } });
    expect(sessionOf(liar)).toMatchObject({ resumed: false });
    await liar.leave();
    ana.reset();
    await arena.settled();
  });
});

describe("acknowledgements", () => {
  // Looked at with every 32 messages, and once a second: meanwhile 31 answers more may come.
  it.each([
    ["all at once", 1, 32],
    ["slowly", 70, 1],
  ])(
    "that never come, of answers asked for %s: 4500 beyond 16 times what is kept",
    async (...how) => {
      const [what, rounds, each] = how;
      await arena.withstands(
        `answers of 900 kB, asked for ${what}, never acknowledged`,
        async () => {
          const before = await arena.server.tell("memory");
          const client = await begin(port);
          for (let n = 0; n < rounds && client.ending === undefined; n++) {
            const ids = Array.from({ length: each }, (_, i) => n * each + i);
            client.say(...ids.map((id) => query(id, "letters", input({ count: 900_000 }))));
            await client.until("an answer, or the end", () => {
              return client.ending ?? client.heard.some(({ id }) => id === ids.at(-1));
            });
            if (n % 8 !== 7) continue;
            const { live } = await arena.server.tell("memory");
            expect(live - before.live).toBeLessThan((16 + 32) * mebibyte);
            await sleep(100);
          }
          if (each > 1) client.say(...Array.from({ length: 32 }, (_, n) => add(100 + n)));
          expect(await client.ended()).toMatchObject({ code: 4500 });
        },
      );
    },
  );

  it("that never come: generators wait", async () => {
    await arena.withstands("20 floods that nobody acknowledges", async () => {
      const before = await arena.server.tell("memory");
      const clients = await Promise.all(Array.from({ length: 20 }, () => begin(port)));
      for (const client of clients) {
        client.say(subscription(1, "flood"), { id: 1, method: "credit", count: 1_000_000 });
      }
      for (let look = 0; look < 5; look++) {
        await sleep(100);
        const { live } = await arena.server.tell("memory");
        expect(live - before.live).toBeLessThan(20 * 2 * mebibyte);
      }
      for (const client of clients) {
        const events = client.heard.filter((message) => message.result?.type === "data");
        expect(events.length).toBeLessThan(20);
        client.reset();
      }
    });
  });

  it.each<[string, readonly unknown[]]>([
    ["of more than was said", [100]],
    ["of fewer than before", [1, 0]],
    ["below 0", [-1]],
    ["of a fraction", [0.5]],
    ["of a text", ["1"]],
    ["of more than a number holds", [2 ** 60]],
    ["of nothing", [undefined]],
  ])("%s: 4500", async (_, counts) => {
    const client = await begin(port);
    await client.ask(add(1));
    for (const received of counts) client.say({ method: "ack", received });
    expect(await client.ended()).toMatchObject({ code: 4500 });
  });

  it("in a flood: 4003", async () => {
    await arena.withstands("100,000 × ack", async () => {
      const client = await begin(port);
      const ack = json({ method: "ack", received: 0 });
      client.write(Buffer.concat(new Array<Uint8Array>(100_000).fill(ack)));
      expect(await client.ended()).toMatchObject({ code: 4003 });
    });
  });
});

describe("credentials on a live connection", () => {
  const auth = (credentials: unknown) => json({ method: "auth", credentials });
  const times = (count: number, bytes: Uint8Array) =>
    Buffer.concat(new Array<Uint8Array>(count).fill(bytes));

  it("in a flood: checked one at a time, and closed with 4003", async () => {
    await arena.withstands("100,000 × auth", async () => {
      const client = await begin(expiringPort);
      await arena.server.tell("checks");
      client.write(times(100_000, auth({ token: "t" })));
      expect(await client.ended()).toMatchObject({ code: 4003 });
      const { count, most } = await arena.server.tell("checks");
      expect(most).toBe(1);
      expect(count).toBeLessThan(1_000);
    });
  });

  it("in a flood that the one who checks can not cope with: told to the log as often", async () => {
    await arena.withstands("100,000 × auth, and nobody who could check", async () => {
      const client = await begin(expiringPort);
      await arena.log();
      client.write(times(100_000, auth({ token: "broken" })));
      expect(await client.ended()).toMatchObject({ code: 4003 });
      const { counts } = await arena.log();
      const told = Object.values(counts).reduce((sum, count) => sum + count, 0);
      expect(told).toBeLessThan(1_000);
    });
  });

  it("in a flood, where they do not expire: ignored, and closed with 4003", async () => {
    await arena.withstands("100,000 × auth that nobody wants", async () => {
      const client = await begin(usersPort, {}, { credentials: { token: "t-ana" } });
      client.write(times(100_000, auth({ token: "t-bo" })));
      expect(await client.ended()).toMatchObject({ code: 4003 });
    });
  });

  it.each<[string, unknown, number]>([
    ["that are refused", { token: "refused" }, 4502],
    ["of another user", { user: "bo" }, 4502],
    ["of more than 16,384 characters", { token: "x".repeat(20_000) }, 4500],
    ["that are numbers", { token: 1 }, 4500],
    ["that are a list", ["x", 1], 4500],
    ["that are missing", undefined, 4500],
  ])("%s: closed", async (_, credentials, code) => {
    const client = await begin(expiringPort);
    client.write(auth(credentials));
    expect(await client.ended()).toMatchObject({ code });
  });

  it("named like what every object has: refused, or just names", async () => {
    const client = await begin(expiringPort);
    client.text(`{"method":"auth","credentials":{"constructor":"a","toString":"b"}}`);
    expect(told(await client.ask(add(1)))).toBe(3);
    client.text(`{"method":"auth","credentials":{"__proto__":"a"}}`);
    expect(await client.ended()).toMatchObject({ code: 4500 });
    expect(await arena.server.tell("polluted")).toEqual([]);
  });
});
