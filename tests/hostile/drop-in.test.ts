/**
 * The drop-in under attack. An application that changed its import has tRPC's wire and its own
 * `WebSocketServer`, so what a stranger sends meets fewer limits; but none of it may end the process,
 * as the first two groups here do with tRPC 11.25.2's own handler (trap 8 of the base dialect).
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Arena } from "./arena.js";
import { close, frame, Opcode, ping, text } from "./frames.js";
import { open, RawClient, type UpgradeParts, upgradeRequest } from "./raw-client.js";
import { add, input, query, subscription, told } from "./requests.js";

let arena: Arena;
let port: number;
let prefixedPort: number;
let boundedPort: number;
beforeAll(async () => {
  arena = await Arena.open();
  port = await arena.startDropIn();
  prefixedPort = await arena.startDropIn({ prefix: "/trpc" });
  boundedPort = await arena.startDropIn({ maxBatchSize: 10 });
});
afterAll(() => arena.close());

const base = { dialect: "base" } as const;

/** Whoever comes after is served. */
async function serves(at: number, target = "/") {
  const client = await open(at, { ...base, target });
  expect(told(await client.ask(add("after")))).toBe(3);
  await client.leave();
}

const broken: readonly (readonly [what: string, bytes: Uint8Array, code: number])[] = [
  ["reserved bits", text("PING", { rsv: 7 }), 1002],
  ["an unknown opcode", frame({ opcode: 0xf }), 1002],
  ["no mask", text("PING", { mask: false }), 1002],
  ["a piece of nothing", frame({ opcode: 0, payload: "x" }), 1002],
  ["a long ping", ping("x".repeat(126)), 1002],
  ["a closing frame with no code", close(1005), 1002],
  ["a closing frame of one byte", frame({ opcode: Opcode.close, payload: "x" }), 1002],
  ["no UTF-8", text(Uint8Array.of(0xff)), 1007],
  ["a reason that is no UTF-8", close(1000, Uint8Array.of(0xc3, 0x28)), 1007],
  ["more than a frame may have", frame({ opcode: Opcode.text, length: 2 ** 32 }), 1009],
  ["a length beyond counting", frame({ opcode: Opcode.text, length: 2n ** 63n }), 1009],
];

describe("an upgrade with", () => {
  beforeAll(() => arena.begin());
  afterAll(async () => void (await arena.end("strange upgrades")));

  it.each<[string, UpgradeParts]>([
    ["// for a path", { target: "//" }],
    ["a port there is not", { target: "//a:99999" }],
    ["a scheme and nothing else", { target: "http://" }],
    ["a backslash", { target: "/\\" }],
    ["a broken escape", { target: "/%E0%A4%A?connectionParams=%" }],
    ["a query of 15,000 letters", { target: `/?${"x".repeat(15_000)}` }],
    ["a Host with a blank", { headers: { Host: "a b" } }],
    ["a Host that is a bracket", { headers: { Host: "[" } }],
    ["an empty Host", { headers: { Host: "" } }],
    ["a Host that is a URL", { headers: { Host: "http://a/" } }],
  ])("%s harms nobody", async (_what, parts) => {
    const client = await open(port, { ...base, ...parts });
    expect(told(await client.ask(add(1)))).toBe(3);
    await client.leave();
    await serves(port);
  });
});

describe("a broken frame", () => {
  beforeAll(() => arena.begin());
  afterAll(async () => void (await arena.end("broken frames")));

  it.each(broken)(
    "on a socket outside of the prefix ends that socket: %s",
    async (_what, bytes, code) => {
      const client = await open(prefixedPort, { ...base, target: "/elsewhere" });
      client.write(bytes);
      expect((await client.ended()).code).toBe(code);
      await serves(prefixedPort, "/trpc");
    },
  );

  it.each(broken)(
    "on a socket of ours ends it, and onError is told: %s",
    async (_what, bytes, code) => {
      await arena.log();
      const client = await open(port, base);
      client.say(query(1, "slow", input({ ms: 60_000 })), subscription(2, "quiet"));
      await client.until("its event", () => client.heard.some((message) => told(message) === 1));
      client.write(bytes);
      expect((await client.ended()).code).toBe(code);
      await arena.settled();
      const { lines } = await arena.log();
      expect(lines.filter(({ fields }) => fields.code === "INTERNAL_SERVER_ERROR")).toHaveLength(1);
    },
  );
});

