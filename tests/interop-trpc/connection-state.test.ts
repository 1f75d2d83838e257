/** What a client says of its connection: states, `connection`, callbacks, `close`. */
import { type AddressInfo, createServer, type Socket } from "node:net";
import { until } from "@tautline/testing";
import { describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { failure, follow, startClient } from "./clients.js";
import { startServer } from "./servers.js";
import { allServers, inPairings, startWorld } from "./world.js";

inPairings(allServers, (pairing) => {
  it("connecting, pending, lost, pending, idle", async () => {
    await using world = await startWorld(pairing);
    await world.opened();
    world.server.cut();
    await until(() => world.story.length === 3 && world.ws.connection?.state === "open");
    await world.ws.close();
    await until(() => world.story.length === 4);
    expect(world.states).toEqual([
      "connecting",
      "pending",
      "connecting: WebSocket closed",
      "pending",
      "idle",
    ]);
    expect(world.story).toEqual(["open", "close", "open", "close"]);
    expect(world.ws.connection).toBeNull();
  });

  it("subscriptions are told the state they begin in, and every change", async () => {
    await using world = await startWorld(pairing);
    const early = follow(world.api.feed, "news");
    await until(() => early.told.length === 1);
    const late = follow(world.api.feed, "news");
    await until(() => late.told.length === 1);
    world.server.cut();
    await until(() => early.told.length === 2 && late.told.length === 2);
    expect(early.states).toEqual(["connecting", "pending", "connecting", "pending"]);
    expect(late.states).toEqual(["pending", "connecting", "pending"]);
  });

  it("connection shows the socket until it is gone, and then the next one", async () => {
    await using world = await startWorld(pairing);
    await world.opened();
    const first = world.ws.connection!;
    expect(first.ws).toBeInstanceOf(WebSocket);
    first.ws.close();
    expect(world.ws.connection!.state).toBe("closed");
    await until(() => world.ws.connection?.state === "open");
    expect(world.ws.connection!.id).toBeGreaterThan(first.id);
  });

  it("close waits for what was asked, and opens again for what is asked then", async () => {
    await using world = await startWorld(pairing);
    const held = world.api.change.mutate("held");
    await until(() => world.stage.held.size === 1);
    const { ws } = world.ws.connection!;
    const closed = world.ws.close();
    world.stage.held.get("held")!("done");
    expect(await held).toBe("done");
    await closed;
    await until(() => ws.readyState === WebSocket.CLOSED);
    expect(world.states.at(-1)).toBe("idle");
    expect(await world.api.greet.query()).toBe("Hello world");
    expect(world.states.slice(-2)).toEqual(["connecting", "pending"]);
  });

  it("close completes subscriptions, and fails what was not sent", async () => {
    await using world = await startWorld(pairing);
    const feed = follow(world.api.feed, "news");
    await until(() => feed.told.length === 1);
    const late = world.api.greet.query();
    void world.ws.close();
    const error = await failure(late);
    expect(error.message).toBe("Closed before connection was established");
    expect(error.cause.name).toBe("TRPCWebSocketClosedError");
    expect(feed.told).toEqual(["started", "complete"]);
    await until(() => world.stage.story.includes("fed news"));
  });

  it("the callbacks of an application may throw nothing but their own error", async () => {
    await using world = await startWorld(pairing);
    const seen: string[] = [];
    world.ws.connectionState.subscribe({
      next({ state }) {
        seen.push(state);
      },
    });
    expect(await world.api.greet.query()).toBe("Hello world");
    expect(world.ws.connectionState.get().state).toBe("pending");
    expect(seen).toEqual(["connecting", "pending"]);
  });
});

describe.each(["stock", "drop-in"] as const)("a %s client without a server", (name) => {
  it("is connecting while nobody answers", async () => {
    const streams: Socket[] = [];
    const silent = createServer((stream) => streams.push(stream));
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const { port } = silent.address() as AddressInfo;
    const client = startClient(name, `ws://127.0.0.1:${port}`);
    await until(() => streams.length === 1);
    expect(client.ws.connection).toMatchObject({ state: "connecting" });
    expect(client.states).toEqual(["connecting"]);
    void client.ws.close();
    silent.close();
    for (const stream of streams) stream.destroy();
    await until(() => client.ws.connection === null);
  });

  it("tries again by retryDelayMs, and says why", async () => {
    const nobody = await startNobody();
    const attempts: number[] = [];
    const client = startClient(name, nobody.url, "none", {
      retryDelayMs(attempt) {
        attempts.push(attempt);
        return 1;
      },
    });
    // At least: a busy machine may make several between two looks.
    await until(() => attempts.length >= 4);
    expect(attempts.slice(0, 4)).toEqual([0, 1, 2, 3]);
    expect(client.story.slice(0, 4)).toEqual(["error", "close", "error", "close"]);
    expect([...new Set(client.states)]).toEqual([
      "connecting",
      "connecting: WebSocket closed",
      "connecting: Initialization error",
    ]);
    await client.ws.close();
    nobody.close();
  });

  it("answers a call once there is one", async () => {
    const nobody = await startNobody();
    const server = await startServer("stock");
    let url = nobody.url;
    const client = startClient(name, url, "none", { url: () => url });
    const call = client.api.greet.query("Ana");
    const counted = follow(client.api.count, { to: 1 });
    await until(() => client.story.length >= 2);
    url = server.url;
    expect(await call).toBe("Hello Ana");
    await until(() => counted.told.includes("complete"));
    expect(counted.told).toEqual(["started", 1, "stopped", "complete"]);
    await client.ws.close();
    await server.close();
    nobody.close();
  });

  it("stops trying when it is closed", async () => {
    const nobody = await startNobody();
    const attempts: number[] = [];
    const client = startClient(name, nobody.url, "none", {
      retryDelayMs(attempt) {
        attempts.push(attempt);
        return 20;
      },
    });
    await until(() => attempts.length >= 2);
    await client.ws.close();
    const made = [attempts.length, client.story.length];
    // As long as three attempts would take.
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect([attempts.length, client.story.length]).toEqual(made);
    nobody.close();
  });
});

/** A port where every connection is hung up at once. One that was free could be another test's by now. */
async function startNobody() {
  const server = createServer((stream) => stream.destroy());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `ws://127.0.0.1:${port}`, close: () => void server.close() };
}
