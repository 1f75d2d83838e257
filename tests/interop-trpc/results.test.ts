/** What a call gives back is what its handler gave, whoever asks and whoever answers. */
import { until } from "@tautline/testing";
import { expect, it } from "vitest";
import { follow } from "./clients.js";
import { allServers, inWorlds, startWorld } from "./world.js";

inWorlds(allServers, (pairing, transformer) => {
  const start = () => startWorld(pairing, { transformer });

  it("answers queries, with an input and without", async () => {
    await using world = await start();
    expect(await world.api.greet.query()).toBe("Hello world");
    expect(await world.api.greet.query(null)).toBe("Hello world");
    expect(await world.api.greet.query("Ana")).toBe("Hello Ana");
    expect(await world.api.whoami.query()).toBeNull();
    expect(await world.api.nothing.query()).toBeUndefined();
  });

  it("runs a mutation once", async () => {
    await using world = await start();
    expect(await world.api.add.mutate("rope")).toBe(1);
    expect(await world.api.add.mutate("sail")).toBe(2);
    expect(world.stage.story).toEqual(["add rope", "add sail"]);
  });

  it("carries what the transformer can write", async () => {
    await using world = await start();
    const at = new Date(0);
    const next = await world.api.nextDay.query({ at });
    const day = new Date(86_400_000);
    expect(next).toEqual({ at: transformer === "superjson" ? day : day.toISOString() });
    const nested = { list: [1, "two", null, { three: [true] }], text: 'a "quoted" é \u2028 line' };
    expect(await world.api.echo.query(nested)).toEqual(nested);
    if (transformer === "none") return;
    const rich = new Map<string, unknown>([["set", new Set([1n, undefined])]]);
    expect(await world.api.echo.query(rich)).toEqual(rich);
  });

  it("carries what is large", async () => {
    await using world = await start();
    const text = "é".repeat(200_000);
    expect(await world.api.echo.query(text)).toBe(text);
  });

  it("answers many calls at once, each with its own answer", async () => {
    await using world = await start();
    const numbers = Array.from({ length: 50 }, (_, n) => n);
    expect(await Promise.all(numbers.map((n) => world.api.echo.query(n)))).toEqual(numbers);
  });

  it("answers in the order in which handlers end, not in which they began", async () => {
    await using world = await start();
    const ended: string[] = [];
    for (const name of ["first", "second"]) {
      void world.api.hold.query(name).then((value) => ended.push(value));
    }
    await until(() => world.stage.held.size === 2);
    world.stage.held.get("second")!("second");
    await until(() => ended.length === 1);
    world.stage.held.get("first")!("first");
    await until(() => ended.length === 2);
    expect(ended).toEqual(["second", "first"]);
  });

  it("forgets a call that was aborted, and answers the others", async () => {
    await using world = await start();
    const abort = new AbortController();
    const given = world.api.hold.query("given up", { signal: abort.signal });
    const kept = world.api.hold.query("kept");
    await until(() => world.stage.held.size === 2);
    abort.abort();
    await expect(given).rejects.toThrow();
    for (const finish of world.stage.held.values()) finish("done");
    expect(await kept).toBe("done");
  });

  it("answers calls while a subscription runs", async () => {
    await using world = await start();
    const feed = follow(world.api.feed, "news");
    await until(() => feed.told.length === 1);
    expect(await world.api.greet.query("Ana")).toBe("Hello Ana");
    world.stage.events.emit("news", "still here");
    await until(() => feed.told.length === 2);
    expect(feed.told).toEqual(["started", "still here"]);
  });
});
