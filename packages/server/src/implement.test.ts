import { clientCall, contract, mutation, query, subscription, topic } from "@tautline/contracts";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { contractOf, implement } from "./implement.js";
import { createServer } from "./server.js";
import { initTRPC, TRPCError, tracked } from "./trpc.js";

const text = query({ output: z.string() });
const lookedUp = mutation({ output: z.string(), repeat: "lookup" });
// Past the compiler, as JavaScript would call it.
const implementAny = (definition: object, handlers: unknown) =>
  implement(definition as never).router(handlers as never);

describe("implement", () => {
  it.each<[string, object, unknown, string]>([
    ["a missing handler", { a: text }, {}, 'Cannot implement "a": its handler is missing'],
    [
      "no handlers",
      { a: { b: text } },
      undefined,
      'Cannot implement "a.b": its handler is missing',
    ],
    [
      "a missing handler below",
      { a: { b: text } },
      { a: {} },
      'Cannot implement "a.b": its handler is missing',
    ],
    [
      "a handler that is no function",
      { a: text },
      { a: "text" },
      'Cannot implement "a": its handler has to be a function',
    ],
    [
      "a lookup that is missing",
      { a: lookedUp },
      { a: () => "" },
      'Cannot implement "a": its handler has to be { run, lookup }, with two functions',
    ],
    [
      "a lookup that nobody asks for",
      { a: text },
      { a: { run: () => "", lookup: () => undefined } },
      'Cannot implement "a": its handler has to be a function',
    ],
    [
      "a handler too many",
      { a: { b: text } },
      { a: { b: () => "", c: () => "" } },
      'Cannot implement "a.c": the contract has no such name',
    ],
    [
      "a topic",
      { t: topic({ data: z.string() }) },
      {},
      'Cannot implement the topic "t": this version serves queries, mutations and subscriptions',
    ],
    [
      "a client call",
      { a: { c: clientCall({ output: z.string() }) } },
      {},
      'Cannot implement the client call "a.c": this version serves queries, mutations and subscriptions',
    ],
  ])("says at start what is wrong with %s", (_what, definition, handlers, message) => {
    expect(() => implementAny(definition, handlers)).toThrow(new TypeError(message));
  });

  it("knows the contract of the routers it built, and of no other", () => {
    const definition = contract({ a: text });
    expect(contractOf(implement(definition).router({ a: () => "" }))).toBe(definition);
    expect(contractOf(initTRPC.create().router({}))).toBeUndefined();
  });

  it("gives each builder its own steps", async () => {
    const definition = contract({ a: text });
    const base = implement(definition).context<{ trail: string }>();
    const add =
      (name: string) =>
      ({ ctx, next }: any) =>
        next({ ctx: { trail: ctx.trail + name } });
    const one = base.use(add("1"));
    const [both, other] = [one.use(add("2")), one.use(add("3"))];
    const trailOf = (builder: any) =>
      builder
        .router({ a: ({ ctx }: any) => ctx.trail })
        .createCaller({ trail: "" })
        .a();
    expect(await Promise.all([base, one, both, other].map(trailOf))).toEqual(["", "1", "12", "13"]);
  });

  it("takes middleware that tRPC built, piped ones too", async () => {
    const t = initTRPC.context<{ user: string }>().create();
    const middleware = t
      .middleware(({ next }) => next({ ctx: { a: 1 } }))
      .unstable_pipe(({ ctx, next }) => next({ ctx: { b: ctx.a + 1 } }));
    const router = implement(contract({ a: text }))
      .context<{ user: string }>()
      .use(middleware)
      .router({ a: ({ ctx }) => `${ctx.user} ${ctx.a} ${ctx.b}` });
    expect(await router.createCaller({ user: "ana" }).a()).toBe("ana 1 2");
  });

  it("hands on a declared error of a procedure that was called inside, parsed once", async () => {
    const SHUT = z.object({ until: z.string().transform((text) => text.length) });
    const definition = query({ output: z.string(), errors: { SHUT } });
    const inner = implement({ a: definition }).router({
      a({ fail }) {
        throw fail("SHUT", { until: "noon" });
      },
    });
    const outer = implement({ a: definition }).router({ a: () => inner.createCaller({}).a() });
    await expect(outer.createCaller({}).a()).rejects.toMatchObject({
      code: "UNPROCESSABLE_CONTENT",
      cause: { app: { code: "SHUT", data: { until: 4 } } },
    });
  });

  it("tells a caller of declared errors, parsed once", async () => {
    const errors = { LENGTH: z.string().transform((value) => value.length) };
    const definition = contract({ a: mutation({ output: z.string(), errors }) });
    const router = implement(definition).router({
      a: ({ fail }) => {
        throw fail("LENGTH", "four");
      },
    });
    const error = await router
      .createCaller({})
      .a()
      .catch((cause) => cause);
    expect(error).toBeInstanceOf(TRPCError);
    expect(error).toMatchObject({ message: "LENGTH", cause: { app: { code: "LENGTH", data: 4 } } });
  });

  it("validates the events that a caller reads, and their failures", async () => {
    const errors = { LENGTH: z.string().transform((value) => value.length) };
    const definition = contract({
      feed: subscription({ output: z.object({ n: z.number() }), errors }),
      wrong: subscription({ output: z.number() }),
    });
    let ended = 0;
    const router = implement(definition).router({
      async *feed({ fail }) {
        yield { n: 1, extra: 2 } as never;
        throw fail("LENGTH", "four");
      },
      async *wrong() {
        try {
          yield "one" as never;
        } finally {
          ended++;
        }
      },
    });
    const api = router.createCaller({});
    const events: unknown[] = [];
    const read = async () => {
      for await (const event of await api.feed()) events.push(event);
    };
    await expect(read()).rejects.toMatchObject({ cause: { app: { code: "LENGTH", data: 4 } } });
    expect(events).toEqual([{ n: 1 }]);
    await expect(async () => {
      for await (const _ of await api.wrong());
    }).rejects.toMatchObject({ code: "INTERNAL_SERVER_ERROR" });
    expect(ended).toBe(1);
  });
});

