import { connectionOf, safe } from "@tautline/client";
import { contract, isDeclared, mutation, query, subscription } from "@tautline/contracts";
import { createMemoryRequestStore, implement, tracked } from "@tautline/server";
import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { createManualClock } from "../manual-clock.js";
import { settled } from "../settled.js";
import { startApp } from "./index.js";

const counter = contract({
  add: mutation({ input: z.number(), output: z.number() }),
  read: query({ output: z.number() }),
  later: query({ input: z.number(), output: z.string() }),
  who: query({ output: z.string() }),
  bug: query({ output: z.string() }),
  watch: subscription({ output: z.object({ n: z.number() }) }),
  stuck: subscription({ output: z.number() }),
  deaf: query({ output: z.string() }),
  since: subscription({ output: z.number(), tracked: true }),
});

interface Ctx {
  readonly user: string;
}

/** A counter whose handlers run on a clock, and what they did. */
function createCounter() {
  const clock = createManualClock();
  const executed: number[] = [];
  const sleep = (ms: number) => new Promise<void>((resolve) => void clock.after(ms, resolve));
  const never = new Promise<never>(() => {});
  const router = implement(counter)
    .context<Ctx>()
    .router({
      async add({ input }) {
        executed.push(input);
        await sleep(100);
        return executed.length;
      },
      read: () => executed.length,
      async later({ input }) {
        await sleep(input);
        return `after ${input} ms`;
      },
      who: ({ ctx }) => ctx.user,
      bug: () => {
        throw new Error("a bug in a handler");
      },
      async *watch() {
        for (let n = 1; ; n++) yield { n };
      },
      async *stuck() {
        yield 1;
        await never;
      },
      deaf: () => never,
      async *since({ lastEventId }) {
        for (let n = Number(lastEventId ?? 0) + 1; ; n++) {
          yield tracked(String(n), n);
          await sleep(50);
        }
      },
    });
  return { clock, executed, router, createContext: () => ({ user: "nobody" }) };
}

describe("a service in a test", () => {
  it("answers, with the clock standing still", async () => {
    const { executed: _, ...given } = createCounter();
    await using app = await startApp(given);
    expect(await app.api.read.query()).toBe(0);
    expect(app.clock.now()).toBe(0);
  });

  it("goes on without a gap or a repeat after the network is cut for 2 s", async () => {
    await using app = await startApp(createCounter());
    const seen: number[] = [];
    for await (const { n } of app.api.watch.subscribe()) {
      seen.push(n);
      if (n === 10) await app.network.cut({ forMs: 2_000 });
      if (n === 30) break;
    }
    expect(seen).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
    expect(app.clock.now()).toBeGreaterThanOrEqual(2_000);
    expect(connectionOf(app.api).stats).toMatchObject({ resumes: 1 });
    await app.close();
    expect(app.leftovers()).toEqual([]);
  });

  it("lets time pass on command: for handlers, deadlines and the network alike", async () => {
    await using app = await startApp({ ...createCounter(), latencyMs: 20 });
    const [answer, [, late]] = await Promise.all([
      app.api.later.query(500),
      safe(app.api.later.query(500, { deadlineMs: 300 })),
      app.advance(600),
    ]);
    expect(answer).toBe("after 500 ms");
    expect(isDeclared(late, "DEADLINE_EXCEEDED")).toBe(true);
  });

  it("finishes what needs time, and no more of it than that", async () => {
    await using app = await startApp({ ...createCounter(), latencyMs: 20 });
    expect(await app.finish(app.api.later.query(500))).toBe("after 500 ms");
    expect(app.clock.now()).toBe(580); // two ways to connect, two for the call
    const late = app.finish(app.api.later.query(500, { deadlineMs: 300 }));
    await expect(late).rejects.toHaveProperty("data.app.code", "DEADLINE_EXCEEDED");
  });

  it("moves the clock as far as a condition needs", async () => {
    await using app = await startApp(createCounter());
    const seen: number[] = [];
    app.api.since.subscribe(undefined, { onData: ({ data }) => seen.push(data) });
    await app.until(() => seen.length === 5);
    expect(app.clock.now()).toBe(200);
  });

  it("is the same again with the same seed, to the last frame", async () => {
    const run = async (seed: number) => {
      await using app = await startApp({ ...createCounter(), seed, latencyMs: 5 });
      void app.api.add.mutate(1);
      await app.advance(30);
      await app.network.cut({ forMs: 700 });
      await app.advance(1_000);
      await app.close();
      return app.network.transcript({ maxCharacters: 10_000 });
    };
    const [first, again, other] = [await run(1), await run(1), await run(2)];
    expect(again).toBe(first);
    expect(other).not.toBe(first);
    expect(first).toContain('"session":{"id":"<session>"');
  });

  it("runs on the real clock too", async () => {
    const { clock: _, ...given } = createCounter();
    await using app = await startApp({ ...given, clock: "real" });
    expect(await app.api.read.query()).toBe(0);
    const beganMs = app.clock.now();
    await app.advance(20);
    expect(app.clock.now() - beganMs).toBeGreaterThanOrEqual(19);
    await app.network.cut({ forMs: 10 });
    expect(connectionOf(app.api).stats.resumes).toBe(1);
    expect(app.leftovers()).toEqual(
      expect.arrayContaining([expect.stringMatching(/^timer due in \d+ ms/)]),
    );
    await app.close();
    expect(app.leftovers()).toEqual([]);
  });
});

