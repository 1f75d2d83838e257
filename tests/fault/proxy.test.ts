import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { until } from "../../packages/testing/src/index.js";
import {
  blackHole,
  type Direction,
  type Ending,
  type LineProxy,
  pass,
  startProxy,
} from "./proxy.js";

/** One end of a line, which keeps what it hears. */
class End {
  heard = Buffer.alloc(0);
  /** How it ended, if it has. */
  ending: Ending | undefined;
  constructor(readonly socket: Socket) {
    socket.on("data", (bytes) => {
      this.heard = Buffer.concat([this.heard, bytes as Buffer]);
    });
    socket.on("end", () => {
      this.ending ??= "end";
    });
    socket.on("error", () => {
      this.ending ??= "reset";
    });
  }
}

let server: Server;
let proxy: LineProxy;
let serverEnds: End[];
let clients: Socket[];
beforeEach(async () => {
  serverEnds = [];
  clients = [];
  server = createServer({ allowHalfOpen: true }, (socket) => serverEnds.push(new End(socket)));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  proxy = await startProxy((server.address() as AddressInfo).port);
});
afterEach(async () => {
  for (const socket of clients) socket.destroy();
  await proxy.close();
  server.close();
});

// Loops of real sockets turn slowly on a busy machine.
const patience = { turns: 20_000 };
const heard = (end: End, bytes: number) => until(() => end.heard.length >= bytes, patience);

async function dial() {
  const socket = connect({ port: proxy.port, host: "127.0.0.1", allowHalfOpen: true });
  clients.push(socket);
  const client = new End(socket);
  await once(socket, "connect").catch(() => {}); // reset before that: `ending` says so
  return client;
}

/** A client, and its server's end. */
async function open() {
  const count = serverEnds.length;
  const client = await dial();
  await until(() => serverEnds.length > count, patience);
  return { client, server: serverEnds[count]! };
}

describe("a line", () => {
  it("carries bytes both ways, and counts them", async () => {
    const { client, server } = await open();
    client.socket.write("hello");
    await heard(server, 5);
    server.socket.write("hi");
    await heard(client, 2);
    const [line] = proxy.lines;
    expect(line!.bytes).toEqual({ up: 5, down: 2 });
  });

  it("carries megabytes unharmed", async () => {
    const { client, server } = await open();
    const bytes = Buffer.alloc(8 * 1_048_576, "0123456789");
    server.socket.write(bytes);
    await heard(client, bytes.length);
    expect(client.heard.equals(bytes)).toBe(true);
  });

  it("carries the end of one direction, and leaves the other", async () => {
    const { client, server } = await open();
    client.socket.end("bye");
    await until(() => server.ending === "end", patience);
    server.socket.end("goodbye");
    await until(() => client.ending === "end", patience);
    expect([String(server.heard), String(client.heard)]).toEqual(["bye", "goodbye"]);
    await until(() => proxy.lines.size === 0, patience);
  });

  it("carries a reset", async () => {
    const { client, server } = await open();
    server.socket.resetAndDestroy();
    await until(() => client.ending === "reset", patience);
    await until(() => proxy.lines.size === 0, patience);
  });

  it("is reset when there is no server", async () => {
    proxy.target(1);
    const client = await dial();
    await until(() => client.ending === "reset", patience);
  });

  it.each<Ending>(["reset", "end"])("can be cut by %s, which both ends hear", async (ending) => {
    const { client, server } = await open();
    proxy.cut(ending);
    await until(() => client.ending === ending && server.ending === ending, patience);
    for (const { socket } of [client, server]) socket.destroy();
    await until(() => proxy.lines.size === 0, patience);
  });

  it("is followed by others, to other servers in turn", async () => {
    const other = createServer((socket) => new End(socket));
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    proxy.target(port, (other.address() as AddressInfo).port);
    const there = new Promise<void>((resolve) => other.once("connection", () => resolve()));
    await dial();
    await dial();
    await there;
    expect(proxy.opened).toBe(2);
    await until(() => serverEnds.length === 1, patience);
    other.close();
  });
});

describe("a black hole", () => {
  it.each<[Direction, string, string]>([
    ["up", "", "down"],
    ["down", "up", ""],
  ])("%s swallows that direction only", async (direction, toServer, toClient) => {
    const { client, server } = await open();
    proxy.present({ name: "hole", direction });
    client.socket.write("up");
    server.socket.write("down");
    await heard(direction === "up" ? client : server, 2);
    await new Promise((resolve) => setTimeout(resolve, 50)); // for what must not come
    expect([String(server.heard), String(client.heard)]).toEqual([toServer, toClient]);
  });

  it("swallows endings and resets", async () => {
    const { client, server } = await open();
    proxy.present(blackHole);
    client.socket.end();
    server.socket.resetAndDestroy();
    await new Promise((resolve) => setTimeout(resolve, 50)); // for what must not come
    expect([client.ending, server.ending]).toEqual([undefined, undefined]);
  });

  it("gives back what it swallowed once it passes again, in order", async () => {
    const { client, server } = await open();
    client.socket.write("a");
    await heard(server, 1);
    proxy.present(blackHole);
    client.socket.write("b");
    client.socket.end("c");
    proxy.present(pass);
    await until(() => server.ending === "end", patience);
    expect(String(server.heard)).toBe("abc");
  });

  it("hides new connections from the server until it passes", async () => {
    proxy.coming(blackHole);
    const client = await dial();
    client.socket.write("hello");
    await new Promise((resolve) => setTimeout(resolve, 50)); // for what must not come
    expect(serverEnds).toEqual([]);
    proxy.all(pass);
    await until(() => serverEnds.length === 1, patience);
    await heard(serverEnds[0]!, 5);
  });

  it("for the present lines leaves later ones alone", async () => {
    await open();
    proxy.present(blackHole);
    const { client, server } = await open();
    client.socket.write("x");
    await heard(server, 1);
  });
});

