/**
 * Request records, with both ends real: whatever is sent again, and by whom, a mutation runs at most
 * once, and nobody is told more than is known. PROTOCOL.md §10
 */
import { connectionOf } from "@tautline/client";
import { createMemoryRequestStore, type RequestStore, transformer } from "@tautline/server";
import { createManualClock, settled } from "@tautline/testing";
import { initTRPC, lazy, TRPCError } from "@trpc/server";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { endAll, outcomeOf, type ShopContext, startShop } from "./shop.js";

afterEach(endAll);

const key = "9b2f";

describe("a key", () => {
  it("runs a mutation once for two clients of a user, and answers both", async () => {
    const { client, stage } = startShop();
    const [one, two] = [client(), client()];
    const slow = [one, two].map((api) => api.slow.mutate({ order: "o1" }, { key }));
    await settled();
    stage.waiting[0]!.finish("paid");
    expect(await Promise.all(slow)).toEqual(["paid", "paid"]);

    const paid = { n: 2, at: new Date(7) };
    expect(await one.pay.mutate({ order: "o2" }, { key: "other" })).toEqual(paid);
    expect(await two.pay.mutate({ order: "o2" }, { key: "other" })).toEqual(paid);
    expect(stage.ran).toEqual(["slow o1", "pay o2"]);
  });

  it("is another one for another user", async () => {
    const { client, stage } = startShop();
    const order = { order: "o1" };
    expect(await client("ana").pay.mutate(order, { key })).toMatchObject({ n: 1 });
    expect(await client("bo").pay.mutate(order, { key })).toMatchObject({ n: 2 });
    expect(stage.ran).toHaveLength(2);
  });

  it("stands for one input of one procedure, while it runs too", async () => {
    const { client, stage } = startShop();
    const api = client();
    await api.pay.mutate({ order: "o1" }, { key });
    expect(await outcomeOf(api.pay.mutate({ order: "o2" }, { key }))).toBe("REQUEST_ID_CONFLICT");
    expect(await outcomeOf(api.stubborn.mutate({ order: "o1" }, { key }))).toBe(
      "REQUEST_ID_CONFLICT",
    );
    const slow = api.slow.mutate({ order: "o1" }, { key: "other" });
    expect(await outcomeOf(api.slow.mutate({ order: "o2" }, { key: "other" }))).toBe(
      "REQUEST_ID_CONFLICT",
    );
    stage.waiting[0]!.finish("paid");
    expect(await slow).toBe("paid");
    expect(stage.ran).toEqual(["pay o1", "slow o1"]);
  });

  it("holds for a day, and no longer", async () => {
    const { client, stage, clock, pass } = startShop();
    const pay = () => client().pay.mutate({ order: "o1" }, { key });
    await pay();
    clock.advance(23 * 3_600_000);
    await pass(2_000);
    expect(await pay()).toMatchObject({ n: 1 });
    clock.advance(3_600_000);
    await pass(2_000);
    expect(await pay()).toMatchObject({ n: 2 });
    expect(stage.ran).toHaveLength(2);
  });

  it("means nothing on a server without records", async () => {
    const { client } = startShop({ requests: false });
    const api = client();
    expect(await api.pay.mutate({ order: "o1" }, { key })).toMatchObject({ n: 1 });
    expect(await api.pay.mutate({ order: "o1" }, { key })).toMatchObject({ n: 2 });
  });
});

