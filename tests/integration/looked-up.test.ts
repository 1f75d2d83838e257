/**
 * `repeat: "lookup"`: where the record of a mutation is lost, the application's own record says
 * whether it has run. PROTOCOL.md §10.4
 */
import { connectionOf } from "@tautline/client";
import { settled } from "@tautline/testing";
import { afterEach, describe, expect, it } from "vitest";
import { endAll, outcomeOf, startShop } from "./shop.js";

afterEach(endAll);

/** A mutation that runs when its server is killed. Its records go with it. */
async function cutShort(options: { readonly key?: string } = { key: "k1" }) {
  const world = startShop();
  const api = world.client();
  const call = outcomeOf(api.booked.mutate({ order: "o1" }, options));
  await settled();
  expect(world.stage.waiting).toHaveLength(1);
  return { ...world, api, call };
}

describe("a mutation that can be looked up, whose record is lost", () => {
  it("is answered with what is found, and does not run again", async () => {
    const { stage, call, restart } = await cutShort();
    stage.books.set("ana k1", { output: "paid before" });
    await restart();
    expect(await call).toBe("paid before");
    expect(stage.ran).toEqual(["booked o1 of ANA as k1"]);
    expect(stage.lookups).toEqual(["o1 of ANA as k1"]);
  });

  it("may have answered with nothing", async () => {
    const { stage, call, restart } = await cutShort();
    stage.books.set("ana k1", { output: undefined });
    await restart();
    expect(await call).toBeUndefined();
    expect(stage.ran).toHaveLength(1);
  });

  it("runs, once, where nothing is found", async () => {
    const { stage, call, restart, api } = await cutShort();
    await restart();
    expect(stage.ran).toEqual(["booked o1 of ANA as k1", "booked o1 of ANA as k1"]);
    stage.waiting[1]!.finish("paid now");
    expect(await call).toBe("paid now");
    // From here on there is a record again.
    expect(await api.booked.mutate({ order: "o1" }, { key: "k1" })).toBe("paid now");
    expect(stage.lookups).toHaveLength(1);
  });

  it("has a name without a key as well, which is the same in the next session", async () => {
    const { stage, call, restart } = await cutShort({});
    const [, name] = / as (.+)$/.exec(stage.ran[0]!)!;
    expect(name).toMatch(/^[\w-]{22}:\d+$/);
    stage.books.set(`ana ${name}`, { output: "paid before" });
    await restart();
    expect(await call).toBe("paid before");
  });

  it("is OUTCOME_UNKNOWN where the lookup fails, which is told to the log; later it may not", async () => {
    const { stage, call, restart, api, warnings } = await cutShort();
    stage.lookupFails = new Error("no database");
    await restart();
    expect(await call).toBe("OUTCOME_UNKNOWN");
    expect(stage.ran).toHaveLength(1);
    expect(warnings.map(({ fields }) => fields.err?.message)).toContain("no database");

    stage.lookupFails = undefined;
    stage.books.set("ana k1", { output: "paid before" });
    expect(await api.booked.mutate({ order: "o1" }, { key: "k1" })).toBe("paid before");
  });

  it.each([
    ["no { output }", "paid before" as never],
    ["an output that is none", { output: 5 as never }],
  ])("is OUTCOME_UNKNOWN where it is given %s", async (_, found) => {
    const { stage, call, restart } = await cutShort();
    stage.books.set("ana k1", found);
    await restart();
    expect(await call).toBe("OUTCOME_UNKNOWN");
    expect(stage.ran).toHaveLength(1);
  });

  it("does not run when it was given up while it was looked up", async () => {
    const world = startShop();
    const given = new AbortController();
    const options = { key: "k1", signal: given.signal };
    const call = outcomeOf(world.client().booked.mutate({ order: "late" }, options));
    await settled();
    await world.restart();
    expect(world.stage.lookups).toHaveLength(1);
    given.abort();
    await settled();
    expect(await call).toBe("CANCELLED");
    world.stage.waiting.at(-1)!.finish("looked");
    await settled();
    expect(world.stage.ran).toHaveLength(1);
  });

  it("that found more than a frame may hold says so", async () => {
    const world = startShop({ limits: { maxFrameBytes: 1_000 } });
    const call = outcomeOf(world.client().booked.mutate({ order: "o1" }, { key: "k1" }));
    await settled();
    world.stage.books.set("ana k1", { output: "x".repeat(2_000) });
    await world.restart();
    expect(await call).toBe("PAYLOAD_TOO_LARGE");
    expect(world.stage.ran).toHaveLength(1);
  });
});

describe("a mutation that can be looked up", () => {
  it("is not, while its record tells: it is joined, and its answer given again", async () => {
    const { stage, client } = startShop();
    const calls = [client(), client()].map((api) =>
      api.booked.mutate({ order: "o1" }, { key: "k1" }),
    );
    await settled();
    stage.waiting[0]!.finish("paid");
    expect(await Promise.all(calls)).toEqual(["paid", "paid"]);
    expect(stage.ran).toHaveLength(1);
    expect(stage.lookups).toEqual([]);
  });

  it("fails with its declared errors as any other", async () => {
    const { stage, client } = startShop();
    const api = client();
    for (let n = 0; n < 2; n++) {
      expect(await outcomeOf(api.booked.mutate({ order: "dear" }, { key: "k1" }))).toBe("DECLINED");
    }
    expect(stage.ran).toHaveLength(1);
  });

  it.each([
    ["that knows the contract", { withContract: true }],
    ["that knows only its type", {}],
  ])("is never sent again by a client %s to a server without records", async (_, known) => {
    const world = startShop({ requests: false });
    const api = world.client("ana", known);
    const call = outcomeOf(api.booked.mutate({ order: "o1" }, { key: "k1" }));
    await settled();
    expect(world.stage.ran).toEqual(["booked o1 of ANA as undefined"]);
    await world.restart();
    expect(await call).toBe("OUTCOME_UNKNOWN");
    expect(world.stage.ran).toHaveLength(1);
    expect(connectionOf(api).state.name).toBe("open");
  });

  it("is OUTCOME_UNKNOWN where the next server keeps no records", async () => {
    const { stage, call, restart } = await cutShort();
    await restart({ requests: false });
    expect(await call).toBe("OUTCOME_UNKNOWN");
    expect(stage.ran).toHaveLength(1);
  });
});