describe("lastEventId, which tRPC's own adapters put into the input,", () => {
  const Event = z.unknown();
  const follow = (input?: z.ZodType) => subscription({ input, output: Event, tracked: true });
  const definition = contract({
    nothing: follow(),
    strict: follow(z.strictObject({ team: z.string() })),
    optional: follow(z.object({ team: z.string() }).optional()),
    named: follow(z.object({ lastEventId: z.string().optional() })),
    text: follow(z.string()),
    list: follow(z.array(z.string())),
    plain: subscription({ input: z.looseObject({}), output: Event }),
  });
  const tell = async function* ({ input, lastEventId }: any) {
    yield tracked("1", { input, lastEventId });
  };
  const router = implement(definition).router({
    nothing: tell,
    strict: tell,
    optional: tell,
    named: tell,
    text: tell,
    list: tell,
    plain: tell,
  } as never);

  it.each<[string, string, unknown, object]>([
    ["reaches a handler without input", "nothing", { lastEventId: "7" }, { lastEventId: "7" }],
    [
      "never reaches a strict schema",
      "strict",
      { team: "a", lastEventId: "7" },
      { input: { team: "a" }, lastEventId: "7" },
    ],
    ["leaves an optional input out", "optional", { lastEventId: "7" }, { lastEventId: "7" }],
    [
      "stays with an optional input's rest",
      "optional",
      { team: "a", lastEventId: "7" },
      { input: { team: "a" }, lastEventId: "7" },
    ],
    [
      "reaches a schema that names it as well",
      "named",
      { lastEventId: "7" },
      { input: { lastEventId: "7" }, lastEventId: "7" },
    ],
    ["is not looked for in a text", "text", "7", { input: "7" }],
    ["is not looked for in a list", "list", ["7"], { input: ["7"] }],
    [
      "that is no text is input like any other",
      "named",
      { lastEventId: undefined },
      { input: { lastEventId: undefined } },
    ],
    [
      "is input like any other where nothing is tracked",
      "plain",
      { lastEventId: "7" },
      { input: { lastEventId: "7" } },
    ],
  ])("%s", async (_sentence, name, input, expected) => {
    const api = router.createCaller({}) as any;
    for await (const [, data] of await api[name](input)) {
      expect(data).toEqual({ input: undefined, lastEventId: undefined, ...expected });
    }
    expect.assertions(1);
  });
});

describe("createServer", () => {
  it.each<[string, unknown]>([
    ["a contract", contract({ a: text })],
    ["what implement returns, without handlers", implement(contract({ a: text }))],
    ["nothing", undefined],
  ])("says what it takes when it is given %s", (_what, router) => {
    expect(() => createServer({ router: router as never })).toThrow(
      "Cannot serve this as a router: it takes what implement(contract).router(handlers) returns",
    );
  });
});