describe("an answer that is asked for again", () => {
  it("is the declared error it was, typed", async () => {
    const { client, stage } = startShop();
    for (const api of [client(), client()]) {
      const error = await api.pay.mutate({ order: "dear" }, { key }).catch((cause) => cause);
      expect(error.data).toMatchObject({
        code: "UNPROCESSABLE_CONTENT",
        httpStatus: 422,
        path: "pay",
        app: { code: "DECLINED", data: { by: "bank", at: new Date(5) } },
      });
    }
    expect(stage.ran).toHaveLength(1);
  });

  it("is INVALID_INPUT with the same issues", async () => {
    const { client, stage } = startShop();
    const [first, second] = await Promise.all(
      [client(), client()].map((api) =>
        api.pay.mutate({ order: "" }, { key }).catch((cause) => cause.data.app),
      ),
    );
    expect(first).toMatchObject({ code: "INVALID_INPUT", data: { issues: [{ path: ["order"] }] } });
    expect(second).toEqual(first);
    expect(stage.ran).toEqual([]);
  });

  it("is the failure that the handler threw, be it NOT_FOUND", async () => {
    const { client, stage } = startShop();
    for (const api of [client(), client()]) {
      const error = await api.break.mutate(undefined, { key }).catch((cause) => cause);
      expect(error).toMatchObject({ message: "No such order", data: { code: "NOT_FOUND" } });
    }
    expect(stage.ran).toEqual(["break"]);
  });

  it("is not kept above 64 KiB: RESULT_NOT_RETAINED says that it ran", async () => {
    const { client, stage } = startShop();
    const api = client();
    expect(await api.print.mutate(65_000, { key: "small" })).toHaveLength(65_000);
    expect(await api.print.mutate(65_000, { key: "small" })).toHaveLength(65_000);
    expect(await api.print.mutate(70_000, { key })).toHaveLength(70_000);
    const error = await api.print.mutate(70_000, { key }).catch((cause) => cause);
    expect(error.data.app).toEqual({ code: "RESULT_NOT_RETAINED", data: { ok: true } });
    expect(stage.ran).toHaveLength(2);
  });

  it("is PAYLOAD_TOO_LARGE where it could never be sent", async () => {
    const { client, stage } = startShop({ limits: { maxFrameBytes: 4_096 } });
    const api = client();
    for (let n = 0; n < 2; n++) {
      expect(await outcomeOf(api.print.mutate(5_000, { key }))).toBe("PAYLOAD_TOO_LARGE");
    }
    expect(stage.ran).toHaveLength(1);
  });
});

describe("a mutation that was given up", () => {
  async function cancelled(procedure: "slow" | "again" | "stubborn") {
    const world = startShop();
    const api = world.client();
    const given = new AbortController();
    const call = api[procedure].mutate({ order: "o1" }, { key, signal: given.signal });
    const outcome = outcomeOf(call);
    await settled();
    given.abort();
    await settled();
    expect(await outcome).toBe("CANCELLED");
    return { ...world, api };
  }

  it("is OUTCOME_UNKNOWN when it is sent again, for nobody knows how far it came", async () => {
    const { api, client, stage } = await cancelled("slow");
    expect(await outcomeOf(api.slow.mutate({ order: "o1" }, { key }))).toBe("OUTCOME_UNKNOWN");
    expect(await outcomeOf(client().slow.mutate({ order: "o1" }, { key }))).toBe("OUTCOME_UNKNOWN");
    expect(stage.ran).toHaveLength(1);
  });

  it('runs again with repeat: "safe", and is answered', async () => {
    const { api, stage } = await cancelled("again");
    const call = api.again.mutate({ order: "o1" }, { key });
    await settled();
    stage.waiting[1]!.finish("paid");
    expect(await call).toBe("paid");
    expect(await api.again.mutate({ order: "o1" }, { key })).toBe("paid");
    expect(stage.ran).toHaveLength(2);
  });

  it("and went on all the same is waited for", async () => {
    const { api, stage } = await cancelled("stubborn");
    const call = api.stubborn.mutate({ order: "o1" }, { key });
    await settled();
    stage.waiting[0]!.finish("paid");
    expect(await call).toBe("paid");
    expect(stage.ran).toHaveLength(1);
  });

  it("because its deadline passed is OUTCOME_UNKNOWN afterwards", async () => {
    const { client, stage, pass } = startShop();
    const api = client();
    const call = outcomeOf(api.hurried.mutate({ order: "o1" }, { key }));
    await pass(1_100);
    expect(await call).toBe("DEADLINE_EXCEEDED");
    expect(await outcomeOf(api.hurried.mutate({ order: "o1" }, { key }))).toBe("OUTCOME_UNKNOWN");
    expect(stage.ran).toHaveLength(1);
  });

  it("and stopped is nothing to warn of, nor is one that the end of its client stops", async () => {
    const { api, warnings } = await cancelled("slow");
    const call = outcomeOf(api.slow.mutate({ order: "o2" }));
    await settled();
    await connectionOf(api).close();
    expect(await call).toBe("OUTCOME_UNKNOWN");
    await settled();
    expect(warnings).toEqual([]);
  });

  it("by one who waits for it leaves the other to wait on", async () => {
    const { client, stage } = startShop();
    const given = new AbortController();
    const first = client().slow.mutate({ order: "o1" }, { key });
    await settled();
    const second = client().slow.mutate({ order: "o1" }, { key, signal: given.signal });
    const outcome = outcomeOf(second);
    await settled();
    given.abort();
    expect(await outcome).toBe("CANCELLED");
    stage.waiting[0]!.finish("paid");
    expect(await first).toBe("paid");
  });
});

