/** Connections that end badly: reset, half closed, or gone in the middle of something. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { Arena } from "./arena.js";
import { close, frame, json, Opcode } from "./frames.js";
import { open, RawClient, upgradeRequest } from "./raw-client.js";
import { add, input, query, subscription, told } from "./requests.js";

let arena: Arena;
let port: number;
beforeAll(async () => {
  arena = await Arena.open();
  port = await arena.start();
});
afterAll(() => arena.close());

const upgrade = Buffer.from(
  upgradeRequest({ headers: { "Sec-WebSocket-Protocol": "tautline.1" } }),
);
const conversation = Buffer.concat([
  upgrade,
  json({ method: "hello", version: 1 }),
  json([query(1, "slow", input({ ms: 60_000 })), subscription(2, "quiet"), add(3)]),
  frame({ opcode: Opcode.text, fin: false, payload: "[" }),
  frame({ opcode: 0, payload: "]" }),
]);

it.each([
  ["reset", (client: RawClient) => client.reset()],
  ["ended", (client: RawClient) => client.socket.end()],
  ["destroyed", (client: RawClient) => client.socket.destroy()],
] as const)("a conversation %s after any of its bytes leaves nothing behind", async (how, stop) => {
  await arena.withstands(`${conversation.length} conversations ${how} at every byte`, async () => {
    for (let at = 0; at <= conversation.length; at += 50) {
      const clients = Array.from({ length: Math.min(50, conversation.length + 1 - at) }, (_, i) => {
        const client = new RawClient(port);
        client.socket.write(conversation.subarray(0, at + i), () => stop(client));
        return client;
      });
      await Promise.all(clients.map((client) => client.ended()));
    }
  });
});

it("a client that closes its half is let go, whatever it asked for", async () => {
  await arena.withstands("half a close after slow calls", async () => {
    const client = await open(port);
    client.say(query(1, "slow", input({ ms: 60_000 })), subscription(2, "quiet"));
    await client.until("the subscription", () => client.heard.some(({ id }) => id === 2));
    client.socket.end();
    expect((await client.ended()).code).toBe(1006);
    await arena.settled();
  });
});

it("a client that answers no closing frame is waited for two seconds, not for ever", async () => {
  const startedAt = performance.now();
  await arena.withstands("200 × no answer to a closing frame", async () => {
    const clients = await Promise.all(Array.from({ length: 200 }, () => open(port)));
    for (const client of clients) {
      client.answersClose = false;
      client.say({ method: "hello", version: 1 });
    }
    const endings = await Promise.all(clients.map((client) => client.ended()));
    expect(new Set(endings.map(({ code }) => code))).toEqual(new Set([4500]));
  });
  expect(performance.now() - startedAt).toBeLessThan(20_000);
});

it("a client that goes on sending after the closing frame is not heard", async () => {
  await arena.withstands("megabytes after the closing frame", async () => {
    const client = await open(port);
    client.answersClose = false;
    client.say({ method: "dance" });
    await client.until("the refusal", () => client.heard.some(({ id }) => id === null));
    const heard = client.heard.length;
    for (let n = 0; n < 2_000 && client.ending === undefined; n++) client.say(add(n));
    client.write(close(1000));
    await client.ended();
    expect(client.heard).toHaveLength(heard);
  });
});

it("a client that is gone before its slow answer is not waited for", async () => {
  await arena.withstands("100 × gone before the answer", async () => {
    const clients = await Promise.all(Array.from({ length: 100 }, () => open(port)));
    for (const client of clients) client.say(query(1, "slow", input({ ms: 600_000 })));
    for (const client of clients) client.text("PING");
    for (const client of clients) await client.until("PONG", () => client.heard.includes("PONG"));
    expect((await arena.server.tell("held")).handlers).toBe(100);
    for (const client of clients) client.reset();
    await arena.settled();
  });
  const client = await open(port);
  expect(told(await client.ask(add(1)))).toBe(3);
  await client.leave();
});
