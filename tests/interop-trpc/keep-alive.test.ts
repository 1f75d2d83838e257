/** Keep-alive of both ends: who is silent is asked, and who does not answer is left. */
import { until } from "@tautline/testing";
import { describe, expect, it } from "vitest";
import { connectRaw } from "./raw.js";
import { startServer } from "./servers.js";
import { dropIns, inPairings, startWorld } from "./world.js";

const count = (list: readonly unknown[], what: unknown) =>
  list.filter((entry) => entry === what).length;

inPairings(dropIns, (pairing) => {
  it("the client answers a server that asks, and stays", async () => {
    const keepAlive = { enabled: true, pingMs: 5, pongWaitMs: 10_000 };
    await using world = await startWorld(pairing, { options: { keepAlive } });
    await until(() => count(world.server.frames, "PONG") >= 3);
    expect(world.story).toEqual(["open"]);
    expect(await world.api.greet.query()).toBe("Hello world");
  });

  it("the server answers a client that asks, and the client stays", async () => {
    const keepAlive = { enabled: true, intervalMs: 5, pongTimeoutMs: 10_000 };
    await using world = await startWorld(pairing, { client: { keepAlive } });
    await until(() => count(world.server.frames, "PING") >= 3);
    expect(world.story).toEqual(["open"]);
  });

  it("a client leaves a server that does not answer, and comes back", async () => {
    await using world = await startWorld(pairing, {
      options: { dangerouslyDisablePong: true },
      client: { keepAlive: { enabled: true, intervalMs: 5, pongTimeoutMs: 5 } },
    });
    await until(() => count(world.story, "open") >= 2);
    expect(world.story.slice(0, 3)).toEqual(["open", "close", "open"]);
    expect(world.states).toContain("connecting: WebSocket closed");
  });

  it("nobody asks who was not told to", async () => {
    await using world = await startWorld(pairing);
    expect(await world.api.greet.query()).toBe("Hello world");
    expect(count(world.server.frames, "PING") + count(world.server.frames, "PONG")).toBe(0);
  });
});

describe.each(["stock", "drop-in"] as const)("the %s server", (server) => {
  it("drops a client that does not answer", async () => {
    const keepAlive = { enabled: true, pingMs: 5, pongWaitMs: 5 };
    const running = await startServer(server, { options: { keepAlive } });
    using raw = await connectRaw(running.url);
    await until(() => raw.closed);
    expect([raw.heard[0], raw.closed]).toEqual(["PING", 1006]);
    await running.close();
  });

  it("takes any message for an answer", async () => {
    const keepAlive = { enabled: true, pingMs: 5, pongWaitMs: 10_000 };
    const running = await startServer(server, { options: { keepAlive } });
    using raw = await connectRaw(running.url);
    await until(() => count(raw.heard, "PING") === 1);
    await raw.ask({ id: 1, method: "query", params: { path: "greet" } });
    await until(() => count(raw.heard, "PING") === 2);
    expect(raw.closed).toBeUndefined();
    await running.close();
  });

  it("says PONG once for each PING, and nothing for PONG", async () => {
    const running = await startServer(server);
    using raw = await connectRaw(running.url);
    for (const text of ["PONG", "PING", "PING", "PONG"]) raw.say(text);
    await raw.ask({ id: 1, method: "query", params: { path: "greet" } });
    expect(raw.heard.slice(0, 2)).toEqual(["PONG", "PONG"]);
    expect(raw.heard).toHaveLength(3);
    await running.close();
  });

  it("says no PONG where it was told not to", async () => {
    const running = await startServer(server, { options: { dangerouslyDisablePong: true } });
    using raw = await connectRaw(running.url);
    raw.say("PING");
    await raw.ask({ id: 1, method: "query", params: { path: "greet" } });
    expect(raw.heard).toHaveLength(1);
    await running.close();
  });
});

describe.each(["stock", "drop-in"] as const)("our client, with the %s server", (server) => {
  it("does not leave for a stall of its own process: the answer lies with the kernel", async () => {
    await using world = await startWorld(
      { client: "drop-in", server },
      { client: { keepAlive: { enabled: true, intervalMs: 5, pongTimeoutMs: 20 } } },
    );
    await world.opened();
    let stalls = 0;
    const [socket] = world.server.sockets;
    socket!.on("message", () => {
      // Behind the server's own listener, so the answer is sent.
      for (const endMs = performance.now() + 60; performance.now() < endMs; );
      stalls++;
    });
    await until(() => stalls === 3);
    expect(await world.api.greet.query()).toBe("Hello world");
    expect(world.story).toEqual(["open"]);
  });
});
