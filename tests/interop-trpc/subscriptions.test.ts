/** Subscriptions: generators and observables, from `started` to `stopped`. */
import { until } from "@tautline/testing";
import { expect, it } from "vitest";
import { write } from "./app.js";
import { follow } from "./clients.js";
import { allServers, inWorlds, startWorld } from "./world.js";

inWorlds(allServers, (pairing, transformer) => {
  const start = () => startWorld(pairing, { transformer });

  it("a generator's events arrive in order, and its end", async () => {
    await using world = await start();
    const { told } = follow(world.api.count, { to: 100 });
    await until(() => told.includes("complete"));
    const numbers = Array.from({ length: 100 }, (_, n) => n + 1);
    expect(told).toEqual(["started", ...numbers, "stopped", "complete"]);
  });

  it("a generator can be read with for await", async () => {
    await using world = await start();
    const seen: number[] = [];
    for await (const n of world.api.count.subscribe({ to: 5 })) seen.push(n);
    expect(seen).toEqual([1, 2, 3, 4, 5]);
  });

  it("leaving a for await ends the handler", async () => {
    await using world = await start();
    const feed = follow(world.api.feed, "news");
    await until(() => world.stage.story.includes("feed news"));
    const reading = (async () => {
      for await (const text of world.api.feed.subscribe("news")) return text;
    })();
    await until(() => world.stage.story.length === 2);
    world.stage.events.emit("news", "one");
    expect(await reading).toBe("one");
    await until(() => world.stage.story.includes("fed news"));
    feed.unsubscribe();
  });

  it("an observable's events arrive, and its completion", async () => {
    await using world = await start();
    const { told } = follow(world.api.watched, "news");
    await until(() => told.length === 1);
    for (const text of ["a", "b"]) world.stage.events.emit("news", text);
    await until(() => told.length === 3);
    world.stage.events.emit("news end");
    await until(() => told.includes("complete"));
    expect(told).toEqual(["started", "a", "b", "stopped", "complete"]);
    expect(world.stage.story).toEqual(["watch news", "watched news"]);
  });

  it("an observable's error arrives behind its events", async () => {
    await using world = await start();
    const { told } = follow(world.api.watched, "news");
    await until(() => told.length === 1);
    world.stage.events.emit("news", "a");
    world.stage.events.emit("news error", "it broke");
    await until(() => told.length === 3);
    const message = pairing.server === "createServer" ? "Internal server error" : "it broke";
    expect(told).toEqual(["started", "a", `failed: ${message}`]);
    expect(world.stage.story).toEqual(["watch news", "watched news"]);
  });

  it("unsubscribing ends the handler, generator or observable, and completes", async () => {
    await using world = await start();
    const feed = follow(world.api.feed, "news");
    const watched = follow(world.api.watched, "talk");
    await until(() => feed.told.length + watched.told.length === 2);
    feed.unsubscribe();
    watched.unsubscribe();
    await until(() => world.stage.story.length === 4);
    expect(world.stage.story.slice(2).sort()).toEqual(["fed news", "watched talk"]);
    expect([feed.told, watched.told]).toEqual([
      ["started", "complete"],
      ["started", "complete"],
    ]);
    expect(world.stage.events.eventNames()).toEqual([]);
  });

  it("unsubscribing before it could start leaves nothing behind", async () => {
    await using world = await start();
    follow(world.api.feed, "news").unsubscribe();
    expect(await world.api.greet.query()).toBe("Hello world");
    expect(world.stage.events.eventNames()).toEqual([]);
  });

  it("a signal ends it", async () => {
    await using world = await start();
    const abort = new AbortController();
    const told: unknown[] = [];
    world.api.feed.subscribe("news", {
      signal: abort.signal,
      onStarted: () => told.push("started"),
      onComplete: () => told.push("complete"),
    });
    await until(() => told.length === 1);
    abort.abort();
    await until(() => world.stage.story.includes("fed news"));
    expect(told).toEqual(["started", "complete"]);
  });

  it("many run beside each other", async () => {
    await using world = await start();
    const feeds = ["a", "b", "c"].map((name) => follow(world.api.feed, name));
    await until(() => feeds.every(({ told }) => told.length === 1));
    for (const name of ["c", "a", "b"]) world.stage.events.emit(name, name.toUpperCase());
    await until(() => feeds.every(({ told }) => told.length === 2));
    expect(feeds.map(({ told }) => told[1])).toEqual(["A", "B", "C"]);
  });

  it("all of them end with the connection", async () => {
    await using world = await start();
    const feed = follow(world.api.feed, "news");
    const watched = follow(world.api.watched, "talk");
    await until(() => feed.told.length + watched.told.length === 2);
    await world.ws.close();
    await until(() => world.stage.story.length === 4);
    expect(world.stage.events.eventNames()).toEqual([]);
    expect(feed.told).toEqual(["started", "complete"]);
  });

  it("begin again after a loss; what has ids goes on after the last one", async () => {
    await using world = await start();
    const feed = follow(world.api.feed, "news");
    const numbered = follow(world.api.numbered);
    write(world.stage, "a", "b");
    await until(() => numbered.told.length === 3 && feed.told.length === 1);
    world.server.cut();
    await until(() => world.stage.story.includes("after 2"));
    write(world.stage, "c");
    await until(() => numbered.told.length === 5 && feed.told.length === 2);
    world.stage.events.emit("news", "again");
    await until(() => feed.told.length === 3);
    expect(feed.told).toEqual(["started", "started", "again"]);
    expect(numbered.told).toEqual([
      "started",
      { id: "1", data: "a" },
      { id: "2", data: "b" },
      "started",
      { id: "3", data: "c" },
    ]);
  });
});