describe("a mutation that the server does not have", () => {
  const t = initTRPC.context<ShopContext>().create({ transformer });
  const pay = t.procedure
    .input(z.object({ order: z.string() }))
    .mutation(({ ctx, input }) => ctx.stage.ran.push(`pay ${input.order}`));
  const older = t.router({ other: t.procedure.query(() => "") });
  const newer = t.router({ pay });

  it.each([
    ["a router", older],
    ["a router that has a query there", t.router({ pay: t.procedure.query(() => "") })],
    ["a router that is loaded late", t.router({ p: lazy(async () => older) })],
  ])("is not remembered: a later one may have it, after %s", async (_, router) => {
    const { clock, client, restart, stage } = startShop({ router });
    const requests = createMemoryRequestStore({ clock });
    await restart({ router, requests });
    const api = client();
    for (let n = 0; n < 2; n++) {
      expect(await outcomeOf(api.pay.mutate({ order: "o1" }, { key }))).toBe("NOT_FOUND");
    }
    await restart({ router: newer, requests });
    expect(await api.pay.mutate({ order: "o1" }, { key })).toBe(1);
    expect(await api.pay.mutate({ order: "o1" }, { key })).toBe(1);
    expect(stage.ran).toEqual(["pay o1"]);
    requests.close();
  });

  it("is not remembered by a contract's server either", async () => {
    const { client, restart, clock } = startShop();
    const requests = createMemoryRequestStore({ clock });
    await restart({ requests });
    const api: any = client();
    expect(await outcomeOf(api.no.such.mutate({ order: "o1" }, { key }))).toBe("NOT_FOUND");
    await restart({ router: t.router({ no: { such: pay } }), requests });
    expect(await api.no.such.mutate({ order: "o1" }, { key })).toBe(1);
    requests.close();
  });
});

describe("a lost session, on the same server", () => {
  it("loses no answer: what was sent in it is found by its first sending", async () => {
    const { client, stage, loseSessions } = startShop();
    const api = client();
    await api.pay.mutate({ order: "warm up" });
    const stubborn = outcomeOf(api.stubborn.mutate({ order: "o1" }));
    await settled();
    stage.ran.length = 0;
    const lost = loseSessions();
    await settled();
    stage.waiting[0]!.finish("paid"); // while nobody is there to hear it
    await lost;
    expect(await stubborn).toBe("paid");
    expect(stage.ran).toEqual([]);
  });

  it("says OUTCOME_UNKNOWN of what was told to stop with it", async () => {
    const { client, stage, loseSessions } = startShop();
    const api = client();
    const slow = outcomeOf(api.slow.mutate({ order: "o1" }));
    const again = outcomeOf(api.again.mutate({ order: "o2" }));
    await settled();
    await loseSessions();
    expect(await slow).toBe("OUTCOME_UNKNOWN");
    stage.waiting.at(-1)!.finish("paid");
    expect(await again).toBe("paid");
    expect(stage.ran).toEqual(["slow o1", "again o2", "again o2"]);
  });

  it("leaves nothing unknown of what was answered unheard, or never arrived", async () => {
    const { client, stage, network, loseSessions } = startShop();
    const api = client();
    await api.pay.mutate({ order: "o" });
    const pay = (order: string) => outcomeOf(api.pay.mutate({ order }));
    const link = network.sockets[0]!.network;
    link.blackHole("toClient");
    const unheard = Array.from({ length: 30 }, (_, n) => pay(`unheard ${n}`));
    await settled();
    link.blackHole("toServer");
    const neverArrived = Array.from({ length: 30 }, (_, n) => pay(`lost ${n}`));
    await settled();
    expect(stage.ran).toHaveLength(31);
    await loseSessions();
    const outcomes = await Promise.all([...unheard, ...neverArrived]);
    expect(outcomes).toEqual(outcomes.map((_, n) => ({ n: n + 2, at: new Date(7) })));
    expect(stage.ran).toHaveLength(61);
  });
});

