/**
 * The eight traps of the base dialect, one by one. What tRPC 11.25.2 itself falls into is said in the
 * test's title, and what it does there is in the test: should it change, we want to know.
 */
import { readFileSync } from "node:fs";
import { createConnection } from "node:net";
import * as ours from "@tautline/server";
import * as dropIn from "@tautline/server/trpc";
import { until } from "@tautline/testing";
import * as trpc from "@trpc/server";
import * as stock from "@trpc/server/adapters/ws";
import superjson from "superjson";
import { describe, expect, it } from "vitest";
import { WebSocketServer } from "ws";
import { createRouter, createStage, write } from "./app.js";
import { connectRaw, request } from "./raw.js";
import { type ServerName, startServer } from "./servers.js";

const everyServer: readonly ServerName[] = ["stock", "drop-in", "createServer"];
const bothHandlers = ["stock", "drop-in"] as const;
const known = (server: string) => (server === "stock" ? " [known difference: it does not]" : "");

describe.each(bothHandlers)("trap 1: PONG must not overtake queued data (%s server)", (server) => {
  it("PONG comes behind answers that were ready before PING came", async () => {
    const running = await startServer(server);
    using raw = await connectRaw(running.url);
    const names = Array.from({ length: 20 }, (_, n) => `${n}`);
    raw.say(...names.map((name) => request("query", name, "hold", { input: name })));
    await until(() => running.stage.held.size === names.length);
    for (const finish of running.stage.held.values()) finish("done");
    // Answers are made in microtasks. After these they are ready, and the turn has not ended.
    for (let n = 0; n < 50; n++) await null;
    const [socket] = running.sockets;
    socket!.emit("message", Buffer.from("PING"), false);
    await until(() => raw.heard.length === names.length + 1);
    expect(raw.heard.at(-1)).toBe("PONG");
    await running.close();
  });
});

describe.each(everyServer)(
  "trap 2: ids are of one connection, and started is told (%s server)",
  (server) => {
    it("two sockets may use the same ids at the same time", async () => {
      const running = await startServer(server);
      using first = await connectRaw(running.url);
      using second = await connectRaw(running.url);
      for (const raw of [first, second]) {
        await raw.ask(request("subscription", 1, "feed", { input: "news" }));
        expect(raw.heard).toEqual([{ id: 1, result: { type: "started" } }]);
      }
      await until(() => running.stage.story.length === 2);
      await first.ask({ id: 1, method: "subscription.stop" });
      running.stage.events.emit("news", "a");
      await until(() => second.heard.length === 2);
      expect(first.about(1).at(-1)).toEqual({ id: 1, result: { type: "stopped" } });
      expect(second.about(1).at(-1)).toEqual({ id: 1, result: { type: "data", data: "a" } });
      await running.close();
    });
  },
);

describe.each(everyServer)("trap 3: an id that is taken (%s server)", (server) => {
  it("is refused with BAD_REQUEST, and the first one goes on", async () => {
    const running = await startServer(server);
    using raw = await connectRaw(running.url);
    await raw.ask(request("subscription", 1, "feed", { input: "news" }));
    const refusal = await raw.ask(request("subscription", 1, "feed", { input: "talk" }));
    expect(refusal.error).toMatchObject({
      message: "Duplicate id 1",
      data: { code: "BAD_REQUEST" },
    });
    await until(() => running.stage.events.listenerCount("news") === 1);
    running.stage.events.emit("news", "a");
    await until(() => raw.heard.length === 3);
    expect(raw.heard[2]).toEqual({ id: 1, result: { type: "data", data: "a" } });
    expect(running.stage.story).toEqual(["feed news"]);
    await running.close();
  });

  it("is free once the handler's iterator is disposed of, and its client told so", async () => {
    const running = await startServer(server);
    using raw = await connectRaw(running.url);
    await raw.ask(request("subscription", 1, "feed", { input: "news" }));
    await until(() => running.stage.events.listenerCount("news") === 1);
    await raw.ask({ id: 1, method: "subscription.stop" });
    expect(running.stage.story).toEqual(["feed news", "fed news"]);
    const again = await raw.ask(request("subscription", 1, "count", { input: { to: 1 } }));
    expect(again.result).toEqual({ type: "started" });
    await running.close();
  });
});

