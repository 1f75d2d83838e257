/**
 * Slow clients: every stage at which a client can keep a server waiting has an end.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Arena } from "./arena.js";
import { frame, json, Opcode, ping, text } from "./frames.js";
import { open, RawClient, upgradeRequest } from "./raw-client.js";
import { add, told } from "./requests.js";

// One kind of impatience each: a crowd on a busy machine needs longer than that to say hello, and would
// be dropped for it where the heartbeat is meant.
const hasty = { limits: { helloTimeoutMs: 300 } };
const watchful = { heartbeat: { intervalMs: 300, timeoutMs: 300 } };

let arena: Arena;
let hastyPort: number;
let watchfulPort: number;
let guardedPort: number;
beforeAll(async () => {
  arena = await Arena.open();
  hastyPort = await arena.start(hasty);
  watchfulPort = await arena.start(watchful);
  guardedPort = await arena.start({ ...watchful, authenticates: true });
});
afterAll(() => arena.close());

/** As many clients as take a while to notice one by one. */
const crowd = 200;

/** Lets a crowd do something, and says how their connections ended. */
async function crowded(attack: string, one: () => Promise<RawClient>) {
  return arena.withstands(`${crowd} × ${attack}`, async () => {
    const clients = await Promise.all(Array.from({ length: crowd }, one));
    const endings = await Promise.all(clients.map((client) => client.ended()));
    return { clients, codes: new Set(endings.map(({ code }) => code)) };
  });
}

const fullUpgrade = upgradeRequest({ headers: { "Sec-WebSocket-Protocol": "tautline.1" } });

describe("before the upgrade", () => {
  it.each([
    ["connect and say nothing", ""],
    ["half a request line", "GET / HT"],
    ["half of the headers", fullUpgrade.slice(0, 80)],
    ["everything but the last line feed", fullUpgrade.slice(0, -1)],
  ])("%s: answered with 408 and ended", async (attack, bytes) => {
    const { clients } = await crowded(attack, async () => {
      const client = new RawClient(hastyPort);
      client.write(bytes);
      return client;
    });
    for (const client of clients) expect(client.http).toMatch(/^HTTP\/1\.1 408 /);
  });

  it("a header a byte at a time: ended after the same time, however busy", async () => {
    const { clients } = await crowded("a header a byte at a time", async () => {
      const client = new RawClient(hastyPort);
      void client.trickle(upgradeRequest({ headers: { X: "x".repeat(100_000) } }));
      return client;
    });
    // Who is still sending when it is ended gets a reset, which may overtake the answer.
    const told = clients.filter(({ ending }) => !ending!.reset);
    for (const client of told) expect(client.http).toMatch(/^HTTP\/1\.1 (408|431) /);
  });
});

describe("before hello", () => {
  const greet = (bytes: Uint8Array) => async () => {
    const client = await open(hastyPort, { hello: false });
    client.write(bytes);
    return client;
  };
  const hello = json({ method: "hello", version: 1 });

  it.each([
    ["nothing", Buffer.alloc(0)],
    ["half a frame's head", hello.subarray(0, 3)],
    ["half a hello", hello.subarray(0, 20)],
    [
      "a hello in pieces without the last",
      frame({ opcode: Opcode.text, fin: false, payload: "{" }),
    ],
    ["pings instead of a hello", ping()],
    ["PING instead of a hello", text("PING")],
    ["an empty array instead of a hello", text("[]")],
  ])("%s: 4002", async (attack, bytes) => {
    const { codes } = await crowded(`${attack}, no hello`, greet(bytes));
    expect(codes).toEqual(new Set([4002]));
  });

  it("half of connectionParams: 4002", async () => {
    const { codes } = await crowded("half of connectionParams", async () => {
      const client = await open(hastyPort, { dialect: "base", target: "/?connectionParams=1" });
      client.write(json({ method: "connectionParams", data: { token: "t-1" } }).subarray(0, 30));
      return client;
    });
    expect(codes).toEqual(new Set([4002]));
  });

  it("an authentication that never ends is the heartbeat's: a client that is silent is dropped", async () => {
    const { codes } = await crowded("authentication that does not end", async () => {
      const client = await open(guardedPort, { hello: false });
      client.say({ method: "hello", version: 1, credentials: { token: "slow" } });
      return client;
    });
    expect(codes).toEqual(new Set([1006]));
  });
});

describe("after hello", () => {
  it.each([
    ["silence", Buffer.alloc(0)],
    ["half a frame's head", text("x".repeat(200)).subarray(0, 3)],
    ["half a payload", text("x".repeat(50_000)).subarray(0, 25_000)],
    ["a megabyte announced", frame({ opcode: Opcode.text, length: 1_048_576 })],
    [
      "a message in pieces without the last",
      frame({ opcode: Opcode.text, fin: false, payload: "[" }),
    ],
  ])(
    "%s: dropped by the heartbeat, without a handshake that nobody would answer",
    async (attack, bytes) => {
      const { codes } = await crowded(attack, async () => {
        const client = await open(watchfulPort);
        client.write(bytes);
        return client;
      });
      expect(codes).toEqual(new Set([1006]));
    },
  );

  it("a payload a byte at a time: dropped by the heartbeat; pieces of a frame are no sign of life", async () => {
    const { codes } = await crowded("a payload a byte at a time", async () => {
      const client = await open(watchfulPort);
      void client.trickle(text(" ".repeat(100_000)));
      return client;
    });
    expect(codes).toEqual(new Set([1006]));
  });

  it("a payload in the smallest segments is not kept beyond 16,384 of them", async () => {
    const patientPort = await arena.start();
    await arena.withstands("8 × 18,000 segments of a byte", async () => {
      const clients = await Promise.all(
        Array.from({ length: 8 }, async () => {
          const client = await open(patientPort);
          await client.trickle(text(" ".repeat(18_000)));
          return client;
        }),
      );
      for (const client of clients) {
        // Where the kernel joined them, the frame has arrived whole: no JSON, and the end as well.
        expect([1008, 4500]).toContain((await client.ended()).code);
      }
    });
  });

  it("whoever answers PING stays, and is answered", async () => {
    // A busy machine may need more than 300 ms to answer. Who has answered is asked again after this.
    const port = await arena.start({ heartbeat: { intervalMs: 300, timeoutMs: 2_000 } });
    const client = await open(port);
    const seen = () => client.heard.filter((message) => message === "PING").length;
    for (let beats = 1; beats <= 3; beats++) {
      await client.until("a PING", () => seen() >= beats);
      client.text("PONG");
    }
    expect(told(await client.ask(add(1)))).toBe(3);
    await client.leave();
  });
});