describe("the clients of a service", () => {
  const users: Record<string, string> = { "t-ana": "ana", "t-ben": "ben" };

  function start() {
    return startApp({
      router: createCounter().router,
      authenticate: ({ credentials }) => {
        const userId = users[String(credentials?.token)];
        return userId === undefined ? null : { userId };
      },
      createContext: ({ principal, request }) => ({
        user: principal.userId + (request.headers.cookie ?? ""),
      }),
      client: { credentials: { token: "t-ana" }, name: "tests" },
    });
  }

  it("are as many as are wanted, each somebody", async () => {
    await using app = await start();
    const ben = app.connect({ credentials: { token: "t-ben" } });
    expect(await Promise.all([app.api.who.query(), ben.who.query()])).toEqual(["ana", "ben"]);
    expect([...app.server.connections].map(({ client }) => client)).toEqual(["tests", "tests"]);
    expect(app.leftovers()).toEqual(expect.arrayContaining(["session of ana", "session of ben"]));
  });

  it("are refused as they would be", async () => {
    await using app = await start();
    const [, error] = await safe(app.connect({ credentials: null }).who.query());
    expect(error?.data?.code).toBe("UNAUTHORIZED");
  });

  it("bring headers; cookies only where the pages are known that may connect", async () => {
    const headers = { cookie: "!", origin: "https://app.test" };
    await using app = await start();
    expect(await app.connect({ headers }).who.query()).toBe("ana");
    await using strict = await startApp({
      ...createCounter(),
      createContext: ({ request }) => ({ user: request.headers.cookie ?? "none" }),
      server: { origins: ["https://app.test"] },
    });
    expect(await strict.connect({ headers }).who.query()).toBe("!");
    const elsewhere = strict.connect({ headers: { origin: "https://evil.test" } });
    const [, error] = await strict.finish(safe(elsewhere.who.query()));
    expect(isDeclared(error, "NOT_SENT")).toBe(true);
  });

  it("may speak tRPC's dialect", async () => {
    await using app = await start();
    const plain = app.connect({ dialect: "trpc" });
    expect(await plain.who.query()).toBe("ana");
    expect([...app.server.connections].map(({ dialect }) => dialect)).toEqual(["base"]);
  });

  it("know the contract when it is given", async () => {
    const briefly = contract({
      slow: query({ output: z.string(), deadlineMs: 50 }),
    });
    await using app = await startApp({
      contract: briefly,
      router: implement(briefly).router({ slow: () => new Promise(() => {}) }),
    });
    const [, error] = await app.finish(safe(app.api.slow.query()));
    expect(app.clock.now()).toBe(50);
    expect(isDeclared(error, "DEADLINE_EXCEEDED")).toBe(true);
  });

  it("are cut off one by one", async () => {
    await using app = await start();
    const ben = app.connect({ credentials: { token: "t-ben" } });
    await Promise.all([app.api.read.query(), ben.read.query()]);
    const cut = app.network.cut({ client: ben, forMs: 1_000 });
    await settled();
    expect(connectionOf(ben).state.name).toBe("resuming");
    expect(await app.api.read.query()).toBe(0);
    await cut;
    expect(connectionOf(ben).stats.resumes).toBe(1);
    expect(connectionOf(app.api).stats.resumes).toBe(0);
    await expect(app.network.cut({ client: {} })).rejects.toThrow(TypeError);
  });

  it("can not be made once it is closed", async () => {
    const app = await start();
    await app.close();
    expect(() => app.connect()).toThrow("Cannot connect");
    await expect(app.restart()).rejects.toThrow("Cannot restart");
  });
});

describe("the network of a service", () => {
  it("is away for as long as is said, and a call made meanwhile is sent once", async () => {
    const { executed, ...given } = createCounter();
    await using app = await startApp(given);
    await app.api.read.query();
    const cut = app.network.cut({ forMs: 5_000 });
    const added = app.api.add.mutate(7);
    await app.advance(4_000);
    expect(executed).toEqual([]);
    await cut;
    await app.advance(100);
    expect(await added).toBe(1);
    expect(executed).toEqual([7]);
  });

  it("tells when a client does not come back", async () => {
    await using app = await startApp(createCounter());
    await app.api.read.query();
    app.network.refuse(true);
    await expect(app.network.cut()).rejects.toThrow("the clients to be back");
  });

  it("is whole again when the service is closed", async () => {
    const app = await startApp(createCounter());
    await app.api.read.query();
    app.network.sockets[0]!.network.blackHole();
    app.network.hang(true);
    await app.close();
    expect(app.leftovers()).toEqual([]);
  });

  it("is slow when told to", async () => {
    await using app = await startApp(createCounter());
    await app.api.read.query();
    app.network.latencyMs = 200;
    let answered = false;
    const call = app.api.read.query().then(() => {
      answered = true;
    });
    await app.advance(399);
    expect(answered).toBe(false);
    await app.advance(1);
    await call;
  });
});

