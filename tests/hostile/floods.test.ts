/**
 * Floods: more of something than anybody needs, as fast as one process can send it. Each meets a
 * limit of PROTOCOL.md §8, a typed error first where there is somebody to tell.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Arena } from "./arena.js";
import { fragments, json, ping, pong, text } from "./frames.js";
import { open, type RawClient } from "./raw-client.js";
import { add, input, query, subscription, told } from "./requests.js";

let arena: Arena;
let port: number;
let oneUserPort: number;
beforeAll(async () => {
  arena = await Arena.open();
  port = await arena.start();
  oneUserPort = await arena.start({ oneUser: true });
});
afterAll(() => arena.close());

/** The same bytes so many times. */
const times = (count: number, bytes: Uint8Array) =>
  Buffer.concat(new Array<Uint8Array>(count).fill(bytes));

/** How often each answer was heard. */
function tally(client: RawClient) {
  const counts: Record<string, number> = {};
  for (const message of client.heard) {
    if (message.id === undefined || typeof message !== "object") continue;
    const what = String(told(message));
    counts[what] = (counts[what] ?? 0) + 1;
  }
  return counts;
}

describe("more messages than the rate allows", () => {
  // The burst of 2,000, as many refusals, and what a second or two allow again.
  const most = 8_000;

  it.each<[string, Uint8Array, number?]>([
    ["ping frames", ping("x".repeat(125))],
    ["pong frames", pong()],
    ["PING", text("PING")],
    ["PONG", text("PONG")],
    ["empty arrays", text("[]")],
    ["cancels of nothing", json({ id: 1, method: "cancel" })],
    ["credit for nothing", json({ id: 1, method: "credit", count: 1 })],
    ["stops of nothing", json({ id: 1, method: "subscription.stop" })],
    ["methods that nobody knows", json({ id: 1, method: "x" })],
    ["calls", json(add(1))],
    ["calls of what there is not", json(query(1, "no.such.thing"))],
    ["arrays of a hundred cancels", json(new Array(100).fill({ id: 1, method: "cancel" })), 1_000],
  ])("%s: closed with 4003 after as many refusals as a burst", async (...attack) => {
    const [what, bytes, count = 100_000] = attack;
    const client = await arena.withstands(`${count} × ${what}`, async () => {
      const client = await open(port);
      client.write(times(count, bytes));
      expect(await client.ended()).toMatchObject({ code: 4003 });
      return client;
    });
    const counts = tally(client);
    for (const count of Object.values(counts)) expect(count).toBeLessThan(most);
  });

  it("frames that are no JSON, where a client may go on: each told, then 4003", async () => {
    await arena.withstands("100,000 × no JSON, base dialect", async () => {
      await arena.log();
      const client = await open(port, { dialect: "base" });
      client.write(times(100_000, text("{")));
      expect(await client.ended()).toMatchObject({ code: 4003 });
      expect(tally(client).PARSE_ERROR).toBeGreaterThan(1_000);
      const { lines } = await arena.log();
      expect(lines.filter(({ level }) => level === "warn")).toHaveLength(2);
    });
  });

  it("calls: refused with RATE_LIMITED first, so that who slows down loses nothing", async () => {
    const slowPort = await arena.start({ limits: { messagesPerSecond: 1, messageBurst: 200 } });
    const client = await open(slowPort);
    for (let n = 0; n < 250; n += 50) {
      client.say(...Array.from({ length: 50 }, (_, i) => add(n + i)));
      await client.answerTo(n + 49);
    }
    const { RATE_LIMITED = 0, 3: answered = 0 } = tally(client);
    expect(answered).toBeGreaterThanOrEqual(199); // hello is a message, too
    expect(RATE_LIMITED).toBe(250 - answered);
    await client.leave();
  });
});