describe.each(everyServer)("trap 4: a request without input (%s server)", (server) => {
  it(`is answered under superjson, as undefined${known(server)}`, async () => {
    const running = await startServer(server, { transformer: "superjson" });
    using raw = await connectRaw(running.url);
    raw.say(request("query", 1, "greet"));
    await until(() => raw.heard.length === 1);
    if (server === "stock") {
      // Under no id: who asked waits for ever.
      expect(raw.heard[0].id).toBeNull();
      expect(superjson.deserialize<any>(raw.heard[0].error).data.code).toBe("PARSE_ERROR");
    } else {
      expect(superjson.deserialize(raw.about(1)[0].result.data)).toBe("Hello world");
    }
    await running.close();
  });
});

describe.each(everyServer)("trap 5: one bad message of a batch (%s server)", (server) => {
  it(`does not void the others, and is answered under its own id${known(server)}`, async () => {
    const running = await startServer(server);
    using raw = await connectRaw(running.url);
    raw.say(
      request("query", "first", "greet"),
      { id: "a method", method: "teleport" },
      { id: "no params", method: "query" },
      { id: "no path", method: "query", params: {} },
      { id: "a version", jsonrpc: "3.0", method: "query", params: { path: "greet" } },
      5,
      request("query", "last", "greet"),
    );
    if (server === "stock") {
      await raw.ask(request("query", "later", "greet"));
      expect(raw.heard.map(({ id }) => id)).toEqual([null, "later"]);
    } else {
      await until(() => raw.heard.length === 7);
      for (const id of ["first", "last"]) {
        expect(raw.about(id)).toEqual([{ id, result: { type: "data", data: "Hello world" } }]);
      }
      for (const id of ["a method", "no params", "no path", "a version", null]) {
        expect(raw.about(id)).toMatchObject([
          {
            error: {
              data: { code: server === "drop-in" || id === null ? "PARSE_ERROR" : "BAD_REQUEST" },
            },
          },
        ]);
      }
    }
    await running.close();
  });

  it(`also one whose input can not be decoded${known(server)}`, async () => {
    const running = await startServer(server, { transformer: "superjson" });
    using raw = await connectRaw(running.url);
    const input = superjson.serialize("Ana");
    raw.say(
      request("query", 1, "greet", { input }),
      request("query", 2, "greet", { input: null }),
      request("query", 3, "greet", { input }),
    );
    const fate = (id: number) => Object.keys(raw.about(id)[0] ?? { id: 0, silence: 0 })[1];
    if (server === "stock") await until(() => raw.about(null).length === 1);
    else await until(() => raw.heard.length === 3);
    const answers = server === "stock" ? Array(3).fill("silence") : ["result", "error", "result"];
    expect([1, 2, 3].map(fate)).toEqual(answers);
    await running.close();
  });
});

describe.each(everyServer)("trap 6: lastEventId reaches the handler (%s server)", (server) => {
  const inputs: [string, string, unknown, string?][] = [
    ["an object", "numbered", {}],
    ["nothing", "numbered", undefined],
    ["a string", "resume.text", "room", "it is lost"],
    ["an array", "resume.list", [1], "it is lost"],
    ["a strict object", "resume.strict", { room: "a" }, "the input is refused"],
    [
      "nothing, where there could be a string",
      "resume.optional",
      undefined,
      "the input is refused",
    ],
    ["nothing, where there can be none", "resume.nothing", undefined, "it is lost"],
  ];
  it.each(
    inputs.map(([what, path, input, stockFate]) => ({
      what: stockFate && server === "stock" ? `${what} [known difference: ${stockFate}]` : what,
      path,
      input,
      stockFate: server === "stock" ? stockFate : undefined,
    })),
  )("when the input is $what", async ({ path, input, stockFate }) => {
    const running = await startServer(server);
    write(running.stage, "a", "b", "c");
    using raw = await connectRaw(running.url);
    raw.say(
      request("subscription", 1, path, { ...(input !== undefined && { input }), lastEventId: "2" }),
    );
    await until(() => raw.heard.length > 1 || raw.heard[0]?.error);
    if (stockFate === "the input is refused") {
      expect(raw.heard[0].error.data.code).toBe("BAD_REQUEST");
    } else {
      const after = stockFate === undefined ? "2" : "nothing";
      expect(running.stage.story).toEqual([`after ${after}`]);
    }
    await running.close();
  });
});