describe("mutations of one frame", () => {
  it("are recorded one by one: each runs once, and each is answered", async () => {
    const { client, network, stage } = startShop();
    const [one, two] = [client(), client()];
    await Promise.all([one, two].map((api) => api.pay.mutate({ order: "o" })));
    const pay = (api: typeof one, keys: readonly string[]) =>
      Promise.all(keys.map((each) => outcomeOf(api.pay.mutate({ order: each }, { key: each }))));
    const [first, second] = await Promise.all([
      pay(one, ["a", "b", "a", "dear", "c"]),
      pay(two, ["c", "b", "dear", "d"]),
    ]);
    const frames = network.sockets.flatMap(({ network: { transcript } }) =>
      transcript.filter(({ frame }) => String(frame).includes(`"key":"dear"`)),
    );
    expect(frames.map(({ frame }) => JSON.parse(String(frame)).length)).toEqual([5, 4]);
    expect(first[2]).toEqual(first[0]);
    expect([second[1], second[0]]).toEqual([first[1], first[4]]);
    expect([first[3], second[2]]).toEqual(["DECLINED", "DECLINED"]);
    expect(stage.ran.slice(2)).toEqual(["pay a", "pay b", "pay dear", "pay c", "pay d"]);
  });
});

describe("mutations written for tRPC by hand", () => {
  const t = initTRPC.context<ShopContext>().create({ transformer });
  const Order = z.object({ order: z.string().min(1) });
  const router = t.router({
    pay: t.procedure.input(Order).mutation(({ ctx: { stage }, input: { order } }) => {
      stage.ran.push(`pay ${order}`);
      if (order === "dear") throw new TRPCError({ code: "CONFLICT", message: "Declined" });
      return { n: stage.ran.length, at: new Date(7) };
    }),
    slow: t.procedure.input(Order).mutation(({ ctx: { stage }, input: { order }, signal }) => {
      stage.ran.push(`slow ${order}`);
      return stage.wait(order, signal);
    }),
    missing: t.procedure.mutation(({ ctx: { stage } }) => {
      stage.ran.push("missing");
      throw new TRPCError({ code: "NOT_FOUND", message: "No such order" });
    }),
  });

  it("run once under a key, and answer alike", async () => {
    const { client, stage } = startShop({ router });
    const clients: any[] = [client(), client()];
    const slow = clients.map((api) => api.slow.mutate({ order: "o1" }, { key: "slow" }));
    for (const api of clients) {
      expect(await api.pay.mutate({ order: "o1" }, { key })).toEqual({ n: 2, at: new Date(7) });
      expect(await outcomeOf(api.pay.mutate({ order: "dear" }, { key: "dear" }))).toBe("CONFLICT");
      expect(await outcomeOf(api.pay.mutate({ order: "" }, { key: "bad" }))).toBe("BAD_REQUEST");
      expect(await outcomeOf(api.missing.mutate(undefined, { key: "missing" }))).toBe("NOT_FOUND");
    }
    stage.waiting[0]!.finish("paid");
    expect(await Promise.all(slow)).toEqual(["paid", "paid"]);
    expect(stage.ran).toEqual(["slow o1", "pay o1", "pay dear", "missing"]);
  });

  it("are found by their first sending when the session is lost", async () => {
    const { client, stage, network, loseSessions } = startShop({ router });
    const api = client();
    await api.pay.mutate({ order: "o" });
    network.sockets[0]!.network.blackHole("toClient");
    const unheard = outcomeOf(api.pay.mutate({ order: "o1" }));
    await settled();
    await loseSessions();
    expect(await unheard).toMatchObject({ n: 2 });
    expect(stage.ran).toHaveLength(2);
  });
});