describe("more at once than a connection may have", () => {
  it("slow calls: TOO_MANY_CALLS beyond 64, and all end with their connection", async () => {
    await arena.withstands("20 × 200 slow calls", async () => {
      const clients = await Promise.all(Array.from({ length: 20 }, () => open(port)));
      for (const client of clients) {
        client.say(
          ...Array.from({ length: 200 }, (_, n) => query(n, "slow", input({ ms: 60_000 }))),
        );
      }
      for (const client of clients) {
        await client.answerTo(199);
        expect(tally(client)).toEqual({ TOO_MANY_CALLS: 136 });
      }
      expect((await arena.server.tell("held")).handlers).toBe(20 * 64);
      for (const client of clients) client.reset();
    });
  });

  it("calls and cancels: each answered, and places stay bounded", async () => {
    await arena.withstands("900 slow calls, each cancelled", async () => {
      const client = await open(port);
      for (let n = 0; n < 900; n++) {
        client.say(query(n, "slow", input({ ms: 60_000 })), { id: n, method: "cancel" });
      }
      await client.answerTo(899);
      const { CANCELLED = 0, TOO_MANY_CALLS = 0 } = tally(client);
      expect(CANCELLED + TOO_MANY_CALLS).toBe(900);
      await client.leave();
    });
  });

  it("calls that do not stop when cancelled: they keep their places until they are done", async () => {
    await arena.withstands("900 stubborn calls, each cancelled", async () => {
      const client = await open(port);
      for (let n = 0; n < 900; n++) {
        client.say(
          { ...query(n, "stubborn", input({ ms: 300 })), method: "mutation" },
          { id: n, method: "cancel" },
        );
      }
      await client.answerTo(899);
      expect((await arena.server.tell("held")).handlers).toBeLessThanOrEqual(64);
      const { CANCELLED = 0, TOO_MANY_CALLS = 0 } = tally(client);
      expect(CANCELLED + TOO_MANY_CALLS).toBe(900);
      expect(CANCELLED).toBeLessThan(900);
      await client.leave();
    });
  });

  it("one user on many connections: TOO_MANY_CALLS beyond 512", async () => {
    await arena.withstands("20 connections of one user × 64 slow calls", async () => {
      const clients = await Promise.all(Array.from({ length: 20 }, () => open(oneUserPort)));
      for (const client of clients) {
        client.say(
          ...Array.from({ length: 64 }, (_, n) => query(n, "slow", input({ ms: 60_000 }))),
        );
        client.text("PING");
      }
      for (const client of clients) {
        await client.until("PONG", () => client.heard.includes("PONG"));
      }
      expect((await arena.server.tell("held")).handlers).toBe(512);
      const refused = clients.reduce((sum, client) => sum + (tally(client).TOO_MANY_CALLS ?? 0), 0);
      expect(refused).toBe(20 * 64 - 512);
      for (const client of clients) client.reset();
    });
  });

  it("subscriptions: TOO_MANY_CALLS beyond 256", async () => {
    await arena.withstands("1,000 subscriptions", async () => {
      const client = await open(port);
      client.say(...Array.from({ length: 1_000 }, (_, n) => subscription(n, "quiet")));
      await client.answerTo(999);
      expect(tally(client).TOO_MANY_CALLS).toBe(744);
      client.reset();
    });
  });

  it("subscriptions that begin and end: each answered in full", async () => {
    await arena.withstands("900 subscriptions, each stopped", async () => {
      const client = await open(port);
      for (let n = 0; n < 900; n++) {
        client.say(subscription(n, "quiet"), { id: n, method: "subscription.stop" });
      }
      const ended = () => {
        const { stopped = 0, TOO_MANY_CALLS = 0 } = tally(client);
        return stopped + TOO_MANY_CALLS === 900;
      };
      await client.until("all of them to end", ended);
      await client.leave();
    });
  });

  it("deadlines, all different: they leave no timers behind", async () => {
    await arena.withstands("1,900 calls with deadlines of their own", async () => {
      const client = await open(port);
      for (let n = 0; n < 1_900; n++) client.say({ ...add(n), deadlineMs: 1e3 + n * 1e6 });
      client.say({ ...add("last"), deadlineMs: Number.MAX_VALUE });
      await client.answerTo("last");
      await client.leave();
    });
  });
});

describe("more than a connection may hold", () => {
  // Three bytes of it on the wire are some fifty in memory.
  const junk = JSON.stringify({ json: Array.from({ length: 99_000 }, () => ({})) });
  const holding = (id: number, method: string, path: string) =>
    text(`{"id":${id},"method":"${method}","params":{"path":"${path}","input":${junk}}}`);

  it("of slow calls' inputs: TOO_MANY_CALLS, and at most a third of a gigabyte", async () => {
    await arena.withstands("80 calls that keep 300 kB of {} each", async () => {
      const before = await arena.server.tell("memory");
      const client = await open(port);
      for (let n = 0; n < 64; n++) client.write(holding(n, "query", "idle"));
      for (let n = 64; n < 80; n++) client.write(holding(n, "subscription", "quiet"));
      await client.answerTo(79);
      const held = await arena.server.tell("memory");
      expect(tally(client).TOO_MANY_CALLS).toBeGreaterThan(20);
      expect(held.live - before.live).toBeLessThan(400 * 1_048_576);
      client.reset();
    });
  });

  it("of answers that nobody reads: it is read no further, and dropped in the end", async () => {
    const deafPort = await arena.start({ heartbeat: { intervalMs: 300, timeoutMs: 300 } });
    await arena.withstands("10 clients that call and never read", async () => {
      const clients = await Promise.all(Array.from({ length: 10 }, () => open(deafPort)));
      for (const client of clients) {
        client.socket.pause();
        for (let n = 0; n < 300; n++) client.say(query(n, "letters", input({ count: 50_000 })));
      }
      // They are dropped while they are deaf, and what was sent is lost on them.
      await arena.settled();
      for (const client of clients) client.reset();
    });
  });

  it("of events that nobody reads: the generator is not asked for more", async () => {
    await arena.withstands("20 clients that subscribe to a flood and never read", async () => {
      const before = await arena.server.tell("memory");
      const clients = await Promise.all(
        Array.from({ length: 20 }, () => open(port, { dialect: "base" })),
      );
      for (const client of clients) {
        client.socket.pause();
        client.say(...Array.from({ length: 100 }, (_, n) => subscription(n, "flood")));
      }
      for (let look = 0; look < 5; look++) {
        const { live } = await arena.server.tell("memory");
        // An outbox each, an event for each that may be pulled at once, and their generators.
        expect(live - before.live).toBeLessThan(20 * 4 * 1_048_576);
      }
      for (const client of clients) client.reset();
    });
  });
});

describe("tiny pieces", () => {
  it("of messages within the rate are put together", async () => {
    await arena.withstands("400 messages of 1,000 pieces", async () => {
      const client = await open(port);
      for (let n = 0; n < 400; n += 50) {
        for (let i = n; i < n + 50; i++) {
          client.write(fragments(JSON.stringify(add(i)).padEnd(1_000), 1));
        }
        await client.answerTo(n + 49);
      }
      expect(tally(client)).toEqual({ 3: 400 });
      await client.leave();
    });
  });
});

describe("connections", () => {
  it("that come and go leave nothing", async () => {
    await arena.withstands("1,000 connections, 100 at a time", async () => {
      for (let round = 0; round < 10; round++) {
        const clients = await Promise.all(Array.from({ length: 100 }, () => open(port)));
        await Promise.all(clients.map((client) => client.leave()));
      }
    });
  });
});