describe("a service that is restarted", () => {
  it("has forgotten what was in its memory", async () => {
    const { executed, ...given } = createCounter();
    await using app = await startApp(given);
    const before = app.server;
    await app.api.read.query();
    const added = safe(app.api.add.mutate(1));
    await settled();
    await app.restart({ forMs: 500 });
    expect(app.server).not.toBe(before);
    expect(before.state).toBe("closed");
    const [, error] = await added;
    expect(isDeclared(error, "OUTCOME_UNKNOWN")).toBe(true);
    expect(executed).toEqual([1]);
    expect(await app.api.read.query()).toBe(1);
  });

  it("goes on with tracked subscriptions where they were", async () => {
    await using app = await startApp(createCounter());
    const seen: number[] = [];
    app.api.since.subscribe(undefined, { onData: ({ data }) => seen.push(data) });
    await app.until(() => seen.length === 3);
    await app.restart();
    await app.until(() => seen.length >= 10);
    expect(seen).toEqual(seen.map((_, index) => index + 1));
  });

  it("finds the records that it is given from outside", async () => {
    const { executed, ...given } = createCounter();
    const requests = createMemoryRequestStore({ clock: given.clock });
    await using app = await startApp({ ...given, server: { requests } });
    const add = () => app.finish(app.api.add.mutate(1, { key: "once" }));
    expect(await add()).toBe(1);
    await app.restart();
    expect(await add()).toBe(1);
    expect(executed).toEqual([1]);
    await requests.close();
  });
});

describe("the log of a service", () => {
  it("fails the end with what nobody expected", async () => {
    const app = await startApp(createCounter());
    await safe(app.api.bug.query());
    await expect(app.close()).rejects.toThrow("A query failed: bug (Error: a bug in a handler)");
    await expect(app.close()).rejects.toHaveProperty("cause.message", "a bug in a handler");
  });

  it("gives what a test expects, once", async () => {
    await using app = await startApp(createCounter());
    await safe(app.api.bug.query());
    expect(app.log.take("error")).toEqual([
      {
        level: "error",
        message: "A query failed: bug",
        fields: expect.objectContaining({ event: "handler.failed", path: "bug" }),
      },
    ]);
    expect(app.log.take("error")).toEqual([]);
    expect(app.log.records.filter(({ level }) => level === "error")).toHaveLength(1);
  });

  it("is the test's own affair if it says so, and goes to a logger of its own as well", async () => {
    const method = () => vi.fn();
    const logger = { debug: method(), info: method(), warn: method(), error: method() };
    await using app = await startApp({
      ...createCounter(),
      failsFrom: "never",
      server: { logger },
    });
    await safe(app.api.bug.query());
    expect(logger.error).toHaveBeenCalledWith(expect.anything(), "A query failed: bug");
  });
});

describe("what is left of a service", () => {
  it("is everything that lives, while it lives", async () => {
    await using app = await startApp(createCounter());
    const later = app.api.later.query(100);
    app.api.since.subscribe(undefined, { onData() {} });
    await settled();
    const left = app.leftovers();
    expect(left).toEqual(
      expect.arrayContaining([
        "client socket to ws://app/line is open",
        "server socket from ws://app/line is open",
        "session of nobody in particular",
        "handler of the query later",
        "events of the subscription since",
      ]),
    );
    expect(left.filter((line) => line.startsWith("timer due in "))).not.toEqual([]);
    await app.advance(100);
    await later;
    expect(app.leftovers()).not.toContain("handler of the query later");
  });

  it("is, after the end, the handlers that do not hear that nobody waits", async () => {
    const app = await startApp(createCounter());
    const deaf = safe(app.api.deaf.query());
    app.api.stuck.subscribe(undefined, { onData() {} });
    await settled();
    await app.close();
    expect(isDeclared((await deaf)[1], "CLOSED")).toBe(true);
    expect(app.leftovers()).toEqual([
      "handler of the query deaf",
      "events of the subscription stuck",
    ]);
  });

  it("is told to an application's own listeners too", async () => {
    const types: string[] = [];
    const spans: string[] = [];
    await using app = await startApp({
      ...createCounter(),
      server: {
        onEvent: Object.assign(({ type }: { type: string }) => void types.push(type), {
          types: ["call.settled"] as const,
        }),
        tracing: {
          start: ({ path }) => ({
            run: (invoke) => invoke(),
            follow: (events) => events,
            end: ({ outcome }) => void spans.push(`${path} ${outcome}`),
          }),
        },
      },
    });
    await app.api.read.query();
    expect({ types, spans }).toEqual({ types: ["call.settled"], spans: ["read ok"] });
  });
});
