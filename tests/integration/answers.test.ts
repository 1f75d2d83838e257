import { contract, query, subscription } from "@tautline/contracts";
import { implement, transformer } from "@tautline/server";
import { settled } from "@tautline/testing";
import { initTRPC, TRPCError } from "@trpc/server";
import { type Observer, observable } from "@trpc/server/observable";
import superjson from "superjson";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { call, decoded, startService, told } from "./line.js";

const circle: Record<string, unknown> = {};
circle.self = circle;

describe("a result that can not be encoded", () => {
  const results: [string, () => unknown][] = [
    ["a circle", () => circle],
    ["a bigint", () => 5n],
    [
      "what throws while it is encoded",
      () => ({
        toJSON: () => {
          throw new Error("hunter2");
        },
      }),
    ],
    [
      "what throws while it is read",
      () =>
        Object.defineProperty({}, "a", {
          enumerable: true,
          get: () => {
            throw new Error("hunter2");
          },
        }),
    ],
  ];

  it.each(results)(
    "is answered with INTERNAL by a router without transformer: %s",
    async (_what, result) => {
      const t = initTRPC.create();
      const router = t.router({
        once: t.procedure.query(result),
        often: t.procedure.subscription(async function* () {
          yield 1;
          yield result();
        }),
      });
      await using service = startService({ router });
      const line = await service.connect({ dialect: "base" });
      line.say({ id: 1, method: "query", params: { path: "once" } });
      line.say({ id: 2, method: "subscription", params: { path: "often" } });
      await settled();
      expect(line.about(1)).toEqual([
        {
          id: 1,
          error: {
            message: "Internal server error",
            code: -32603,
            data: {
              code: "INTERNAL_SERVER_ERROR",
              httpStatus: 500,
              path: "once",
              app: { code: "INTERNAL", data: { incidentId: expect.any(String) } },
            },
          },
        },
      ]);
      expect(line.about(2).map(({ result, error }) => result?.type ?? error.data.app.code)).toEqual(
        ["started", "data", "INTERNAL", "stopped"],
      );
      expect(line.closed).toBeUndefined();
    },
  );

  it("is left out where JSON has no word for it, as in tRPC", async () => {
    const t = initTRPC.create();
    const router = t.router({
      nothing: t.procedure.query(() => undefined),
      function: t.procedure.query(() => () => 1),
    });
    await using service = startService({ router });
    const line = await service.connect({ dialect: "base" });
    for (const path of ["nothing", "function"]) {
      expect(await line.ask({ id: path, method: "query", params: { path } })).toEqual([
        { id: path, result: { type: "data" } },
      ]);
    }
  });

  it("is answered with INTERNAL by a contract", async () => {
    const app = contract({ once: query({ input: z.number(), output: z.any() }) });
    const router = implement(app).router({ once: ({ input }) => results[input]![1]() });
    await using service = startService({ router });
    const line = await service.connect();
    const answers = await Promise.all(
      [0, 2, 3].map((index) => line.ask(call("query", index, "once", index))),
    );
    expect(answers.flatMap((answer) => told(answer))).toEqual(Array(3).fill("INTERNAL"));
    expect(told(await line.ask(call("query", 9, "once", 1)))).toEqual([5n]); // superjson can
  });
});

describe("a contract's output", () => {
  it("is held to its schema, and what it was stays on the server", async () => {
    const app = contract({ user: query({ output: z.object({ name: z.string() }) }) });
    const router = implement(app).router({
      user: () => ({ name: 5, password: "hunter2" }) as never,
    });
    await using service = startService({ router });
    const line = await service.connect();
    expect(told(await line.ask(call("query", 1, "user")))).toEqual(["INTERNAL"]);
    expect(line.frames.join()).not.toContain("hunter2");
    expect(service.log.at(-1)?.fields.err.message).toMatch(/does not fit the contract/);
  });

  it("of a subscription is held to it event by event", async () => {
    const app = contract({ feed: subscription({ output: z.object({ n: z.number() }) }) });
    const router = implement(app).router({
      async *feed() {
        yield { n: 1, extra: 2 } as never;
        yield { n: "two" } as never;
        yield { n: 3 };
      },
    });
    await using service = startService({ router });
    const line = await service.connect();
    expect(told(await line.ask(call("subscription", 1, "feed")))).toEqual([
      "started",
      { n: 1 },
      "INTERNAL",
      "stopped",
    ]);
  });
});

