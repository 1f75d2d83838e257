import { once } from "node:events";
import { createServer as createHttpServer, type Server } from "node:http";
import { type AddressInfo, connect as connectTcp, type Socket } from "node:net";
import { query } from "@tautline/contracts";
import { createServer, implement, type ServerOptions } from "@tautline/server";
import { until } from "@tautline/testing";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { z } from "zod";

const router = (name: string) =>
  implement({ name: query({ output: z.string() }) }).router({ name: () => name });

const silent = () => {};
const quiet = { debug: silent, info: silent, warn: silent, error: silent };
const serve = (name: string, options: Partial<ServerOptions<null>> = {}) =>
  createServer({ router: router(name), logger: quiet, ...options });

/** What each test opened, closed after it whatever came of it. */
const opened: (() => unknown)[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((close) => close()));
});

async function listen(server: Server) {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  opened.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** Sends bytes to a port, and collects what comes back until the other end closes. */
function talk(port: number, text: string) {
  const socket = connectTcp(port, "127.0.0.1");
  opened.push(() => socket.destroy());
  const talked = { socket, heard: "", ended: false };
  socket.on("data", (bytes) => {
    talked.heard += bytes.toString("latin1");
  });
  socket.on("error", () => {});
  socket.on("close", () => {
    talked.ended = true;
  });
  socket.write(text);
  return talked;
}

/** All that was heard when the other end has closed. */
const over = async (talked: ReturnType<typeof talk>) => {
  await until(() => talked.ended);
  return talked.heard;
};

function upgradeRequest(target: string, headers: Record<string, string | undefined> = {}) {
  const all: Record<string, string | undefined> = {
    Host: "localhost",
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    ...headers,
  };
  const lines = Object.entries(all).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${value}`],
  );
  return `GET ${target} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`;
}

/** What a client hears that asks for a name at this address. */
async function nameAt(url: string, protocol?: string) {
  const socket = new WebSocket(url, protocol === undefined ? [] : [protocol]);
  opened.push(() => socket.terminate());
  const heard: any[] = [];
  socket.on("message", (data) => heard.push(...[JSON.parse(String(data))].flat()));
  await once(socket, "open");
  if (protocol !== undefined) socket.send('{"method":"hello","version":1}');
  socket.send('{"id":1,"method":"query","params":{"path":"name"}}');
  const answer = await until(() => heard.find(({ id }) => id === 1));
  socket.close();
  return answer.result.data.json;
}

describe("several servers on one http server", () => {
  it("each have a path, and the server's own requests are untouched", async () => {
    const http = createHttpServer((request, response) => response.end(`http ${request.url}`));
    const port = await listen(http);
    await using one = serve("one");
    await using two = serve("two");
    one.attach(http);
    two.attach(http, { path: "/two" });
    expect(await nameAt(`ws://127.0.0.1:${port}/line`)).toBe("one");
    expect(await nameAt(`ws://127.0.0.1:${port}/line?a=b`, "tautline.1")).toBe("one");
    expect(await nameAt(`ws://127.0.0.1:${port}/two`, "tautline.1")).toBe("two");
    const response = await fetch(`http://127.0.0.1:${port}/line`);
    expect([response.status, await response.text()]).toEqual([200, "http /line"]);
  });

  it("refuse a path that is taken, and share one that was given up", async () => {
    const http = createHttpServer();
    const port = await listen(http);
    await using one = serve("one");
    await using two = serve("two");
    const detach = one.attach(http);
    expect(() => two.attach(http)).toThrow("Cannot attach to /line: another server is there");
    detach();
    two.attach(http);
    detach(); // a second time: the path is not its own any more
    expect(await nameAt(`ws://127.0.0.1:${port}/line`)).toBe("two");
    await two.close();
    expect(http.listenerCount("upgrade")).toBe(0);
    expect(() => two.attach(http)).toThrow("Cannot attach: the server is closed");
  });

  it.each(["", "line", "//line", "/line?a", "/a line", 5 as never])(
    "refuse a path that no request can have: %j",
    async (path) => {
      await using one = serve("one");
      const http = createHttpServer();
      expect(() => one.attach(http, { path })).toThrow(TypeError);
      expect(http.listenerCount("upgrade")).toBe(0);
    },
  );

  it("leave other paths to a foreign listener", async () => {
    const http = createHttpServer();
    const port = await listen(http);
    const foreign = new WebSocketServer({ noServer: true });
    http.on("upgrade", (request, stream, head) => {
      if (request.url !== "/foreign") return;
      foreign.handleUpgrade(request, stream, head, (socket) => socket.send('{"foreign":true}'));
    });
    await using one = serve("one");
    one.attach(http);
    expect(await nameAt(`ws://127.0.0.1:${port}/line`)).toBe("one");
    const socket = new WebSocket(`ws://127.0.0.1:${port}/foreign`);
    opened.push(() => socket.terminate());
    const [data] = await once(socket, "message");
    expect(String(data)).toBe('{"foreign":true}');
  });
});

