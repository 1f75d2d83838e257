import { mutation, query, subscription } from "@tautline/contracts";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { AppFailure } from "../errors.js";
import { initTRPC, isTrackedEnvelope, TRPCError, tracked } from "../trpc.js";
import { Call, type CallStart } from "./call.js";
import { type AnyHandler, compileProcedure } from "./compiled.js";

const t = initTRPC.context<{ user?: string }>().meta<{ role?: string }>().create();
const text = query({ input: z.string(), output: z.string() });

function compile(
  handler: AnyHandler,
  steps: Parameters<typeof t.middleware>[0][] = [],
  definition: Parameters<typeof compileProcedure>[0] = text,
) {
  const compiled = compileProcedure(definition, handler, steps as never);
  return {
    ...compiled,
    call: async (start: Partial<CallStart> = {}) =>
      compiled.invoke(
        new Call({ type: "query", path: "a.b", ctx: { user: "ana" }, rawInput: "in", ...start }),
      ),
  };
}

/** What the call came to as its caller is told. */
async function failureOf(compiled: ReturnType<typeof compile>, start?: Partial<CallStart>) {
  const cause: unknown = await compiled.call(start).then(
    () => expect.unreachable(),
    (error) => error,
  );
  return compiled.toError(cause);
}

describe("a compiled procedure", () => {
  it("gives its handler the parsed input, the context, the path and the last event's id", async () => {
    const definition = query({ input: z.string().trim(), output: z.unknown() });
    const { call } = compile(
      ({ input, ctx, path, type, lastEventId }) => ({ input, ctx, path, type, lastEventId }),
      [],
      definition,
    );
    expect(await call({ rawInput: " in ", lastEventId: "7" })).toEqual({
      input: "in",
      ctx: { user: "ana" },
      path: "a.b",
      type: "query",
      lastEventId: "7",
    });
  });

  it("gives what survives being spread, the signal above all", async () => {
    const withUser = (handler: AnyHandler) => (options: object) => handler({ ...options, user: 1 });
    const { call } = compile(
      withUser(({ signal, input, user }) => [signal instanceof AbortSignal, input, user].join()),
    );
    expect(await call()).toBe("true,in,1");
  });

  it("yields what the output schema makes of the handler's result", async () => {
    const definition = query({ output: z.object({ n: z.number().transform(String) }) });
    const { call } = compile(() => ({ n: 1, secret: 2 }), [], definition);
    expect(await call()).toEqual({ n: "1" });
  });

  it("awaits whatever can be awaited, a query builder of a database for one", async () => {
    // biome-ignore lint/suspicious/noThenProperty: that is what makes it one
    const builder = { then: (resolve: (rows: string) => void) => resolve("rows") };
    expect(await compile(() => builder).call()).toBe("rows");
  });

  it("ignores an input that the contract does not name", async () => {
    const { call } = compile(({ input }) => typeof input, [], query({ output: z.string() }));
    expect(await call({ rawInput: { __proto__: null } })).toBe("undefined");
  });

  it("refuses an input that does not fit, with the issues and where they are", async () => {
    const definition = query({
      input: z.object({ lines: z.array(z.object({ sku: z.string() })) }),
      output: z.string(),
    });
    const compiled = compile(() => expect.unreachable(), [], definition);
    const error = await failureOf(compiled, { rawInput: { lines: [{ sku: "a" }, { sku: 5 }] } });
    expect(error).toMatchObject({
      code: "BAD_REQUEST",
      message: expect.stringMatching(/^Invalid input at lines\.1\.sku: /),
      cause: {
        app: { code: "INVALID_INPUT", data: { issues: [{ path: ["lines", 1, "sku"] }] } },
      },
    });
  });

  it("does not answer with an output that does not fit, and keeps to itself what it was", async () => {
    const error = await failureOf(compile(() => ({ password: "hunter2" })));
    expect(error).toMatchObject({ code: "INTERNAL_SERVER_ERROR" });
    expect(error.cause?.message).toMatch(/^The handler's output does not fit the contract: /);
    expect(error.cause?.message).not.toContain("hunter2");
  });

  it("validates the events of a subscription and keeps the ids of tracked ones", async () => {
    const definition = subscription({ output: z.object({ n: z.number() }), tracked: true });
    const { parseEvent } = compile(async function* () {}, [], definition);
    const event = parseEvent(tracked("7", { n: 1, extra: 2 }));
    expect(isTrackedEnvelope(event) && event.slice(0, 2)).toEqual(["7", { n: 1 }]);
    expect(parseEvent({ n: 1, extra: 2 })).toEqual({ n: 1 });
    expect(() => parseEvent(tracked("8", { n: "one" }))).toThrow(TRPCError);
  });

  it("says what a subscription's handler should have been that returns no events", async () => {
    const error = await failureOf(compile(() => 1, [], subscription({ output: z.number() })));
    expect(error.cause?.message).toMatch(/ returns an async iterable: write it `async \*`$/);
  });

  it("validates events whose schema is asynchronous", async () => {
    const output = z.number().refine(async (n) => n > 0);
    const { parseEvent } = compile(async function* () {}, [], subscription({ output }));
    const event = await parseEvent(tracked("7", 1));
    expect(isTrackedEnvelope(event) && event.slice(0, 2)).toEqual(["7", 1]);
    await expect(parseEvent(-1)).rejects.toThrow(TRPCError);
  });
});

describe("declared errors", () => {
  const definition = mutation({
    output: z.string(),
    errors: {
      OUT_OF_STOCK: z.object({ available: z.number() }),
      LENGTH: z.string().transform((value) => value.length),
      BROKEN: z.unknown().refine(() => {
        throw new Error("the schema's own bug");
      }),
    },
  });
  const failing = (code: string, data: unknown) =>
    compile(({ fail }) => Promise.reject(fail(code, data)), [], definition);

  it("travel with what their schemas make of the data", async () => {
    const error = await failureOf(failing("OUT_OF_STOCK", { available: 1, secret: 2 }));
    expect(error).toMatchObject({ code: "UNPROCESSABLE_CONTENT", message: "OUT_OF_STOCK" });
    expect((error.cause as AppFailure).app).toEqual({
      code: "OUT_OF_STOCK",
      data: { available: 1 },
    });
  });

  it("are parsed once, so a transform is not applied to its own result", async () => {
    const error = await failureOf(failing("LENGTH", "four"));
    expect((error.cause as AppFailure).app).toEqual({ code: "LENGTH", data: 4 });
  });

  it("whose data do not fit are bugs", async () => {
    const error = await failureOf(failing("OUT_OF_STOCK", { available: "none" }));
    expect(error).toMatchObject({ code: "INTERNAL_SERVER_ERROR" });
    expect(error.cause?.message).toMatch(/^The data of the error OUT_OF_STOCK does not fit/);
  });

  it("whose schema throws say so by throwing", async () => {
    await expect(failureOf(failing("BROKEN", 1))).rejects.toThrow("the schema's own bug");
  });

  it("have to be declared", async () => {
    expect((await failureOf(failing("GONE", {}))).cause?.message).toBe(
      "Cannot fail with GONE: the contract does not declare it here",
    );
    // Not even those that every object has.
    expect((await failureOf(failing("constructor", {}))).cause).toBeInstanceOf(TypeError);
  });

  it("of another procedure, called inside, pass", async () => {
    const inner = await failureOf(failing("OUT_OF_STOCK", { available: 1 }));
    const error = await failureOf(compile(() => Promise.reject(inner)));
    expect(error).toBe(inner);
  });
});

describe("steps", () => {
  it("run in order before the input is parsed, and see the result on the way back", async () => {
    const story: string[] = [];
    const step =
      (name: string): Parameters<typeof t.middleware>[0] =>
      async ({ next, input }) => {
        story.push(`${name} in ${String(input)}`);
        const result = await next();
        story.push(`${name} out ${result.ok && String(result.data)}`);
        return result;
      };
    const handler: AnyHandler = ({ input }) => {
      story.push("handler");
      return input;
    };
    const { call } = compile(handler, [step("1"), step("2")]);
    expect(await call()).toBe("in");
    expect(story).toEqual(["1 in undefined", "2 in undefined", "handler", "2 out in", "1 out in"]);
  });

  it("add to the context; what they add reaches later steps and the handler, and nobody else", async () => {
    const ctx = { user: "ana" };
    const { call } = compile(
      ({ ctx }) => Object.values(ctx).join(),
      [
        ({ next }) => next({ ctx: { a: 1 } }),
        ({ ctx, next }) => next({ ctx: { b: (ctx as never as { a: number }).a + 1 } }),
        ({ next }) => next(),
      ],
    );
    expect(await call({ ctx })).toBe("ana,1,2");
    expect(ctx).toEqual({ user: "ana" });
  });

  it("know type, path, meta, signal and the place in the frame", async () => {
    const definition = query({ output: z.unknown(), meta: { role: "admin" } });
    const { signal } = new AbortController();
    let seen: object = {};
    const { call } = compile(
      () => 1,
      [
        ({ next, ctx: _ctx, getRawInput: _get, ...rest }) => {
          seen = rest;
          return next();
        },
      ],
      definition,
    );
    await call({ signal, batchIndex: 3 });
    expect(seen).toEqual({
      type: "query",
      path: "a.b",
      meta: { role: "admin" },
      input: undefined,
      batchIndex: 3,
      signal,
    });
  });

  it("do not make a signal by being there", async () => {
    const start = new Call({ type: "query", path: "a", ctx: {}, rawInput: "in" });
    let read = 0;
    Object.defineProperty(start, "signal", { get: () => void read++ });
    const compiled = compile(() => "out", [({ ctx, next }) => next({ ctx })]);
    await compiled.invoke(start);
    expect(read).toBe(0);
  });

  it("see failures as results: of the handler, of schemas, and of steps behind them", async () => {
    const seen: string[] = [];
    const watch: Parameters<typeof t.middleware>[0] = async ({ next }) => {
      const result = await next();
      seen.push(result.ok ? "ok" : result.error.code);
      return result;
    };
    const handler: AnyHandler = ({ input }) => {
      if (input === "bug") throw new Error("bug");
      return input === "lie" ? 5 : input;
    };
    for (const rawInput of ["in", 5, "bug", "lie"]) {
      await compile(handler, [watch])
        .call({ rawInput })
        .catch(() => {});
    }
    const refuse: Parameters<typeof t.middleware>[0] = () => {
      throw new TRPCError({ code: "FORBIDDEN" });
    };
    await compile(handler, [watch, refuse])
      .call()
      .catch(() => {});
    expect(seen).toEqual([
      "ok",
      "BAD_REQUEST",
      "INTERNAL_SERVER_ERROR",
      "INTERNAL_SERVER_ERROR",
      "FORBIDDEN",
    ]);
  });

  it("may turn a failure into a result, and a result into a failure", async () => {
    const recover = async ({ next }: { next: () => Promise<any> }) => {
      const result = await next();
      return result.ok ? result : { ...result, ok: true, data: "recovered" };
    };
    const handler = () => {
      throw new Error("bug");
    };
    expect(await compile(handler, [recover as never]).call()).toBe("recovered");
  });

  it("may run the rest twice", async () => {
    let runs = 0;
    const retry: Parameters<typeof t.middleware>[0] = async ({ next }) => {
      const first = await next();
      return first.ok ? first : next();
    };
    const flaky = () => {
      if (++runs === 1) throw new Error("flaky");
      return "second";
    };
    expect(await compile(flaky, [retry]).call()).toBe("second");
  });

  it("that run the rest at once and twice give each run its own context", async () => {
    const twice: Parameters<typeof t.middleware>[0] = async ({ next }) => {
      const results = await Promise.all([next({ ctx: { n: 1 } }), next({ ctx: { n: 2 } })]);
      const data = results.map((result) => result.ok && result.data).join();
      return { ...results[0], data } as never;
    };
    expect(await compile(({ ctx }) => String(ctx.n), [twice]).call()).toBe("1,2");
  });

  it("may replace the raw input, as often as they like", async () => {
    const step =
      (suffix: string): Parameters<typeof t.middleware>[0] =>
      async ({ next, getRawInput }) => {
        const raw = (await getRawInput()) as string;
        return next({ getRawInput: async () => raw + suffix });
      };
    expect(await compile(({ input }) => input, [step("1"), step("2")]).call()).toBe("in12");
  });

  it.each([undefined, null, "data", {}])("have to return what next gave, not %j", async (given) => {
    const error = await failureOf(compile(() => "out", [async () => given as never]));
    expect(error).toMatchObject({ code: "INTERNAL_SERVER_ERROR" });
    expect(error.cause?.message).toMatch(/^A step has to return what next\(\) gave/);
  });

  it("hold declared errors to their schemas as well", async () => {
    const definition = query({ output: z.string(), errors: { A: z.number() } });
    const step: Parameters<typeof t.middleware>[0] = ({ next }) => next();
    const compiled = compile(({ fail }) => Promise.reject(fail("A", "b")), [step], definition);
    expect(await failureOf(compiled)).toMatchObject({ code: "INTERNAL_SERVER_ERROR" });
  });
});
