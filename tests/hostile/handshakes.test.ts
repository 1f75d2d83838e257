/**
 * Upgrade requests that are wrong, strange or somebody else's: each is answered and ended, and the
 * log has it. RFC 6455 §4, RFC 9112
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Arena } from "./arena.js";
import { json, text } from "./frames.js";
import { open, RawClient, type UpgradeParts, upgradeRequest } from "./raw-client.js";
import { add, told } from "./requests.js";

let arena: Arena;
let port: number;
let attachedPort: number;
let guardedPort: number;
beforeAll(async () => {
  arena = await Arena.open();
  port = await arena.start();
  attachedPort = await arena.start({ attached: "shared" });
  guardedPort = await arena.start({ origins: ["https://app.example"] });
  await arena.begin();
});
afterAll(async () => {
  await arena.end("handshakes");
  await arena.close();
});

/** Sends a request, and says what it was answered with once the connection has ended. */
async function answerTo(request: string, to = port) {
  const client = new RawClient(to);
  client.write(request);
  const { status, headers, body } = await client.httpAnswer();
  await client.ended();
  return { status, headers, body };
}

/** What was logged while `run` ran. */
async function loggedBy(run: () => Promise<unknown>) {
  await arena.settled();
  await arena.log();
  await run();
  return (await arena.log()).lines;
}

const key = "dGhlIHNhbXBsZSBub25jZQ==";