describe("an upgrade", () => {
  it.each<[string, string, string]>([
    ["for //", "//", "400 Bad Request"],
    ["for another host", "//evil.example/line", "400 Bad Request"],
    ["for a path that is none of ours", "/other", "404 Not Found"],
    ["for a path that begins like ours", "/line/more", "404 Not Found"],
  ])("%s is answered with %j, and ends that socket only", async (_what, target, status) => {
    const http = createHttpServer();
    const port = await listen(http);
    await using one = serve("one");
    one.attach(http);
    const heard = await over(talk(port, upgradeRequest(target)));
    expect(heard.split("\r\n")[0]).toBe(`HTTP/1.1 ${status}`);
    expect(await nameAt(`ws://127.0.0.1:${port}/line`)).toBe("one");
  });

  it("for another path is logged with the path that would have been right", async () => {
    const warned: unknown[] = [];
    const logger = { ...quiet, warn: (fields: object) => warned.push(fields) };
    const http = createHttpServer();
    const port = await listen(http);
    await using one = serve("one", { logger });
    one.attach(http, { path: "/api/line" });
    await over(talk(port, upgradeRequest("/line")));
    const reason = "A client asked to connect elsewhere than at /api/line";
    expect(warned).toMatchObject([{ status: 404, reason }]);
  });

  it("whose Host is nonsense is served all the same: nothing is read off it", async () => {
    await using one = serve("one");
    const { port } = await one.listen(0);
    const talked = talk(port, upgradeRequest("/", { Host: "a b" }));
    await until(() => talked.heard.startsWith("HTTP/1.1 101 "));
    talked.socket.destroy(); // it would finish no closing handshake
  });

  it.each<[string, Record<string, string | undefined>, number]>([
    ["without a key", { "Sec-WebSocket-Key": undefined }, 400],
    ["with a short key", { "Sec-WebSocket-Key": "abc" }, 400],
    ["of another version", { "Sec-WebSocket-Version": "99" }, 426],
    ["of a draft, whose origin is in another header", { "Sec-WebSocket-Version": "8" }, 426],
    ["to another protocol", { Upgrade: "h2c" }, 400],
    ["with subprotocols that are no list", { "Sec-WebSocket-Protocol": "a,,b" }, 400],
  ])("%s is answered with %j %d", async (_what, headers, status) => {
    await using one = serve("one");
    const { port, url } = await one.listen(0);
    const heard = await over(talk(port, upgradeRequest("/", headers)));
    expect(heard).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(await nameAt(url)).toBe("one");
  });

  it("from a page that may not connect is answered with 403 and logged", async () => {
    const warned: unknown[] = [];
    const logger = { ...quiet, warn: (fields: object) => warned.push(fields) };
    await using one = serve("one", { origins: ["https://app.example"], logger });
    const { port } = await one.listen(0);
    const origin = "https://evil.example";
    const heard = await over(talk(port, upgradeRequest("/", { Origin: origin })));
    expect(heard).toMatch(/^HTTP\/1.1 403 Forbidden\r\n/);
    expect(warned).toMatchObject([{ origin, status: 403, remoteAddress: "127.0.0.1" }]);
    const welcome = talk(port, upgradeRequest("/", { Origin: "https://app.example" }));
    await until(() => welcome.heard.startsWith("HTTP/1.1 101 "));
    welcome.socket.destroy();
  });

  it("keeps cookies from authenticate where any page may connect", async () => {
    const cookies: unknown[] = [];
    for (const origins of ["any", "same"] as const) {
      await using one = createServer({
        router: router("one"),
        logger: quiet,
        origins,
        authenticate: ({ headers }) => {
          cookies.push(headers.cookie);
          return { userId: "ana" };
        },
        createContext: () => ({}),
      });
      const { url } = await one.listen(0);
      const socket = new WebSocket(url, { headers: { cookie: "session=1" } });
      await once(socket, "open");
      await until(() => one.connections.size === 1);
      socket.terminate();
    }
    expect(cookies).toEqual([undefined, "session=1"]);
  });

  it("that offers only other versions is accepted, to be closed with a code that says so", async () => {
    await using one = serve("one");
    const { url } = await one.listen(0);
    const socket = new WebSocket(url, ["tautline.9"]);
    const [code, reason] = await once(socket, "close");
    expect([code, String(reason)]).toEqual([4501, "Cannot speak tautline.9: use tautline.1"]);
  });

  it("of a client that leaves at once harms nobody", async () => {
    const http = createHttpServer();
    const port = await listen(http);
    http.on("upgrade", () => {}); // a listener that takes nothing
    await using one = serve("one");
    one.attach(http);
    for (const target of ["/line", "/other", "//"]) {
      const { socket } = talk(port, upgradeRequest(target));
      await once(socket, "connect");
      socket.resetAndDestroy();
    }
    expect(await nameAt(`ws://127.0.0.1:${port}/line`)).toBe("one");
  });

  it("that nobody serves may be broken off: its errors end that socket only", async () => {
    const http = createHttpServer();
    const port = await listen(http);
    const streams: Socket[] = [];
    http.on("upgrade", (_request, stream) => streams.push(stream as Socket));
    await using one = serve("one");
    one.attach(http);
    const { socket } = talk(port, upgradeRequest("/other"));
    const stream = await until(() => streams[0]);
    stream.resume();
    socket.resetAndDestroy();
    await until(() => stream.destroyed); // an error without a listener would fail the run
    expect(await nameAt(`ws://127.0.0.1:${port}/line`)).toBe("one");
  });
});