describe("a contract of another schema library", () => {
  const app = contract({
    add: query({
      input: v.object({ a: v.number(), at: v.date() }),
      output: v.object({ sum: v.number(), at: v.date() }),
      errors: { ODD: v.object({ a: v.number() }) },
    }),
    later: query({
      input: v.pipeAsync(
        v.string(),
        v.checkAsync(async (text) => text !== "taken", "Taken"),
      ),
      output: v.string(),
    }),
  });
  const router = implement(app).router({
    add: ({ input, fail }) => {
      if (input.a % 2 === 1) throw fail("ODD", { a: input.a });
      return { sum: input.a + 1, at: input.at };
    },
    later: ({ input }) => input,
  });

  it("is served like any other", async () => {
    await using service = startService({ router });
    const line = await service.connect();
    const at = new Date(5);
    expect(told(await line.ask(call("query", 1, "add", { a: 2, at })))).toEqual([{ sum: 3, at }]);
    expect(told(await line.ask(call("query", 2, "add", { a: 1, at })))).toEqual(["ODD"]);
    const [refusal] = await line.ask(call("query", 3, "add", { a: "x", at }));
    expect(decoded(refusal).data.app).toMatchObject({
      code: "INVALID_INPUT",
      data: { issues: [{ path: ["a"], message: expect.any(String) }] },
    });
    expect(told(await line.ask(call("query", 4, "later", "free")))).toEqual(["free"]);
    expect(told(await line.ask(call("query", 5, "later", "taken")))).toEqual(["INVALID_INPUT"]);
  });
});

describe("a router's own errors", () => {
  it("are shaped by its errorFormatter, which sees our shape and the call", async () => {
    const seen: unknown[] = [];
    const t = initTRPC.context<{ user: string }>().create({
      transformer,
      errorFormatter({ shape, error, path, input, ctx, type }) {
        seen.push({ code: error.code, path, input, ctx, type });
        return { ...shape, data: { ...shape.data, help: "https://help.example" } };
      },
    });
    const router = t.router({
      bug: t.procedure.input(z.string()).query(() => {
        throw new Error("hunter2");
      }),
    });
    await using service = startService({ router, createContext: () => ({ user: "ana" }) });
    const line = await service.connect();
    const [answer] = await line.ask(call("query", 1, "bug", "in"));
    expect(decoded(answer)).toMatchObject({
      message: "Internal server error",
      data: { app: { code: "INTERNAL" }, help: "https://help.example" },
    });
    expect(seen).toEqual([
      {
        code: "INTERNAL_SERVER_ERROR",
        path: "bug",
        input: "in",
        ctx: { user: "ana" },
        type: "query",
      },
    ]);
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("hunter2");
      },
    ],
    ["returns what can not be encoded", () => circle as never],
  ])("are still answered when the errorFormatter %s", async (_what, errorFormatter) => {
    const t = initTRPC.create({ errorFormatter });
    const router = t.router({
      refuse: t.procedure.query(() => {
        throw new TRPCError({ code: "FORBIDDEN" });
      }),
    });
    await using service = startService({ router });
    const line = await service.connect({ dialect: "base" });
    const [answer] = await line.ask({ id: 1, method: "query", params: { path: "refuse" } });
    const incidentId = answer.error.data.app.data.incidentId;
    expect(answer.error).toMatchObject({
      message: "Internal server error",
      data: { path: "refuse", app: { code: "INTERNAL" } },
    });
    expect(service.log.at(-1)?.fields.incidentId).toBe(incidentId);
    expect(JSON.stringify(answer)).not.toContain("hunter2");
  });

  it("reach onError with the call, and the log only when nobody declared them", async () => {
    const reports: any[] = [];
    const app = contract({
      taken: query({ input: z.string(), output: z.string(), errors: { TAKEN: z.string() } }),
      bug: query({ output: z.string() }),
      nothing: query({ output: z.string() }),
    });
    const router = implement(app)
      .context<{ user: string }>()
      .router({
        taken: ({ fail }) => {
          throw fail("TAKEN", "by Ana");
        },
        bug: () => {
          throw new Error("hunter2");
        },
        nothing: () => Promise.reject(undefined),
      });
    await using service = startService({
      router,
      createContext: () => ({ user: "ana" }),
      onError: (report) => reports.push(report),
    });
    const line = await service.connect();
    await line.ask(call("query", 1, "taken", "in"));
    await line.ask(call("query", 2, "taken", 5));
    const [bug] = await line.ask(call("query", 3, "bug"));
    const [nothing] = await line.ask(call("query", 4, "nothing"));
    expect(
      reports.map(({ error, path, type, input, ctx }) => [error.code, path, type, input, ctx.user]),
    ).toEqual([
      ["UNPROCESSABLE_CONTENT", "taken", "query", "in", "ana"],
      ["BAD_REQUEST", "taken", "query", 5, "ana"],
      ["INTERNAL_SERVER_ERROR", "bug", "query", undefined, "ana"],
      ["INTERNAL_SERVER_ERROR", "nothing", "query", undefined, "ana"],
    ]);
    const ids = [bug, nothing].map((answer) => decoded(answer).data.app.data.incidentId);
    expect(reports.map(({ incidentId }) => incidentId)).toEqual([undefined, undefined, ...ids]);
    expect(
      service.log.filter(({ level }) => level === "error").map(({ fields }) => fields.incidentId),
    ).toEqual(ids);
  });
});

