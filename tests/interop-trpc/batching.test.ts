/** Calls of one turn travel in one frame, and are answered each by itself. */
import { until } from "@tautline/testing";
import { expect, it } from "vitest";
import { failure, follow } from "./clients.js";
import { allServers, dropIns, inPairings, startWorld } from "./world.js";

inPairings(dropIns, (pairing) => {
  it("calls made in one turn leave in one frame, in order", async () => {
    await using world = await startWorld(pairing);
    await world.opened();
    const calls = [
      world.api.greet.query("a"),
      world.api.add.mutate("b"),
      world.api.greet.query("c"),
    ];
    const { told } = follow(world.api.count, { to: 1 });
    expect(await Promise.all(calls)).toEqual(["Hello a", 1, "Hello c"]);
    await until(() => told.includes("complete"));
    const sent = world.server.frames
      .map((frame) => JSON.parse(String(frame)))
      .filter(Array.isArray);
    expect(sent).toHaveLength(1);
    expect(sent[0]?.map(({ method, params }: any) => [method, params.path])).toEqual([
      ["query", "greet"],
      ["mutation", "add"],
      ["query", "greet"],
      ["subscription", "count"],
    ]);
  });

  it("one call leaves as a message, not as an array of one", async () => {
    await using world = await startWorld(pairing);
    await world.api.greet.query();
    expect(JSON.parse(String(world.server.frames[0]))).toMatchObject({ method: "query" });
  });

  it("handlers are told the place of their call", async () => {
    await using world = await startWorld(pairing);
    await world.opened();
    const calls = [0, 1, 2].map(() => world.api.batchIndex.query());
    expect(await Promise.all(calls)).toEqual([0, 1, 2]);
  });

  it("a batch over maxBatchSize is refused, each call of it, and onError told once", async () => {
    await using world = await startWorld(pairing, { options: { maxBatchSize: 2 } });
    await world.opened();
    const calls = [1, 2, 3].map((n) => failure(world.api.echo.query(n)));
    const errors = await Promise.all(calls);
    for (const { message, data } of errors) {
      expect([message, data.code]).toEqual(["Batch call exceeds maximum size", "BAD_REQUEST"]);
      expect(data.path).toBeUndefined();
    }
    expect(world.server.told).toMatchObject([{ code: "BAD_REQUEST", type: "unknown" }]);
    expect(await Promise.all([1, 2].map((n) => world.api.echo.query(n)))).toEqual([1, 2]);
  });
});

inPairings(allServers, (pairing) => {
  it("one call that fails does not fail the others of its batch", async () => {
    await using world = await startWorld(pairing);
    await world.opened();
    const [first, second, third] = await Promise.allSettled([
      world.api.greet.query("a"),
      world.api.fail.forbidden.query(),
      world.api.greet.query("c"),
    ]);
    expect([first, third]).toMatchObject([{ value: "Hello a" }, { value: "Hello c" }]);
    expect(second).toMatchObject({ status: "rejected" });
  });
});
