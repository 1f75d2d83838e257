/**
 * Hand-over: the server asks its clients to move, and they do with everything they have. Nothing of
 * what was asked is asked twice, and nobody notices.
 */
import { settled, until } from "@tautline/testing";
import { describe, expect, it } from "vitest";
import { write } from "./app.js";
import { failure, follow } from "./clients.js";
import { allServers, dropIns, inPairings, inWorlds, startWorld, type World } from "./world.js";

/** Waits until the client has moved and the old socket is gone. */
async function moved({ server, story }: World) {
  await until(() => story.filter((line) => line === "open").length === 2);
  await until(() => server.clients === 1 && story.includes("close"));
}

inWorlds(allServers, (pairing, transformer) => {
  const start = () => startWorld(pairing, { transformer });

  it("a client without calls moves to a new socket, and closes the old one after it is open", async () => {
    await using world = await start();
    await world.opened();
    const before = world.ws.connection!.ws;
    world.server.askToReconnect();
    await moved(world);
    expect(world.story).toEqual(["open", "open", "close"]);
    expect(world.ws.connection!.ws).not.toBe(before);
    expect(world.states).toEqual(["connecting", "pending"]);
    expect(await world.api.greet.query()).toBe("Hello world");
  });

  it("calls in flight are answered by the old socket, and run once", async () => {
    await using world = await start();
    const query = world.api.hold.query("query");
    const mutation = world.api.change.mutate("mutation");
    await until(() => world.stage.held.size === 2);
    world.server.askToReconnect();
    await until(() => world.story.length === 2);
    expect(await world.api.greet.query()).toBe("Hello world");
    expect(world.server.clients).toBe(2);
    for (const [name, finish] of world.stage.held) finish(`${name} done`);
    expect(await Promise.all([query, mutation])).toEqual(["query done", "mutation done"]);
    await moved(world);
    expect(world.stage.story).toEqual(["hold query", "hold mutation"]);
  });

  it("subscriptions with ids go on without a gap or a repeat", async () => {
    await using world = await start();
    const numbered = follow(world.api.numbered);
    let n = 0;
    const writeSome = () => write(world.stage, `${++n}`, `${++n}`);
    await until(() => numbered.told.length === 1);
    writeSome();
    world.server.askToReconnect();
    await until(() => {
      writeSome();
      return world.story.length === 3;
    });
    await until(() => numbered.told.length === n + 1);
    const events = Array.from({ length: n }, (_, at) => ({ id: `${at + 1}`, data: `${at + 1}` }));
    expect(numbered.told).toEqual(["started", ...events]);
  });

  it("subscriptions without ids lose nothing", async () => {
    await using world = await start();
    const feed = follow(world.api.feed, "news");
    const watched = follow(world.api.watched, "news");
    await until(() => feed.told.length === 1 && watched.told.length === 1);
    let n = 0;
    const emit = () => world.stage.events.emit("news", `${++n}`);
    world.server.askToReconnect();
    await until(() => {
      emit();
      return world.story.length === 3;
    });
    emit();
    await until(() => feed.told.includes(`${n}`) && watched.told.includes(`${n}`));
    const all = ["started", ...Array.from({ length: n }, (_, at) => `${at + 1}`)];
    for (const { told } of [feed, watched]) expect([...new Set(told)].sort()).toEqual(all.sort());
    for (const { told } of [feed, watched]) {
      expect(told.filter((event) => event === "started")).toHaveLength(1);
    }
    await until(() => world.stage.story.filter((line) => /^(fed|watched)/.test(line)).length === 2);
  });

  it("a second request to move while moving changes nothing", async () => {
    await using world = await start();
    const numbered = follow(world.api.numbered);
    await until(() => numbered.told.length === 1);
    for (let n = 0; n < 3; n++) world.server.askToReconnect();
    await moved(world);
    write(world.stage, "a");
    await until(() => numbered.told.length === 2);
    expect(world.story).toEqual(["open", "open", "close"]);
  });
});

inPairings(dropIns, (pairing) => {
  describe("while the new connection waits for its context", () => {
    /** The first connection is let in at once, the next when `admit` is called. */
    async function startGated() {
      const waiting: (() => void)[] = [];
      let connections = 0;
      const world = await startWorld(pairing, {
        admit() {
          if (connections++ === 0) return;
          return new Promise<void>((resolve) => waiting.push(resolve));
        },
      });
      const numbered = follow(world.api.numbered);
      const feed = follow(world.api.feed, "news");
      await until(() => numbered.told.length === 1 && feed.told.length === 1);
      world.server.askToReconnect();
      await until(() => waiting.length === 1 && world.server.frames.length >= 2);
      return { world, numbered, feed, admit: () => waiting.shift()?.() };
    }

    it("the old one goes on telling events", async () => {
      const { world, numbered, feed, admit } = await startGated();
      await using _ = world;
      write(world.stage, "a");
      world.stage.events.emit("news", "b");
      await until(() => numbered.told.length === 2 && feed.told.length === 2);
      admit();
      await moved(world);
      write(world.stage, "c");
      await until(() => numbered.told.length === 3);
      expect(numbered.told.slice(1)).toMatchObject([{ data: "a" }, { data: "c" }]);
      expect(feed.told).toEqual(["started", "b"]);
    });

    it("losing the old one starts on the new one", async () => {
      const { world, numbered, admit } = await startGated();
      await using _ = world;
      write(world.stage, "a");
      await until(() => numbered.told.length === 2);
      world.server.cut(0);
      await until(() => world.story.includes("close"));
      admit();
      write(world.stage, "b");
      await until(() => numbered.told.some((event: any) => event.data === "b"));
      const events = numbered.told.filter((event) => event !== "started");
      expect(events).toEqual([
        { id: "1", data: "a" },
        { id: "2", data: "b" },
      ]);
    });

    it("losing the new one goes on with the old one, and tries again", async () => {
      const { world, numbered, admit } = await startGated();
      await using _ = world;
      world.server.cut(1);
      await until(() => world.story.includes("close"));
      write(world.stage, "a");
      await until(() => numbered.told.length === 2);
      const call = world.api.greet.query(); // on whichever line is there by now
      await until(() => {
        admit();
        return world.server.clients === 1 && world.story.length === 5;
      });
      expect(await call).toBe("Hello world");
      write(world.stage, "b");
      await until(() => numbered.told.length === 3);
      expect(numbered.told).toEqual(["started", { id: "1", data: "a" }, { id: "2", data: "b" }]);
      expect(world.states).toEqual(["connecting", "pending"]);
    });

    it("a subscription that is stopped is stopped on both", async () => {
      const { world, feed, admit } = await startGated();
      await using _ = world;
      feed.unsubscribe();
      admit();
      await moved(world);
      await until(() => world.stage.story.includes("fed news"));
      await settled();
      expect(world.stage.events.listenerCount("news")).toBe(0);
      expect(feed.told).toEqual(["started", "complete"]);
    });
  });

  it("a call in flight fails when the old socket is lost, and is not asked again", async () => {
    await using world = await startWorld(pairing);
    const mutation = world.api.change.mutate("mutation");
    await until(() => world.stage.held.size === 1);
    world.server.askToReconnect();
    await until(() => world.server.clients === 2);
    world.server.cut(0);
    const error = await failure(mutation);
    expect(error.name).toBe("TRPCClientError");
    expect(await world.api.greet.query()).toBe("Hello world");
    expect(world.stage.story.filter((line) => line.startsWith("hold"))).toEqual(["hold mutation"]);
  });
});