describe("a schema or a handler that behaves badly", () => {
  const throws = z.string().refine(() => {
    throw new Error("hunter2");
  });
  const app = contract({
    input: query({ input: throws, output: z.string() }),
    output: query({ output: throws }),
    error: query({ output: z.string(), errors: { A: throws } }),
    feed: subscription({ output: throws }),
    strange: query({ output: z.string() }),
    noEvents: subscription({ output: z.string() }),
  });
  const router = implement(app).router({
    input: () => "in",
    output: () => "out",
    error: ({ fail }) => {
      throw fail("A", "a");
    },
    async *feed() {
      yield "event";
    },
    strange: () => {
      // Not even its message can be read.
      throw { message: Object.create(null) };
    },
    noEvents: () => "no iterable" as never,
  });

  it.each(["input", "output", "error", "strange"])("is answered: %s", async (path) => {
    await using service = startService({ router });
    const line = await service.connect();
    expect(told(await line.ask(call("query", 1, path, "in")))).toEqual(["INTERNAL"]);
    expect(line.frames.join()).not.toContain("hunter2");
  });

  it("is answered when it is a subscription", async () => {
    await using service = startService({ router });
    const line = await service.connect();
    expect(told(await line.ask(call("subscription", 1, "feed")))).toEqual([
      "started",
      "INTERNAL",
      "stopped",
    ]);
    expect(told(await line.ask(call("subscription", 2, "noEvents")))).toEqual(["INTERNAL"]);
  });
});

describe("a hand-written router", () => {
  it("with a transformer of its own speaks that", async () => {
    const t = initTRPC.create({ transformer: superjson });
    const router = t.router({
      at: t.procedure.input(z.date()).query(({ input }) => new Date(input.getTime() + 1)),
    });
    await using service = startService({ router });
    const line = await service.connect();
    expect(told(await line.ask(call("query", 1, "at", new Date(5))))).toEqual([new Date(6)]);
  });

  it("that holds a contract's router under another transformer makes it speak that one", async () => {
    const app = contract({ at: query({ input: z.string(), output: z.string() }) });
    const own = implement(app).router({ at: ({ input }) => `${input}!` });
    const t = initTRPC.create();
    await using service = startService({ router: t.router({ own }) });
    const line = await service.connect({ dialect: "base" });
    const request = { id: 1, method: "query", params: { path: "own.at", input: "plain" } };
    expect(await line.ask(request)).toEqual([{ id: 1, result: { type: "data", data: "plain!" } }]);
  });

  it("may emit by an observable, which is torn down when it is stopped", async () => {
    const story: string[] = [];
    const t = initTRPC.create({ transformer });
    const emits = (rest: (emit: Observer<number, Error>) => void) =>
      t.procedure.subscription(() =>
        observable<number, Error>((emit) => {
          story.push("set up");
          emit.next(1);
          rest(emit);
          return () => story.push("torn down");
        }),
      );
    const router = t.router({
      completes: emits((emit) => emit.complete()),
      fails: emits((emit) => emit.error(new Error("hunter2"))),
      goesOn: emits(() => {}),
    });
    await using service = startService({ router });
    const line = await service.connect();
    const ask = async (path: string) => told(await line.ask(call("subscription", path, path)));
    expect(await ask("completes")).toEqual(["started", 1, "stopped"]);
    expect(await ask("fails")).toEqual(["started", 1, "INTERNAL", "stopped"]);
    expect(await ask("goesOn")).toEqual(["started", 1]);
    story.length = 0;
    expect(told(await line.ask({ id: "goesOn", method: "subscription.stop" }))).toEqual([
      "stopped",
    ]);
    expect(story).toEqual(["torn down"]);
    await ask("goesOn");
    line.network.cut();
    await settled();
    expect(story).toEqual(["torn down", "set up", "torn down"]);
  });

  it("may not stream where it was asked for one answer", async () => {
    const t = initTRPC.create({ transformer });
    const router = t.router({
      stream: t.procedure.query(async function* () {
        yield 1;
      }),
    });
    await using service = startService({ router });
    const line = await service.connect();
    expect(told(await line.ask(call("query", 1, "stream")))).toEqual(["UNSUPPORTED_MEDIA_TYPE"]);
  });
});