describe("a server that ends", () => {
  it("lets recorded mutations finish while it drains, and joins who asks meanwhile", async () => {
    const { client, server, stage, pass } = startShop();
    const [one, two] = [client(), client()];
    const first = one.slow.mutate({ order: "o1" }, { key });
    const second = two.slow.mutate({ order: "o1" }, { key });
    await settled();
    const drained = server.drain({ deadlineMs: 20_000 });
    await pass(2_000);
    stage.waiting[0]!.finish("paid");
    expect(await Promise.all([first, second])).toEqual(["paid", "paid"]);
    await pass(20_000);
    await drained;
    expect(stage.ran).toHaveLength(1);
  });

  it("at its drain's deadline gives them up: OUTCOME_UNKNOWN, by the next server as well", async () => {
    const world = startShop();
    const { client, clock, restart, stage, pass } = world;
    const requests = createMemoryRequestStore({ clock });
    await restart({ requests });
    const call = outcomeOf(client().slow.mutate({ order: "o1" }, { key }));
    await settled();
    const drained = world.server.drain({ deadlineMs: 1_000 });
    await pass(1_500);
    await drained;
    await restart({ requests });
    await pass(2_000);
    expect(await call).toBe("OUTCOME_UNKNOWN");
    const later = outcomeOf(client().slow.mutate({ order: "o1" }, { key }));
    expect(await later).toBe("OUTCOME_UNKNOWN");
    expect(stage.ran).toHaveLength(1);
    requests.close();
  });

  it("leaves no timer, of its records neither", async () => {
    const { client, clock, server, pass } = startShop();
    const api = client();
    await api.pay.mutate({ order: "o1" }, { key });
    await api.pay.mutate({ order: "o2" });
    await connectionOf(api).close();
    const closed = server.close();
    await pass(100);
    await closed;
    expect(clock.leftovers()).toEqual([]);
  });

  it("leaves a store that it was given as it is: its owner closes it", async () => {
    const clock = createManualClock();
    const requests = createMemoryRequestStore({ clock });
    const { client, restart, stage } = startShop({ requests });
    expect(await client().pay.mutate({ order: "o1" }, { key })).toMatchObject({ n: 1 });
    await restart();
    expect(await client().pay.mutate({ order: "o1" }, { key })).toMatchObject({ n: 1 });
    expect(stage.ran).toHaveLength(1);
    expect(clock.leftovers()).toHaveLength(1);
    requests.close();
    expect(clock.leftovers()).toEqual([]);
  });

  it("asks a failing store no more", async () => {
    const clock = createManualClock();
    const memory = createMemoryRequestStore({ clock });
    let settles = 0;
    const requests: RequestStore = {
      ...boundTo(memory),
      settle() {
        settles++;
        throw new Error("no disk");
      },
    };
    const { client, server, pass, ...world } = startShop({ requests });
    const api = client();
    expect(await outcomeOf(api.pay.mutate({ order: "o1" }, { key }))).toBe("OUTCOME_UNKNOWN");
    await connectionOf(api).close();
    const closed = server.close();
    await pass(100);
    await closed;
    const before = settles;
    await pass(10_000);
    expect(settles).toBe(before);
    expect(world.clock.leftovers()).toEqual([]);
    memory.close();
  });
});

/** The operations of a store, to be changed one by one. */
function boundTo(store: RequestStore): RequestStore {
  return {
    caps: store.caps,
    epoch: store.epoch,
    retentionMs: store.retentionMs,
    maxAnswerBytes: store.maxAnswerBytes,
    create: store.create.bind(store),
    read: store.read.bind(store),
    takeOver: store.takeOver.bind(store),
    settle: store.settle.bind(store),
    release: store.release.bind(store),
    forget: store.forget.bind(store),
    close: store.close.bind(store),
  };
}
