/**
 * The application that every pairing serves: an ordinary tRPC router, as one finds it in the wild.
 * The test and its handlers meet on a stage.
 */
import { EventEmitter, on } from "node:events";
import { lastEventIdOf } from "@tautline/server/trpc";
import { initTRPC, TRPCError, tracked } from "@trpc/server";
import { observable } from "@trpc/server/observable";
import superjson from "superjson";
import { z } from "zod";

/** What the test and the handlers know of each other. */
export interface Stage {
  /** What handlers did, in order. */
  readonly story: string[];
  /** Calls of `hold` that run, by their input, and how each is let go. */
  readonly held: Map<string, (value: string) => void>;
  /** Feeds `feed` and `numbered`. */
  readonly events: EventEmitter;
  /** Everything `numbered` can be asked for. */
  readonly log: string[];
}

export const createStage = (): Stage => ({
  story: [],
  held: new Map(),
  events: new EventEmitter().setMaxListeners(0),
  log: [],
});

export interface Context {
  readonly user: string | null;
  readonly stage: Stage;
}

/** Ways to write values, by the name that tests are told apart with. */
export const transformers = { none: undefined, superjson } as const;
export type TransformerName = keyof typeof transformers;

/** Builds the router. Its type says superjson; without it, Dates arrive as strings. */
export function createRouter(name: TransformerName) {
  const t = initTRPC.context<Context>().create({
    transformer: transformers[name] as typeof superjson,
    isDev: false,
    errorFormatter({ shape, error }) {
      if (error.message === "the formatter breaks") throw new Error("the formatter is broken");
      return { ...shape, data: { ...shape.data, note: `formatted ${error.code}` } };
    },
  });
  const { procedure } = t;

  const feeds = {
    /** What is emitted while it listens. */
    feed: procedure.input(z.string()).subscription(async function* ({ input, ctx, signal }) {
      const { story, events } = ctx.stage;
      story.push(`feed ${input}`);
      try {
        for await (const [text] of on(events, input, { signal: signal! })) yield text as string;
      } finally {
        story.push(`fed ${input}`);
      }
    }),
    /** The same in tRPC's older form. */
    watched: procedure.input(z.string()).subscription(({ input, ctx }) =>
      observable<string>((observer) => {
        const { story, events } = ctx.stage;
        const next = (text: string) => observer.next(text);
        const error = (text: string) => observer.error(new Error(text));
        const end = () => observer.complete();
        events.on(input, next).on(`${input} error`, error).on(`${input} end`, end);
        story.push(`watch ${input}`);
        return () => {
          events.off(input, next).off(`${input} error`, error).off(`${input} end`, end);
          story.push(`watched ${input}`);
        };
      }),
    ),
    count: procedure.input(z.object({ to: z.number() })).subscription(async function* ({ input }) {
      for (let n = 1; n <= input.to; n++) yield n;
    }),
    /** Half a thousand large events, as fast as they are taken. */
    flood: procedure.subscription(async function* ({ ctx }) {
      for (let n = 0; n < 500; n++) {
        ctx.stage.story.push("pulled");
        yield "x".repeat(65_536);
      }
    }),
    /** Everything in the log, then what is added to it; goes on after an id. */
    numbered: procedure
      .input(z.object({ lastEventId: z.string().optional() }).optional())
      .subscription(({ input, ctx, signal }) => follow(ctx.stage, input?.lastEventId, signal!)),
    /** The same, for inputs of all kinds. */
    resume: t.router({
      text: procedure
        .input(z.string())
        .subscription(({ ctx, signal }) => follow(ctx.stage, lastEventIdOf(signal), signal!)),
      list: procedure
        .input(z.array(z.number()))
        .subscription(({ ctx, signal }) => follow(ctx.stage, lastEventIdOf(signal), signal!)),
      strict: procedure
        .input(z.strictObject({ room: z.string() }))
        .subscription(({ ctx, signal }) => follow(ctx.stage, lastEventIdOf(signal), signal!)),
      nothing: procedure.subscription(({ ctx, signal }) =>
        follow(ctx.stage, lastEventIdOf(signal), signal!),
      ),
      optional: procedure
        .input(z.string().optional())
        .subscription(({ ctx, signal }) => follow(ctx.stage, lastEventIdOf(signal), signal!)),
    }),
    failing: t.router({
      atOnce: procedure.subscription((): AsyncIterable<number> => {
        throw new TRPCError({ code: "FORBIDDEN", message: "not this one" });
      }),
      beforeTheFirst: procedure.subscription(async function* (): AsyncGenerator<number> {
        yield* []; // a generator all the same
        throw new TRPCError({ code: "CONFLICT", message: "before the first" });
      }),
      between: procedure.subscription(async function* ({ ctx }) {
        try {
          yield 1;
          throw new TRPCError({ code: "CONFLICT", message: "after the first" });
        } finally {
          ctx.stage.story.push("cleaned up");
        }
      }),
      nothing: procedure.subscription((() => 7) as unknown as () => AsyncIterable<number>),
      unsendable: procedure.subscription(async function* () {
        yield 1;
        yield unsendable();
      }),
      cleanUp: procedure.subscription(async function* ({ signal }) {
        try {
          yield 1;
          await new Promise((resolve) => signal!.addEventListener("abort", resolve));
        } finally {
          // biome-ignore lint/correctness/noUnsafeFinally: a handler's bug, which is the point
          throw new Error("the clean-up broke");
        }
      }),
    }),
  };

  return t.router({
    ...feeds,
    greet: procedure.input(z.string().nullish()).query(({ input }) => `Hello ${input ?? "world"}`),
    whoami: procedure.query(({ ctx }) => ctx.user),
    nothing: procedure.query(() => {}),
    nextDay: procedure
      .input(z.object({ at: z.coerce.date() }))
      .query(({ input: { at } }) => ({ at: new Date(at.getTime() + 86_400_000) })),
    echo: procedure.input(z.any()).query(({ input }) => input as unknown),
    add: procedure.input(z.string()).mutation(({ input, ctx }) => {
      ctx.stage.story.push(`add ${input}`);
      return ctx.stage.story.filter((line) => line.startsWith("add")).length;
    }),
    hold: procedure
      .input(z.string())
      .query(({ input, ctx, signal }) => hold(ctx.stage, input, signal!)),
    change: procedure
      .input(z.string())
      .mutation(({ input, ctx, signal }) => hold(ctx.stage, input, signal!)),
    batchIndex: procedure
      .use(({ next, ctx, batchIndex }) => next({ ctx: { ...ctx, batchIndex } }))
      .query(({ ctx }) => ctx.batchIndex),
    fail: t.router({
      forbidden: procedure.query(() => {
        throw new TRPCError({ code: "FORBIDDEN", message: "not you" });
      }),
      bug: procedure.query(() => {
        throw new Error("connect ECONNREFUSED");
      }),
      text: procedure.query(() => {
        throw "just a text";
      }),
      formatter: procedure.query(() => {
        throw new Error("the formatter breaks");
      }),
      input: procedure.input(z.object({ n: z.number() })).query(() => 1),
      output: procedure.output(z.string()).query((() => 7) as never),
      step: procedure
        .use(() => {
          throw new TRPCError({ code: "UNAUTHORIZED", message: "no further" });
        })
        .query(() => 1),
      unsendable: procedure.query(unsendable),
      stream: procedure.query(async function* () {
        yield 1;
      }),
      own: procedure
        .errors(({ error, shape }) =>
          error.code === "CONFLICT"
            ? { ...shape, data: { ...shape.data, taken: { by: "Ana" } } }
            : undefined,
        )
        .mutation(() => {
          throw new TRPCError({ code: "CONFLICT", message: "taken" });
        }),
    }),
  });
}

export type AppRouter = ReturnType<typeof createRouter>;

function hold({ story, held }: Stage, name: string, signal: AbortSignal) {
  story.push(`hold ${name}`);
  return new Promise<string>((resolve, reject) => {
    held.set(name, resolve);
    signal.addEventListener("abort", () => {
      story.push(`abort ${name}`);
      reject(signal.reason);
    });
  });
}

async function* follow(
  { log, events, story }: Stage,
  after: string | undefined,
  signal: AbortSignal,
) {
  story.push(`after ${after ?? "nothing"}`);
  const added = on(events, "log", { signal });
  const from = log.length;
  for (let at = Number(after ?? 0); at < from; at++) yield tracked(String(at + 1), log[at]!);
  for await (const [at] of added) {
    if (at >= from) yield tracked(String(at + 1), log[at]!);
  }
}

/** Adds to the log, and tells those who follow it. */
export function write({ log, events }: Stage, ...texts: string[]) {
  for (const text of texts) {
    log.push(text);
    events.emit("log", log.length - 1);
  }
}

/** A value that neither JSON nor superjson can write. */
function unsendable(): number {
  return {
    toJSON() {
      throw new Error("can not be sent");
    },
  } as unknown as number;
}
