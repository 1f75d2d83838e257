/**
 * A service with a handler for everything that hostile calls may aim at: open and narrow schemas,
 * slow and stubborn handlers, large answers, failures of every kind, streams of every policy, and a
 * hand-written tRPC router beside the contract.
 */
import { contract, mutation, query, subscription } from "@tautline/contracts";
import { implement, transformer } from "@tautline/server";
import { initTRPC, TRPCError, tracked } from "@trpc/server";
import { z } from "zod";

const Milliseconds = z.object({ ms: z.number().max(600_000) });
const Upto = z.object({ to: z.number().max(100_000) });

/** The contract. */
export const service = contract({
  /** Takes anything and gives it back: whatever decodes has to encode. */
  echo: query({ input: z.unknown(), output: z.unknown() }),
  add: query({ input: z.object({ a: z.number(), b: z.number() }), output: z.number() }),
  /** Every kind of value that may be annotated. */
  keep: mutation({
    input: z.object({
      at: z.date().optional(),
      big: z.bigint().optional(),
      byName: z.map(z.string(), z.number()).optional(),
      tags: z.set(z.string()).optional(),
      number: z.number().or(z.nan()).optional(),
      link: z.instanceof(URL).optional(),
    }),
    output: z.string(),
  }),
  count: {
    people: query({
      input: z.array(z.object({ name: z.string(), age: z.number() })),
      output: z.int(),
    }),
    keys: query({ input: z.record(z.string(), z.unknown()), output: z.int() }),
  },
  strict: query({ input: z.strictObject({ name: z.string() }), output: z.string() }),
  /** As many letters as asked for: more than a frame may have, too. */
  letters: query({ input: z.object({ count: z.int().max(8_388_608) }), output: z.string() }),
  /** Waits, and ends early when nobody waits for it any more. */
  slow: query({ input: Milliseconds, output: z.string() }),
  /** Takes no input, whatever is sent, and waits for a minute. */
  idle: query({ output: z.string() }),
  /** Waits, whether anybody waits for it or not. */
  stubborn: mutation({ input: Milliseconds, output: z.string() }),
  hurried: query({ output: z.string(), deadlineMs: 20 }),
  /** Answers with as many letters as asked for. */
  print: mutation({ input: z.object({ count: z.int().max(100_000) }), output: z.string() }),
  fails: {
    declared: mutation({ output: z.string(), errors: { TAKEN: z.object({ by: z.string() }) } }),
    forbidden: query({ output: z.string() }),
    bug: query({ output: z.string() }),
    output: query({ output: z.string() }),
  },
  numbers: subscription({ input: Upto, output: z.number() }),
  notes: subscription({ input: Upto, output: z.number(), tracked: true }),
  /** Never ends and never waits, 64 KiB at a time. */
  flood: subscription({ output: z.string() }),
  newest: subscription({ output: z.number(), overflow: "latest" }),
  /** Two hundred events at once: too many for a reader that has credit for 32. */
  strictly: subscription({ output: z.number(), overflow: "cut" }),
  /** One event, then nothing until it is stopped. */
  quiet: subscription({ output: z.number() }),
  breaks: subscription({ output: z.number() }),
});

/** Where handlers note what a test may want to see from outside. */
export interface Stage {
  /** Handlers that run now, streams included. */
  running: number;
  /** How often `print` has run. */
  ran: number;
}

/** What `createContext` makes. */
export interface Context {
  readonly stage: Stage;
}

const page = "x".repeat(65_536);

/** Runs until `ms` have passed; with a signal, until it aborts. */
function wait(stage: Stage, ms: number, signal?: AbortSignal): Promise<string> {
  stage.running++;
  return new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => resolve("waited"), ms);
    const giveUp = () => {
      clearTimeout(timer);
      reject(signal!.reason);
    };
    if (signal?.aborted) giveUp();
    signal?.addEventListener("abort", giveUp);
  }).finally(() => {
    stage.running--;
  });
}

async function* stream<Event>(stage: Stage, events: Iterable<Event> | AsyncIterable<Event>) {
  stage.running++;
  try {
    yield* events;
  } finally {
    stage.running--;
  }
}

function* upTo(to: number) {
  for (let n = 1; n <= to; n++) yield n;
}

function* forever<Event>(event: Event) {
  for (;;) yield event;
}

const contractRouter = implement(service)
  .context<Context>()
  .router({
    echo: ({ input }) => input,
    add: ({ input }) => input.a + input.b,
    keep: ({ input }) => Object.keys(input).join(),
    count: {
      people: ({ input }) => input.length,
      keys: ({ input }) => Object.keys(input).length,
    },
    strict: ({ input }) => input.name,
    letters: ({ input }) => "x".repeat(input.count),
    slow: ({ input, ctx, signal }) => wait(ctx.stage, input.ms, signal),
    idle: ({ ctx, signal }) => wait(ctx.stage, 60_000, signal),
    stubborn: ({ input, ctx }) => wait(ctx.stage, input.ms),
    hurried: ({ ctx, signal }) => wait(ctx.stage, 60_000, signal),
    print({ input, ctx }) {
      ctx.stage.ran++;
      return "x".repeat(input.count);
    },
    fails: {
      declared: ({ fail }) => {
        throw fail("TAKEN", { by: "Ana" });
      },
      forbidden: () => {
        throw new TRPCError({ code: "FORBIDDEN", message: "Admins only" });
      },
      bug: () => {
        throw new Error("The password is hunter2");
      },
      output: () => 5 as unknown as string,
    },
    numbers: ({ input, ctx }) => stream(ctx.stage, upTo(input.to)),
    async *notes({ input, ctx, lastEventId }) {
      const from = Number(lastEventId ?? 0) || 0;
      for await (const n of stream(ctx.stage, upTo(input.to))) {
        if (n > from) yield tracked(String(n), n);
      }
    },
    flood: ({ ctx }) => stream(ctx.stage, forever(page)),
    newest: ({ ctx }) => stream(ctx.stage, forever(1)),
    strictly: ({ ctx }) => stream(ctx.stage, upTo(200)),
    async *quiet({ ctx, signal }) {
      yield 1;
      await wait(ctx.stage, 600_000, signal);
    },
    async *breaks() {
      yield 1;
      throw new Error("The disk is full");
    },
  });

const t = initTRPC.context<Context>().create({ transformer, isDev: false });

/** The same wire, but for what tRPC does by itself: hand-written procedures under `plain`. */
const plain = t.router({
  echo: t.procedure.input((input: unknown) => input).query(({ input }) => input),
  add: t.procedure
    .input(z.object({ a: z.number(), b: z.number() }))
    .query(({ input }) => input.a + input.b),
  people: t.procedure
    .input(z.array(z.object({ name: z.string(), age: z.number() })))
    .query(({ input }) => input.length),
  bug: t.procedure.query((): string => {
    throw new Error("The password is hunter2");
  }),
  numbers: t.procedure.input(Upto).subscription(async function* ({ input }) {
    yield* upTo(input.to);
  }),
});

/** Both. */
export const router = t.mergeRouters(contractRouter, t.router({ plain }));