describe("a slow line", () => {
  it("delays each way and keeps the order, the end included", async () => {
    const { client, server } = await open();
    proxy.all({ name: "delay", ms: 100 });
    const begun = performance.now();
    for (const text of ["a", "b", "c"]) client.socket.write(text);
    client.socket.end();
    await until(() => server.ending === "end", patience);
    expect(performance.now() - begun).toBeGreaterThanOrEqual(99);
    expect(String(server.heard)).toBe("abc");
    server.socket.write("d");
    await heard(client, 1);
    expect(performance.now() - begun).toBeGreaterThanOrEqual(198);
  });

  it("lets no more through than its pace", async () => {
    const { client, server } = await open();
    proxy.all({ name: "throttle", bytesPerSecond: 100_000 });
    const begun = performance.now();
    client.socket.write(Buffer.alloc(30_000));
    await heard(server, 30_000);
    expect(performance.now() - begun).toBeGreaterThan(250);
  });

  it("holds back the sender", async () => {
    const { server } = await open();
    proxy.all({ name: "throttle", bytesPerSecond: 1_000 });
    server.socket.write(Buffer.alloc(64 * 1_048_576));
    await new Promise((resolve) => setTimeout(resolve, 200)); // for what must not go
    expect(server.socket.writableLength).toBeGreaterThan(32 * 1_048_576);
  });

  it("is fast again when it is told to", async () => {
    const { client, server } = await open();
    proxy.all({ name: "throttle", bytesPerSecond: 10 });
    client.socket.write(Buffer.alloc(100_000));
    await heard(server, 1);
    proxy.all(pass);
    await heard(server, 100_000);
  });
});

describe("a line that is cut after so many bytes", () => {
  it.each<[Ending, number]>([
    ["reset", 0],
    ["reset", 1],
    ["reset", 1_000],
    ["reset", 70_000],
    ["end", 0],
    ["end", 999],
    ["end", 70_000],
  ])("by %s lets exactly %i through", async (ending, bytes) => {
    for (const direction of ["up", "down"] as const) {
      proxy.once({ name: "cutAfter", direction, bytes, ending });
      const client = await dial();
      const all = Buffer.from(Array.from({ length: 200_000 }, (_, index) => index % 251));
      let receiver = client;
      if (direction === "up") {
        client.socket.write(all);
        if (bytes === 0) await until(() => client.ending !== undefined, patience);
        else {
          await until(() => serverEnds.length > 0, patience);
          receiver = serverEnds.pop()!;
          await until(() => receiver.ending !== undefined, patience);
        }
      } else {
        if (bytes > 0) {
          await until(() => serverEnds.length > 0, patience);
          serverEnds.pop()!.socket.write(all);
        }
        await until(() => client.ending !== undefined, patience);
      }
      // A kernel may tell an end instead of a reset to whoever reads what came before it.
      if (ending === "end") expect(receiver.ending).toBe(ending);
      expect(receiver.heard.length).toBe(bytes);
      expect(receiver.heard.equals(all.subarray(0, bytes))).toBe(true);
      serverEnds.length = 0;
    }
  });

  it("may be the next one alone", async () => {
    proxy.once({ name: "cutAfter", direction: "up", bytes: 0, ending: "end" });
    const first = await dial();
    await until(() => first.ending === "end", patience);
    const { client, server } = await open();
    client.socket.write("hello");
    await heard(server, 5);
  });

  it("may be cut by the bytes it has carried already", async () => {
    const { client, server } = await open();
    client.socket.write("hello");
    await heard(server, 5);
    proxy.present({ name: "cutAfter", direction: "up", bytes: 3, ending: "end" });
    await until(() => client.ending === "end", patience);
  });

  it("leaves the other direction as it is", async () => {
    proxy.coming({ name: "cutAfter", direction: "up", bytes: 5, ending: "end" });
    const { client, server } = await open();
    server.socket.write(Buffer.alloc(100_000));
    await heard(client, 100_000);
    client.socket.write("hello");
    await until(() => client.ending === "end", patience);
  });
});

describe("a proxy that refuses", () => {
  it("resets new lines and keeps the old", async () => {
    const { client, server } = await open();
    proxy.coming({ name: "refuse" });
    const refused = connect({ port: proxy.port, host: "127.0.0.1" });
    await new Promise<void>((resolve) => refused.on("error", () => resolve()));
    client.socket.write("x");
    await heard(server, 1);
  });
});
