import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { query, subscription } from "@tautline/contracts";
import { implement } from "@tautline/server";
import { createMemorySocketPair, settled, until } from "@tautline/testing";
import { describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { z } from "zod";
import { call, listenTo, type ServiceOptions, startService, told } from "./line.js";

function start(options: Partial<ServiceOptions> = {}) {
  const ended: string[] = [];
  const router = implement({
    work: query({ output: z.string(), deadlineMs: 60_000 }),
    feed: subscription({ output: z.number() }),
  }).router({
    work: ({ signal }) =>
      new Promise<string>((_, reject) =>
        signal.addEventListener("abort", () => {
          ended.push("work");
          reject(signal.reason);
        }),
      ),
    async *feed({ signal }) {
      try {
        yield 1;
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
      } finally {
        ended.push("feed");
      }
    },
  });
  return { ...startService({ router, ...options }), ended };
}

describe("close", () => {
  it("ends every connection in every state, and leaves neither timers nor connections", async () => {
    const codes: number[] = [];
    const service = start({
      authenticate: ({ credentials }) =>
        credentials?.user === "slow" ? new Promise<never>(() => {}) : { userId: "ana" },
      onDisconnect: ({ code }) => codes.push(code),
    });
    const silent = await service.connect({ hello: false });
    const waiting = await service.connect({ hello: { credentials: { user: "slow" } } });
    const expected = await service.connect({ dialect: "base", expectsParams: true });
    const busy = await service.connect();
    busy.say(call("query", 1, "work"), call("subscription", 2, "feed"));
    const base = await service.connect({ dialect: "base" });
    base.say(call("query", 1, "work"), call("query", 1, "work"));
    await settled();

    await service.server.close();
    await settled();
    for (const line of [silent, waiting, expected, busy, base]) {
      expect(line.closed).toEqual({ code: 4000, reason: "The server is closing" });
    }
    expect(service.ended.sort()).toEqual(["feed", "work", "work", "work"]);
    expect(service.leftovers()).toEqual([]);
    expect(codes).toEqual([4000, 4000]); // of those that were open
  });

  it("sends first what was ready before it", async () => {
    let flush = () => {};
    const afterTurn = (run: () => void) => {
      flush = run;
    };
    const service = start({ afterTurn });
    const line = await service.connect();
    flush(); // the welcome
    line.say(call("subscription", 2, "feed"));
    await settled(); // ready, and held until the turn ends
    expect(line.about(2)).toEqual([]);
    await service.server.close();
    await settled();
    expect(told(line.about(2))).toEqual(["started", 1]);
    expect(line.closed?.code).toBe(4000);
  });

  it("resolves at once where nobody is, and may be called again, also by what it causes", async () => {
    const service = start({ onDisconnect: () => void service.server.close() });
    await service.connect();
    const closing = service.server.close();
    expect(service.server.close()).toBe(closing);
    await closing;
    await start().server.close();
  });

  it("waits for the sockets to be gone", async () => {
    const service = start();
    const line = await service.connect();
    line.network.blackHole("toServer");
    let closed = false;
    const closing = service.server.close().then(() => {
      closed = true;
    });
    await settled();
    expect(closed).toBe(false);
    line.network.heal();
    await closing;
  });

  it("lets nobody in any more", async () => {
    const service = start();
    await service.server.close();
    const { client, server: end, network } = createMemorySocketPair();
    const late = listenTo(client, network);
    service.server.serve(end);
    await settled();
    expect(late.closed).toEqual({ code: 4000, reason: "The server is closing" });
    await expect(service.server.listen(0)).rejects.toThrow("Cannot listen: the server is closed");
    expect(() => service.server.attach(createHttpServer())).toThrow("the server is closed");
  });

  it("is what await using does", async () => {
    const service = start();
    {
      await using server = service.server;
      expect(server.connections.size).toBe(0);
    }
    await expect(service.server.listen(0)).rejects.toThrow("the server is closed");
  });
});

describe("close, with real sockets,", () => {
  it("frees the port, whatever clients were doing", async () => {
    const { server, ended } = start();
    const { port, url } = await server.listen(0);
    const silent = connect(port, "127.0.0.1"); // has asked for nothing yet
    await once(silent, "connect");
    const socket = new WebSocket(url);
    await once(socket, "open");
    socket.send(JSON.stringify(call("subscription", 1, "feed")));
    await once(socket, "message");
    const closes = Promise.all([once(socket, "close"), once(silent, "close")]);
    silent.on("error", () => {}).resume();
    await server.close();
    const [[code]] = await closes;
    expect([code, ended]).toEqual([4000, ["feed"]]);

    const next = createHttpServer().listen(port, "127.0.0.1");
    await once(next, "listening");
    next.close();
  });

  it("while it is still beginning to listen leaves no port open", async () => {
    const { server } = start();
    const listening = server.listen(0, "localhost");
    const closing = server.close();
    await expect(listening).rejects.toThrow("the server is closed");
    await closing;
  });

  it("leaves the http server it was attached to alone", async () => {
    const http = createHttpServer((_request, response) => response.end("still here"));
    http.listen(0, "127.0.0.1");
    await once(http, "listening");
    const { port } = http.address() as AddressInfo;
    const { server } = start();
    server.attach(http);
    const socket = new WebSocket(`ws://127.0.0.1:${port}/line`);
    await once(socket, "open");
    const close = once(socket, "close");
    await server.close();
    expect((await close)[0]).toBe(4000);
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe("still here");
    http.closeAllConnections();
    http.close();
  });

  it("of one server on an http server leaves the others running", async () => {
    const http = createHttpServer();
    http.listen(0, "127.0.0.1");
    await once(http, "listening");
    const { port } = http.address() as AddressInfo;
    const [one, two] = [start().server, start().server];
    one.attach(http);
    two.attach(http, { path: "/two" });
    const socket = new WebSocket(`ws://127.0.0.1:${port}/two`);
    await once(socket, "open");
    await one.close();
    expect(socket.readyState).toBe(WebSocket.OPEN);
    await two.close();
    await until(() => socket.readyState === WebSocket.CLOSED);
    http.close();
  });
});

describe("a server", () => {
  it("holds no timer of its own while nobody is connected", async () => {
    const service = start();
    expect(service.clock.pending).toBe(0);
    const line = await service.connect();
    expect(service.clock.pending).toBe(1); // the heartbeat
    line.socket.close(1000);
    await settled();
    expect(service.clock.pending).toBe(0);
    await service.server.close();
  });
});