describe("an upgrade request", () => {
  it.each<[string, UpgradeParts, number]>([
    ["for //", { target: "//" }, 400],
    ["for another host's path", { target: "//evil.example/line" }, 400],
    ["for a host by a backslash", { target: "/\\evil.example" }, 400],
    ["in absolute form, as only proxies get it", { target: "http://localhost/line" }, 400],
    ["by POST", { method: "POST" }, 405],
    ["of HTTP/1.0", { version: "HTTP/1.0" }, 400],
    ["without a version", { headers: { "Sec-WebSocket-Version": undefined } }, 426],
    ["of a draft's version", { headers: { "Sec-WebSocket-Version": "8" } }, 426],
    ["of a version to come", { headers: { "Sec-WebSocket-Version": "14" } }, 426],
    ["of a version that is no number", { headers: { "Sec-WebSocket-Version": "13, 13" } }, 426],
    ["of two versions", { headers: { "Sec-WebSocket-Version": ["13", "8"] } }, 426],
    ["without a key", { headers: { "Sec-WebSocket-Key": undefined } }, 400],
    ["with an empty key", { headers: { "Sec-WebSocket-Key": "" } }, 400],
    ["with a key of 15 bytes", { headers: { "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAA" } }, 400],
    ["with two keys", { headers: { "Sec-WebSocket-Key": [key, key] } }, 400],
    ["to another protocol", { headers: { Upgrade: "h2c" } }, 400],
    ["to two protocols", { headers: { Upgrade: "websocket, h2c" } }, 400],
    ["with a list that is none", { headers: { "Sec-WebSocket-Protocol": "a,,b" } }, 400],
    ["that offers one twice", { headers: { "Sec-WebSocket-Protocol": ["a", "a"] } }, 400],
  ])("%s is answered with %j %i and logged", async (_what, parts, status) => {
    const lines = await loggedBy(async () => {
      const answer = await answerTo(upgradeRequest(parts));
      expect(answer.status).toBe(status);
      expect(answer.headers.connection).toBe("close");
      if (status === 426) expect(answer.headers["sec-websocket-version"]).toBe("13");
    });
    expect(lines).toMatchObject([
      { level: "warn", fields: { status, remoteAddress: "127.0.0.1" } },
    ]);
  });

  it.each<[string, UpgradeParts]>([
    ["a Host that is nonsense", { headers: { Host: "a b" } }],
    ["no Host", { headers: { Host: undefined } }],
    ["a Host that is somebody else's", { headers: { Host: "evil.example" } }],
    ["a path that climbs", { target: "/a/../../../etc/passwd" }],
    ["a path with an escaped NUL", { target: "/%00" }],
    ["a query that is broken", { target: "/?%=%&&=" }],
    [
      "a hundred headers",
      { headers: Object.fromEntries([..."x".repeat(100)].map((x, i) => [x + i, "1"])) },
    ],
    [
      "its words in other cases",
      { headers: { Upgrade: "WebSocket", Connection: "keep-alive, UPGRADE" } },
    ],
    ["subprotocols of others", { headers: { "Sec-WebSocket-Protocol": "graphql-ws" } }],
    ["the same key as everybody", {}],
  ])("with %s is served: nothing hangs on it", async (_what, parts) => {
    const client = await open(port, { dialect: "base", ...parts });
    expect(told(await client.ask(add(1)))).toBe(3);
    await client.leave();
  });

  it("is not read beyond 16 KiB", async () => {
    const lines = await loggedBy(async () => {
      const { status } = await answerTo(upgradeRequest({ headers: { X: "x".repeat(17_000) } }));
      expect(status).toBe(431);
    });
    expect(lines).toMatchObject([{ level: "info", message: "Cannot read a request" }]);
  });

  it.each([
    ["TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"],
    ["HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
    ["line feeds alone", "GET / HTTP/1.1\nHost: localhost\n\n"],
    ["NUL in its target", "GET /\0 HTTP/1.1\r\nHost: localhost\r\n\r\n"],
    ["a header without a name", "GET / HTTP/1.1\r\n: x\r\n\r\n"],
    ["two lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"],
    [
      "a length and chunks",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
  ])("that is %s is answered with 400 and logged", async (_what, request) => {
    const lines = await loggedBy(async () => {
      expect((await answerTo(request)).status).toBe(400);
    });
    expect(lines).toMatchObject([{ level: "info" }]);
  });
});

describe("other requests to a port of our own", () => {
  it.each(["GET", "POST", "OPTIONS", "TRACE", "DELETE"])(
    "by %s are answered with 426 and ended",
    async (method) => {
      const { status } = await answerTo(`${method} / HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      expect(status).toBe(426);
    },
  );

  it("are ended by CONNECT without an answer: this is no proxy", async () => {
    const client = new RawClient(port);
    client.write("CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n");
    await client.ended();
    expect(client.http).toBe("");
  });

  it("in a long pipeline get one answer", async () => {
    const client = new RawClient(port);
    client.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(10_000));
    await client.ended();
    expect(client.http.match(/HTTP\/1\.1 426/g)).toHaveLength(1);
  });
});

describe("a page", () => {
  it.each([
    ["another site's", "https://evil.example"],
    ["another port's", "https://app.example:8443"],
    ["another scheme's", "http://app.example"],
    ["one that ends alike", "https://evil-app.example"],
    ["one that begins alike", "https://app.example.evil.example"],
    ["a sandbox's", "null"],
    ["none at all, said by a browser", ""],
    ["in another case", "https://APP.example"],
    ["with a path", "https://app.example/"],
    ["two at once", "https://app.example, https://evil.example"],
    ["sixteen thousand letters", `https://${"x".repeat(15_000)}`],
  ])(
    "whose origin is %s is answered with 403 before the upgrade, and logged",
    async (_whose, origin) => {
      const lines = await loggedBy(async () => {
        const { status, body } = await answerTo(
          upgradeRequest({ headers: { Origin: origin } }),
          guardedPort,
        );
        expect(status).toBe(403);
        expect(body.length).toBeLessThan(200);
      });
      expect(lines).toMatchObject([{ level: "warn", fields: { status: 403 } }]);
      const logged = String(lines[0]!.fields.origin);
      expect(logged.length).toBeLessThan(250);
      expect(logged.slice(0, 200)).toBe(origin.slice(0, 200));
    },
  );

  it("can not send two Origin headers, nor that of the drafts", async () => {
    const two = { Origin: ["https://app.example", "https://evil.example"] };
    expect((await answerTo(upgradeRequest({ headers: two }), guardedPort)).status).toBe(403);
    const draft = { "Sec-WebSocket-Version": "8", "Sec-WebSocket-Origin": "https://evil.example" };
    expect((await answerTo(upgradeRequest({ headers: draft }), guardedPort)).status).toBe(426);
  });

  it("that is on the list is served, and so is a program, which has none", async () => {
    for (const Origin of ["https://app.example", undefined]) {
      const client = await open(guardedPort, { headers: { Origin } });
      expect(told(await client.ask(add(1)))).toBe(3);
      await client.leave();
    }
  });
});

describe("what follows the upgrade in the same segment", () => {
  const upgrade = upgradeRequest({ headers: { "Sec-WebSocket-Protocol": "tautline.1" } });

  it("is read as frames", async () => {
    const client = new RawClient(port);
    client.write(
      Buffer.concat([Buffer.from(upgrade), json([{ method: "hello", version: 1 }, add(1)])]),
    );
    expect(told(await client.answerTo(1))).toBe(3);
    await client.leave();
  });

  it.each([
    ["garbage", Buffer.from("not a frame at all"), 1002],
    ["a second request", Buffer.from(upgrade), 1002],
    ["no UTF-8", text(Uint8Array.of(0xff)), 1007],
  ])("ends the connection when it is %s", async (_what, bytes, code) => {
    const client = new RawClient(port);
    client.write(Buffer.concat([Buffer.from(upgrade), bytes]));
    expect((await client.ended()).code).toBe(code);
  });
});

describe("on an http server that others share", () => {
  it("our path is served", async () => {
    const client = await open(attachedPort, { target: "/line" });
    expect(told(await client.ask(add(1)))).toBe(3);
    await client.leave();
  });

  it.each(["/line/more", "/lin", "/LINE", "/%6cine", "/", "//", "//line", "/line%00"])(
    "%s is left to them, and what they leave alone harms nobody",
    async (target) => {
      const client = new RawClient(attachedPort);
      client.write(upgradeRequest({ target }), text(Uint8Array.of(0xff)));
      client.socket.once("connect", () => setTimeout(() => client.reset(), 20));
      await client.ended();
      expect(client.http).toBe("");
    },
  );
});