describe("trap 7: tracked() marks with a symbol of its module", () => {
  it("so there is one copy of it: ours is the application's own", () => {
    expect(ours.tracked).toBe(trpc.tracked);
    const manifest = JSON.parse(
      readFileSync(new URL("../../packages/server/package.json", import.meta.url), "utf8"),
    );
    expect(manifest.peerDependencies["@trpc/server"]).toBeDefined();
    expect(manifest.dependencies["@trpc/server"]).toBeUndefined();
  });
});

describe.each(bothHandlers)(
  "trap 8: what a stranger sends ends his socket only (%s server)",
  (server) => {
    const { getWSConnectionHandler, applyWSSHandler } = server === "stock" ? stock : dropIn;

    async function start(prefix?: string) {
      const wss = new WebSocketServer({ host: "127.0.0.1", port: 0 });
      await new Promise((resolve) => wss.once("listening", resolve));
      const stage = createStage();
      const thrown: unknown[] = [];
      const createContext = () => ({ user: null, stage });
      const options = { wss, router: createRouter("none"), createContext };
      if (prefix === undefined) {
        const handler = getWSConnectionHandler(options);
        wss.on("connection", (client, req) => {
          try {
            handler(client, req);
          } catch (error) {
            thrown.push(error); // out of the listener it would end the process
            client.terminate();
          }
        });
      } else applyWSSHandler({ ...options, prefix });
      const { port } = wss.address() as { port: number };
      return { wss, port, thrown };
    }

    /** An upgrade that no browser would send. Returns what the server says. */
    function upgrade(port: number, target: string, host: string, frame?: Buffer) {
      const stream = createConnection(port, "127.0.0.1");
      let said = "";
      stream.on("data", (data) => {
        if (said === "" && frame) stream.write(frame);
        said += data.toString("latin1");
      });
      stream.on("error", () => {});
      stream.write(
        `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
          "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
      );
      return { stream, said: () => said };
    }

    it.each([
      ["a URL of two slashes", "//", "localhost"],
      ["a Host with a blank", "/", "a b"],
    ])(
      `%s${server === "stock" ? " [known difference: it throws out of the listener]" : ""}`,
      async (_what, target, host) => {
        const { wss, port, thrown } = await start();
        const stranger = upgrade(port, target, host);
        await until(() => stranger.said().includes("101"));
        await until(() => wss.clients.size === 1 || thrown.length > 0);
        expect(thrown).toHaveLength(server === "stock" ? 1 : 0);
        using raw = await connectRaw(`ws://127.0.0.1:${port}`);
        expect((await raw.ask(request("query", 1, "greet"))).result.data).toBe("Hello world");
        stranger.stream.destroy();
        for (const client of wss.clients) client.terminate();
        wss.close();
      },
    );

    it(`a broken frame on a socket outside the prefix${server === "stock" ? " [known difference: nobody listens for its error]" : ""}`, async () => {
      const { wss, port } = await start("/trpc");
      let listeners = -1;
      wss.on("connection", (client, req) => {
        if (req.url !== "/elsewhere") return;
        listeners = client.listenerCount("error");
        if (listeners === 0) client.on("error", () => {}); // or this test would end here
      });
      const broken = Buffer.from([0xff, 0xff, 0xff, 0xff]); // reserved bits and an opcode that is none
      const stranger = upgrade(port, "/elsewhere", "localhost", broken);
      await until(() => listeners >= 0);
      expect(listeners).toBe(server === "stock" ? 0 : 1);
      await until(() => wss.clients.size === 0);
      using raw = await connectRaw(`ws://127.0.0.1:${port}/trpc`);
      expect((await raw.ask(request("query", 1, "greet"))).result.data).toBe("Hello world");
      stranger.stream.destroy();
      for (const client of wss.clients) client.terminate();
      wss.close();
    });
  },
);
