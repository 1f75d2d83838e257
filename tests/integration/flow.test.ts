import { contract, type Overflow, subscription } from "@tautline/contracts";
import { implement, tracked } from "@tautline/server";
import { settled, until } from "@tautline/testing";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { call, decoded, type Line, type ServiceOptions, startService, told } from "./line.js";

const kib64 = 64 * 1024;

/** Counts as fast as it is asked, in every way that `overflow` knows. */
function start(options: Partial<ServiceOptions> = {}) {
  const story = { pulled: 0, ended: 0 };
  async function* count() {
    try {
      for (let n = 1; ; n++) {
        story.pulled++;
        yield n;
      }
    } finally {
      story.ended++;
    }
  }
  const counting = (overflow: Overflow) => subscription({ output: z.number(), overflow });
  const app = contract({
    wait: counting("wait"),
    latest: counting("latest"),
    dropOldest: counting("drop-oldest"),
    cut: counting("cut"),
    /** Ends after 100; `latest` and `dropOldest` are quiet then. */
    hundred: subscription({ output: z.number() }),
    large: subscription({ output: z.string() }),
    largeLater: subscription({ output: z.string() }),
    tracked: subscription({ output: z.number(), tracked: true, overflow: "cut" }),
  });
  async function* hundredThenQuiet({ signal }: { signal: AbortSignal }) {
    for (let n = 1; n <= 100; n++) {
      story.pulled++;
      yield n;
    }
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
  }
  const router = implement(app).router({
    wait: count,
    latest: hundredThenQuiet,
    dropOldest: hundredThenQuiet,
    cut: count,
    async *hundred() {
      for (let n = 1; n <= 100; n++) yield n;
    },
    async *large() {
      for (;;) {
        story.pulled++;
        yield "x".repeat(kib64);
      }
    },
    async *largeLater() {
      for (;;) {
        await new Promise(setImmediate);
        story.pulled++;
        yield "x".repeat(kib64);
      }
    },
    async *tracked({ lastEventId }) {
      for (let n = Number(lastEventId ?? 0) + 1; ; n++) yield tracked(String(n), n);
    },
  });
  return { ...startService({ router, ...options }), story };
}

const subscribe = (id: number, path: string) => call("subscription", id, path);
const events = (line: Line, id = 1) => told(line.about(id)).filter((what) => what !== "started");
const from = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, n) => first + n);

describe("credit", () => {
  it("of 32 is there at the start; more comes from the client", async () => {
    await using service = start();
    const line = await service.connect();
    line.say(subscribe(1, "wait"));
    await settled();
    expect([events(line), service.story.pulled]).toEqual([from(1, 32), 32]);
    line.say({ id: 1, method: "credit", count: 16 });
    await settled();
    expect([events(line), service.story.pulled]).toEqual([from(1, 48), 48]);
  });

  it("that comes in the frame of its subscription counts", async () => {
    await using service = start();
    const line = await service.connect();
    line.say(subscribe(1, "hundred"), { id: 1, method: "credit", count: 100 });
    await settled();
    expect(events(line)).toEqual([...from(1, 100), "stopped"]);
  });

  it("is each subscription's own", async () => {
    await using service = start();
    const line = await service.connect();
    line.say(subscribe(1, "wait"), subscribe(2, "wait"), { id: 2, method: "credit", count: 1 });
    await settled();
    expect([events(line, 1).length, events(line, 2).length]).toEqual([32, 33]);
  });

  it("does not keep a handler that is done from ending", async () => {
    await using service = start();
    const line = await service.connect();
    line.say(subscribe(1, "hundred"));
    await settled();
    line.say({ id: 1, method: "credit", count: 68 });
    await settled();
    expect(events(line)).toEqual(from(1, 100)); // that it ends shows when it is asked for more
    line.say({ id: 1, method: "credit", count: 1 });
    await settled();
    expect(events(line).at(-1)).toBe("stopped");
  });

  it.each([0, -1, 1.5, "16", null, undefined])(
    "of %j ends the connection with 4500",
    async (count) => {
      await using service = start();
      const line = await service.connect();
      line.say(subscribe(1, "wait"));
      await settled();
      line.say({ id: 1, method: "credit", count });
      await settled();
      expect(line.closed?.code).toBe(4500);
      expect(service.story.ended).toBe(1);
    },
  );

  it("is not known in the base dialect, where only the socket holds back", async () => {
    await using service = start();
    const line = await service.connect({ dialect: "base" });
    line.say(subscribe(1, "hundred"));
    await settled();
    expect(events(line)).toEqual([...from(1, 100), "stopped"]);
    expect(told(await line.ask({ id: 1, method: "credit", count: 1 }))).toEqual(["BAD_REQUEST"]);
    expect(line.closed).toBeUndefined();
  });
});

