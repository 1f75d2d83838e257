/** Lazy mode: no socket before it is needed, and none when it is needed no more. */
import { until } from "@tautline/testing";
import { expect, it } from "vitest";
import { failure, follow } from "./clients.js";
import { allServers, inPairings, startWorld } from "./world.js";

inPairings(allServers, (pairing) => {
  const start = (closeMs = 1) =>
    startWorld(pairing, { client: { lazy: { enabled: true, closeMs } } });

  it("opens for a call, closes after it, and opens again for the next", async () => {
    await using world = await start();
    expect(world.ws.connection).toBeNull();
    expect(await Promise.all([world.api.greet.query("a"), world.api.greet.query("b")])).toEqual([
      "Hello a",
      "Hello b",
    ]);
    await until(() => world.story.length === 2 && world.ws.connection === null);
    expect(await world.api.greet.query("c")).toBe("Hello c");
    await until(() => world.story.length === 4);
    expect(world.story).toEqual(["open", "close", "open", "close"]);
    expect(world.states).toEqual([
      "idle",
      "connecting",
      "pending",
      "idle",
      "connecting",
      "pending",
      "idle",
    ]);
  });

  it("stays open for a call that takes long", async () => {
    await using world = await start();
    const held = world.api.hold.query("long");
    await until(() => world.stage.held.size === 1);
    // Another call comes and goes meanwhile, far more than closeMs.
    for (let n = 0; n < 5; n++) await world.api.greet.query();
    expect(world.story).toEqual(["open"]);
    world.stage.held.get("long")!("done");
    expect(await held).toBe("done");
    await until(() => world.story.length === 2);
  });

  it("stays open for a subscription, and closes when it ends", async () => {
    await using world = await start();
    const feed = follow(world.api.feed, "news");
    await until(() => feed.told.length === 1);
    world.stage.events.emit("news", "a");
    await until(() => feed.told.length === 2);
    expect(world.story).toEqual(["open"]);
    feed.unsubscribe();
    await until(() => world.story.length === 2);
    expect(world.ws.connection).toBeNull();
  });

  it("comes back after a loss if a subscription waits", async () => {
    await using world = await start();
    const feed = follow(world.api.feed, "news");
    await until(() => feed.told.length === 1);
    world.server.cut();
    await until(() => feed.told.length === 2);
    expect(world.story).toEqual(["open", "close", "open"]);
    expect(feed.told).toEqual(["started", "started"]);
  });

  it("does not come back after a loss if nothing waits", async () => {
    await using world = await start(60_000);
    expect(await world.api.greet.query()).toBe("Hello world");
    world.server.cut();
    await until(() => world.story.length === 2);
    expect(world.ws.connection).toBeNull();
    expect(await world.api.greet.query()).toBe("Hello world");
    expect(world.story).toEqual(["open", "close", "open"]);
  });

  it("fails a call in flight that was lost, and answers the next", async () => {
    await using world = await start(60_000);
    const held = world.api.change.mutate("lost");
    await until(() => world.stage.held.size === 1);
    world.server.cut();
    expect((await failure(held)).name).toBe("TRPCClientError");
    expect(await world.api.greet.query()).toBe("Hello world");
    expect(world.stage.story.filter((line) => line === "hold lost")).toHaveLength(1);
  });
});