describe("a frame", () => {
  it.each([
    ["that is empty", ""],
    ["that is no JSON", "{"],
    ["a hundred thousand levels deep", "[".repeat(100_000)],
    ["a hundred thousand levels deep, and whole", "[".repeat(100_000) + "]".repeat(100_000)],
    ["of null", "null"],
    ["of a message without an id", '{"method":"query","params":{"path":"add"}}'],
    ["of a message that is a list", "[[1]]"],
    ["of an id that is an object", '{"id":{},"method":"query","params":{"path":"add"}}'],
  ])("%s is answered under no id, and the line lives", async (_what, payload) => {
    const client = await open(port, base);
    client.text(payload);
    expect(told(await client.answerTo(null))).toBe("PARSE_ERROR");
    expect(told(await client.ask(add(1)))).toBe(3);
    await client.leave();
  });

  it.each([
    ["of a thousand unknown methods", new Array(1_000).fill({ id: 1, method: "x" })],
    ["of a thousand calls", Array.from({ length: 1_000 }, (_, n) => add(n))],
    [
      "of a thousand stops of nothing",
      new Array(1_000).fill({ id: 1, method: "subscription.stop" }),
    ],
    [
      "of a thousand subscriptions",
      Array.from({ length: 1_000 }, (_, n) => subscription(n, "quiet")),
    ],
  ])("%s is answered message by message", async (attack, messages) => {
    await arena.withstands(`a frame ${attack}`, async () => {
      const client = await open(port, base);
      client.say(...messages);
      expect(told(await client.ask(add("last")))).toBe(3);
      client.reset();
    });
  });

  it("of more messages than maxBatchSize is refused, each of them", async () => {
    const client = await open(boundedPort, base);
    client.say(...Array.from({ length: 11 }, (_, n) => add(n)));
    for (let n = 0; n < 11; n++) expect(told(await client.answerTo(n))).toBe("BAD_REQUEST");
    expect(told(await client.ask(add("last")))).toBe(3);
    await client.leave();
  });

  it.each(["__proto__", "constructor", "toString", "_def.procedures", "a\nb", "\u0000", ""])(
    "for the path %j is answered with NOT_FOUND",
    async (path) => {
      const client = await open(port, base);
      expect(told(await client.ask(query(1, path)))).toBe("NOT_FOUND");
      await client.leave();
    },
  );

  it("whose value would not encode again fails that call only", async () => {
    const client = await open(port, base);
    const deep = `{"json":${"[".repeat(20_000)}${"]".repeat(20_000)}}`;
    client.text(JSON.stringify(query(1, "plain.echo", 0)).replace('"input":0', `"input":${deep}`));
    expect((await client.answerTo(1)).error).toBeDefined();
    expect(told(await client.ask(add(2)))).toBe(3);
    await client.leave();
  });
});

describe("connectionParams", () => {
  const announced = { ...base, target: "/?connectionParams=1" };
  const params = (token: unknown) => ({ method: "connectionParams", data: { token } });

  it.each<[string, string]>([
    ["that are none", "connectionParams"],
    ["that are a call", JSON.stringify(add(1))],
    ["of a list", '{"method":"connectionParams","data":["t"]}'],
    ["of objects", JSON.stringify(params({ a: 1 }))],
    ["that no context can be made of", JSON.stringify(params("broken"))],
  ])("%s are told and ended", async (_what, payload) => {
    await arena.log();
    const client = await open(port, announced);
    client.text(payload);
    await client.ended();
    expect(client.heard).toHaveLength(1);
    expect(client.heard[0]).toMatchObject({ id: null, error: { json: {} } });
    expect((await arena.log()).lines).toHaveLength(1);
  });

  it("that a context is waited for hold back who goes on sending", async () => {
    await arena.withstands("10 × 4 MB while the context is made", async () => {
      const before = await arena.server.tell("memory");
      const clients = await Promise.all(Array.from({ length: 10 }, () => open(port, announced)));
      const large = text(JSON.stringify(query(1, "echo", input("x".repeat(80_000)))));
      for (const client of clients) {
        client.say(params("late"));
        client.socket.write(Buffer.concat(new Array(50).fill(large)));
      }
      for (let look = 0; look < 5; look++) {
        const { live } = await arena.server.tell("memory");
        expect(live - before.live).toBeLessThan(10 * 3 * 1_048_576);
      }
      for (const client of clients) client.reset();
    });
  });

  it("that a context is waited for, and waits for the client: given up when it leaves", async () => {
    await arena.withstands("200 × gone while the context is made", async () => {
      const clients = await Promise.all(Array.from({ length: 200 }, () => open(port, announced)));
      for (const client of clients) client.say(params("slow"));
      for (const client of clients) client.reset();
    });
  });
});

describe("a client that does not read", () => {
  it.each([
    ["events", subscription("flood", "flood")],
    ["answers", query(1, "letters", input({ count: 50_000 }))],
  ])("gets %s as far as a megabyte, and the rest is not made", async (what, message) => {
    await arena.withstands(`5 clients that do not read ${what}`, async () => {
      const before = await arena.server.tell("memory");
      const clients = await Promise.all(Array.from({ length: 5 }, () => open(port, base)));
      for (const client of clients) {
        client.socket.pause();
        for (let n = 0; n < 100; n++) client.say({ ...message, id: n });
      }
      for (let look = 0; look < 5; look++) {
        const { live } = await arena.server.tell("memory");
        expect(live - before.live).toBeLessThan(5 * 16 * 1_048_576);
      }
      for (const client of clients) client.reset();
    });
  });

  it("and sends pings is dropped or held back", async () => {
    await arena.withstands("10 × 100,000 pings, no pong read", async () => {
      const clients = await Promise.all(Array.from({ length: 10 }, () => open(port, base)));
      const pings = Buffer.concat(new Array<Uint8Array>(100_000).fill(ping("x".repeat(125))));
      for (const client of clients) {
        client.socket.pause();
        client.write(pings);
      }
      for (let look = 0; look < 5; look++) await arena.server.tell("memory");
      for (const client of clients) client.reset();
    });
  });
});

it("a conversation that breaks off after any of its bytes leaves nothing behind", async () => {
  const conversation = Buffer.concat([
    Buffer.from(upgradeRequest({ target: "/?connectionParams=1" })),
    text('{"method":"connectionParams","data":null}'),
    text(JSON.stringify([query(1, "slow", input({ ms: 60_000 })), subscription(2, "quiet")])),
  ]);
  await arena.withstands(`${conversation.length} conversations broken off`, async () => {
    for (let at = 0; at <= conversation.length; at += 50) {
      const clients = Array.from({ length: Math.min(50, conversation.length + 1 - at) }, (_, i) => {
        const client = new RawClient(port);
        client.socket.write(conversation.subarray(0, at + i), () => client.reset());
        return client;
      });
      await Promise.all(clients.map((client) => client.ended()));
    }
  });
});