describe("a full-dialect client without credit", () => {
  it.each<[string, number[]]>([
    ["latest", [100]],
    ["dropOldest", from(69, 100)],
  ])("gets of %s what the contract keeps, when it reads on", async (path, kept) => {
    await using service = start();
    const line = await service.connect();
    line.say(subscribe(1, path));
    await settled();
    expect([events(line), service.story.pulled]).toEqual([from(1, 32), 100]);
    line.say({ id: 1, method: "credit", count: 100 });
    await settled();
    expect(events(line)).toEqual([...from(1, 32), ...kept]);
  });

  it("is cut off from cut with OVERFLOW, and may come again", async () => {
    await using service = start();
    const line = await service.connect();
    line.say(subscribe(1, "cut"));
    await settled();
    expect(events(line)).toEqual([...from(1, 32), "OVERFLOW", "stopped"]);
    expect(decoded(line.about(1).at(-2))).toMatchObject({
      data: { code: "TOO_MANY_REQUESTS", app: { code: "OVERFLOW", data: { waiting: 32 } } },
    });
    expect(service.story).toEqual({ pulled: 65, ended: 1 });
  });

  it("resumes a tracked one that was cut, without a gap", async () => {
    await using service = start();
    const line = await service.connect();
    const seen: string[] = [];
    for (let id = 1; id <= 3; id++) {
      const request = subscribe(id, "tracked");
      line.say({ ...request, params: { ...request.params, lastEventId: seen.at(-1) } });
      await settled();
      seen.push(...line.about(id).flatMap(({ result }) => result?.id ?? []));
    }
    expect(seen).toEqual(from(1, 96).map(String));
  });
});

describe("a client that reads nothing", () => {
  it.each(["full", "base"] as const)(
    "holds its generators back at the outbox's limit, and loses nothing (%s dialect)",
    async (dialect) => {
      await using service = start();
      const line = await service.connect({ dialect });
      line.network.pause("toClient");
      line.say(subscribe(1, "large"));
      await settled(50);
      const { pulled } = service.story;
      line.network.resume("toClient");
      await until(() => line.about(1).length >= 32);
      line.network.cut();
      expect(pulled).toBeGreaterThanOrEqual(15);
      expect(pulled * kib64).toBeLessThan(1.5 * 1024 * 1024);
    },
  );

  describe.each([
    ["large", "never wait"],
    ["largeLater", "wait a turn for each event"],
  ])("with many subscriptions", (path, how) => {
    it.each([
      ["full", 32],
      ["base", 32],
      ["full", 256],
      ["base", 256],
    ] as const)(
      `is held to the same limit when they ${how} (%s dialect, %d of them)`,
      async (dialect, count) => {
        await using service = start();
        const line = await service.connect({ dialect });
        line.network.pause("toClient");
        for (let id = 1; id <= count; id++) line.say(subscribe(id, path));
        await settled(100);
        line.network.cut(); // it would finish no closing handshake
        expect(service.story.pulled).toBeGreaterThanOrEqual(15);
        expect(service.story.pulled * kib64).toBeLessThan(1.5 * 1024 * 1024);
      },
    );
  });

  it("has its generators ended when it goes", async () => {
    await using service = start();
    const line = await service.connect({ dialect: "base" });
    line.network.pause("toClient");
    for (let id = 1; id <= 10; id++) line.say(subscribe(id, "wait"));
    await settled(20);
    line.network.cut();
    await settled();
    expect(service.story.ended).toBe(10);
    expect(service.leftovers()).toEqual([]);
  });
});

describe("subscriptions that share a line", () => {
  it("all go on when there is room again, idle ones or not", async () => {
    const emit: (() => void)[] = [];
    const router = implement({
      large: subscription({ output: z.string() }),
      quiet: subscription({ output: z.string() }),
    }).router({
      async *large() {
        for (let n = 0; n < 30; n++) yield "x".repeat(kib64);
      },
      // A large event first, as a snapshot is, and then one when the test says so.
      async *quiet() {
        yield "x".repeat(kib64);
        await new Promise<void>((resolve) => emit.push(resolve));
        yield "news";
      },
    });
    await using service = startService({ router });
    const line = await service.connect({ dialect: "base" });
    for (let id = 1; id <= 64; id++) line.say(subscribe(id, "quiet"));
    await settled(100);
    expect(emit).toHaveLength(64); // each has been asked for its second event
    for (let id = 101; id <= 104; id++) line.say(subscribe(id, "large"));
    await settled(100);
    for (let id = 101; id <= 104; id++) expect(line.about(id)).toHaveLength(32);
    for (const one of emit) one();
    await settled(20);
    for (let id = 1; id <= 64; id++) expect(told(line.about(id)).at(-2)).toBe("news");
  });
});
