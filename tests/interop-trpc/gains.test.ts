/**
 * What changes with the import: where tRPC 11.25.2 does wrong, and the drop-ins right on the same
 * wire. Each test runs on both; what stock does is in its title, marked as the known difference.
 */

import * as ours from "@tautline/server/trpc";
import { until } from "@tautline/testing";
import * as stock from "@trpc/server/adapters/ws";
import { afterEach, describe, expect, it, vi } from "vitest";
import { WebSocketServer } from "ws";
import { createRouter, createStage } from "./app.js";
import { failure, follow, startClient } from "./clients.js";
import { connectRaw, request } from "./raw.js";
import { startServer } from "./servers.js";

afterEach(() => {
  vi.useRealTimers();
});

/** Moves the timers of both clients by hand: how long real ones take is the machine's affair. */
const holdTimers = () => vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });

const both = ["stock", "drop-in"] as const;
const differs = (which: string, how: string) =>
  which === "stock" ? ` [known difference: ${how}]` : "";

describe.each(both)("the %s server", (server) => {
  it(`aborts queries and mutations whose client has left${differs(server, "they never learn")}`, async () => {
    const running = await startServer(server);
    const raw = await connectRaw(running.url);
    raw.say(
      request("query", 1, "hold", { input: "query" }),
      request("mutation", 2, "change", { input: "mutation" }),
      request("subscription", 3, "feed", { input: "news" }),
    );
    await until(() => running.stage.held.size === 2 && running.stage.story.length === 3);
    raw.socket.terminate();
    await until(() => running.stage.story.includes("fed news"));
    const aborted = running.stage.story.filter((line) => line.startsWith("abort"));
    expect(aborted).toEqual(server === "stock" ? [] : ["abort query", "abort mutation"]);
    expect(running.told).toEqual([]); // an abort is no error to be reported
    await running.close();
  });

  it(`stops pulling for a reader that pauses${differs(server, "it buffers all there is")}`, async () => {
    const running = await startServer(server);
    using raw = await connectRaw(running.url);
    raw.socket.pause();
    raw.say(request("subscription", 1, "flood"));
    const { story } = running.stage;
    if (server === "stock") await until(() => story.length === 500);
    else {
      // Until it has begun, and nothing more was pulled for a hundred looks.
      let [before, looks] = [0, 0];
      await until(() => {
        looks = story.length > 0 && story.length === before ? looks + 1 : 0;
        before = story.length;
        return looks > 100;
      });
      expect(story.length).toBeLessThan(400);
    }
    raw.socket.resume();
    await until(() => raw.about(1).length === 502, { turns: 10_000 });
    await running.close();
  });

  it(`asks only its own clients to move${differs(server, "all of the WebSocketServer's")}`, async () => {
    const wss = new WebSocketServer({ host: "127.0.0.1", port: 0 });
    await new Promise((resolve) => wss.once("listening", resolve));
    const stage = createStage();
    const { applyWSSHandler } = server === "stock" ? stock : ours;
    const handler = applyWSSHandler({
      wss,
      prefix: "/trpc",
      router: createRouter("none"),
      createContext: () => ({ user: null, stage }),
    });
    const { port } = wss.address() as { port: number };
    using own = await connectRaw(`ws://127.0.0.1:${port}/trpc`);
    using other = await connectRaw(`ws://127.0.0.1:${port}/chat`);
    handler.broadcastReconnectNotification();
    await until(() => own.heard.length === 1);
    expect(own.heard).toEqual([{ id: null, method: "reconnect" }]);
    for (const client of wss.clients) client.send('"the chat\'s own"');
    await until(() => other.heard.includes("the chat's own"));
    expect(other.heard).toHaveLength(server === "stock" ? 2 : 1);
    for (const client of wss.clients) client.terminate();
    wss.close();
  });
});

describe.each(both)("the %s client", (name) => {
  it(`sends the rest of a batch when one input can not be written${differs(name, "all fail")}`, async () => {
    const running = await startServer("stock");
    const client = startClient(name, running.url);
    await until(() => client.ws.connection?.state === "open");
    const [first, second, third] = await Promise.allSettled([
      client.api.greet.query("a"),
      client.api.echo.query(1n),
      client.api.greet.query("c"),
    ]);
    expect(second).toMatchObject({ reason: { message: "Do not know how to serialize a BigInt" } });
    const fate = name === "stock" ? "rejected" : "fulfilled";
    expect([first.status, third.status]).toEqual([fate, fate]);
    await client.ws.close();
    await running.close();
  });

  it(`is idle when a lazy socket was closed by the server${differs(name, "it says pending")}`, async () => {
    const running = await startServer("stock");
    const client = startClient(name, running.url, "none", {
      lazy: { enabled: true, closeMs: 60_000 },
    });
    expect(await client.api.greet.query()).toBe("Hello world");
    running.cut();
    await until(() => client.story.length === 2);
    expect(client.ws.connectionState.get().state).toBe(name === "stock" ? "pending" : "idle");
    await client.ws.close();
    await running.close();
  });

  it(`stays with a server that tells events, however late its PONG${differs(name, "it leaves")}`, async () => {
    const running = await startServer("stock", { options: { dangerouslyDisablePong: true } });
    holdTimers();
    const keepAlive = { enabled: true, intervalMs: 20, pongTimeoutMs: 40 };
    const client = startClient(name, running.url, "none", { keepAlive });
    const feed = follow(client.api.feed, "news");
    await until(() => {
      vi.advanceTimersByTime(0); // stock's client sends at the end of a turn
      return feed.told.length === 1;
    });
    await until(() => running.stage.events.listenerCount("news") === 1);
    vi.advanceTimersByTime(20);
    await until(() => running.frames.includes("PING"));
    // Often enough that it is never silent for 40 ms, for longer than that.
    for (let events = 1; events <= 5 && !client.story.includes("close"); events++) {
      vi.advanceTimersByTime(30);
      running.stage.events.emit("news", "still here");
      await until(() => feed.told.length > events || client.story.includes("close"));
    }
    if (name === "stock") await until(() => client.story.includes("close"));
    expect(client.story.includes("close")).toBe(name === "stock");
    await client.ws.close();
    await running.close();
  });
});

it("a half-open line is left after pongTimeoutMs and two seconds [known difference: stock waits for 30]", async () => {
  const running = await startServer("stock");
  holdTimers();
  const keepAlive = { enabled: true, intervalMs: 500, pongTimeoutMs: 100 };
  const clients = both.map((name) =>
    startClient(name, running.url, "none", { keepAlive, retryDelayMs: () => 60_000 }),
  );
  const [stockClient, ourClient] = clients;
  await until(() => clients.every(({ story }) => story.includes("open")));
  const lost = failure(ourClient!.api.hold.query("lost"));
  await until(() => running.stage.held.size === 1);
  for (const socket of running.sockets) socket.pause(); // as if the cable was pulled
  vi.advanceTimersByTime(600 + 1_999);
  expect(clients.map(({ story }) => story)).toEqual([["open"], ["open"]]);
  vi.advanceTimersByTime(1);
  await until(() => ourClient!.story.includes("close"));
  expect((await lost).name).toBe("TRPCClientError");
  expect(stockClient!.ws.connection!.state).toBe("closed");
  vi.advanceTimersByTime(27_999);
  expect(stockClient!.story).toEqual(["open"]);
  vi.advanceTimersByTime(1);
  await until(() => stockClient!.story.includes("close"));
  for (const socket of running.sockets) socket.terminate();
  await Promise.all([stockClient!.ws.close(), ourClient!.ws.close()]);
  await running.close();
});