describe("a broken frame", () => {
  /** A client's frame, masked with zeros. RFC 6455 §5.2 */
  const frame = (first: number, payload: string | Buffer, mask = 0x80) => {
    const body = Buffer.from(payload);
    return Buffer.concat([Buffer.from([first, mask | body.length, 0, 0, 0, 0]), body]);
  };

  it.each<[string, Buffer, number]>([
    ["without a mask", Buffer.from([0x81, 1, 0x31]), 1002],
    ["with reserved bits", frame(0xf1, "1"), 1002],
    ["with an opcode that nobody knows", frame(0x83, "1"), 1002],
    ["that is text but not UTF-8", frame(0x81, Buffer.from([0xc3, 0x28])), 1007],
    ["that goes on where nothing began", frame(0x80, "1"), 1002],
    ["that closes with a code nobody may send", frame(0x88, Buffer.from([3, 237])), 1002],
  ])("%s ends its connection, and no other", async (_what, bytes, code) => {
    const closed: number[] = [];
    await using one = serve("one", { onDisconnect: (event) => closed.push(event.code) });
    const { port, url } = await one.listen(0);
    const talked = talk(port, upgradeRequest("/"));
    await until(() => one.connections.size === 1);
    talked.socket.write(bytes);
    await until(() => talked.ended);
    const [first, length, high, low] = Buffer.from(talked.heard, "latin1").subarray(-4);
    expect([first, length, (high! << 8) | low!]).toEqual([0x88, 2, code]);
    await until(() => closed.length === 1);
    expect(await nameAt(url)).toBe("one");
  });

  it("that is too large ends its connection with 1009", async () => {
    await using one = serve("one", { limits: { maxFrameBytes: 1_000 } });
    const { url } = await one.listen(0);
    const socket = new WebSocket(url);
    await once(socket, "open");
    socket.send("x".repeat(1_001));
    const [code] = await once(socket, "close");
    expect(code).toBe(1009);
    expect(await nameAt(url)).toBe("one");
  });
});

describe("a port of its own", () => {
  it("answers other requests with 426", async () => {
    await using one = serve("one");
    const { port } = await one.listen(0);
    const response = await fetch(`http://127.0.0.1:${port}/`);
    expect([response.status, response.headers.get("upgrade")]).toEqual([426, "websocket"]);
  });

  it("that is taken is an error of listen, and no other", async () => {
    await using one = serve("one");
    const { port } = await one.listen(0);
    await using two = serve("two");
    await expect(two.listen(port)).rejects.toMatchObject({ code: "EADDRINUSE" });
    const { url } = await two.listen(0);
    expect(await nameAt(url)).toBe("two");
  });

  it("is shown as a URL, IPv6 in brackets", async () => {
    await using one = serve("one");
    expect((await one.listen(0)).url).toMatch(/^ws:\/\/127\.0\.0\.1:\d+$/);
    expect((await one.listen(0, "::1")).url).toMatch(/^ws:\/\/\[::1\]:\d+$/);
  });
});
