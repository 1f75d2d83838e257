/**
 * One service, written twice: as a contract with its handlers, and as a tRPC router by hand. The
 * two have to behave alike on the wire, so `lanes.test.ts` is one suite for both.
 */
import { contract, mutation, query, subscription } from "@tautline/contracts";
import { implement, transformer } from "@tautline/server";
import { initTRPC, lazy, TRPCError, tracked } from "@trpc/server";
import { z } from "zod";

/** What the test and the handlers know of each other. */
export interface Stage {
  /** Calls of `wait` that run, and how each is let go. */
  readonly waiting: { readonly signal: AbortSignal; finish(value: string): void }[];
  /** What handlers did, in order. */
  readonly story: string[];
}

export const createStage = (): Stage => ({ waiting: [], story: [] });

export interface Context {
  readonly user: string;
  readonly stage: Stage;
}

const Named = z.object({ name: z.string().min(1) });
const Dated = z.object({ at: z.date(), tags: z.set(z.string()).optional() });
const Upto = z.object({ to: z.number() });
const Note = z.object({ n: z.number(), at: z.date() });
const Taken = z.object({ by: z.string(), at: z.date() });

export const service = contract({
  greet: query({ input: Named, output: z.string() }),
  nextDay: query({ input: Dated, output: Dated }),
  maybe: query({ input: z.string().optional(), output: z.string().optional() }),
  forget: mutation({ output: z.void() }),
  whoami: query({ output: z.string() }),
  wait: query({ input: z.string(), output: z.string() }),
  work: mutation({ input: z.string(), output: z.string() }),
  post: {
    comment: { add: mutation({ input: Named, output: z.string() }) },
  },
  fail: {
    declared: mutation({ output: z.string(), errors: { TAKEN: Taken } }),
    forbidden: query({ output: z.string() }),
    bug: query({ output: z.string() }),
    nonsense: query({ output: z.any() }),
  },
  count: subscription({ input: Upto, output: z.number() }),
  notes: subscription({ input: z.object({ to: z.number() }), output: Note, tracked: true }),
  forever: subscription({ output: z.number() }),
  failing: {
    before: subscription({ output: z.number() }),
    during: subscription({ output: z.number(), errors: { TAKEN: Taken } }),
    bug: subscription({ output: z.number() }),
  },
});

const taken = { by: "Ana", at: new Date(5) };

function greet({ input }: { input: { name: string } }) {
  return `Hello ${input.name}`;
}

function nextDay({ input: { at, tags } }: { input: z.output<typeof Dated> }) {
  return { at: new Date(at.getTime() + 86_400_000), ...(tags && { tags }) };
}

function wait({ ctx, input, signal }: { ctx: Context; input: string; signal: AbortSignal }) {
  return new Promise<string>((resolve, reject) => {
    ctx.stage.story.push(`start ${input}`);
    ctx.stage.waiting.push({ signal, finish: resolve });
    signal.addEventListener("abort", () => {
      ctx.stage.story.push(`abort ${input}`);
      reject(signal.reason);
    });
  });
}

async function* count({ input }: { input: { to: number } }) {
  for (let n = 1; n <= input.to; n++) yield n;
}

async function* notes(to: number, lastEventId: string | undefined) {
  for (let n = Number(lastEventId ?? 0) + 1; n <= to; n++) {
    yield tracked(String(n), { n, at: new Date(n) });
  }
}

async function* forever({ ctx, signal }: { ctx: Context; signal: AbortSignal }) {
  ctx.stage.story.push("start");
  try {
    yield 1;
    await new Promise((_, reject) => {
      if (signal.aborted) reject(signal.reason);
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  } finally {
    ctx.stage.story.push("end");
  }
}

function bug(): never {
  throw new Error("connect ECONNREFUSED db.internal:5432");
}

function forbidden(): never {
  throw new TRPCError({ code: "FORBIDDEN", message: "Admins only" });
}

/** The contract's own router. */
export const contractRouter = implement(service)
  .context<Context>()
  .use(({ ctx, next, path }) => {
    ctx.stage.story.push(path);
    if (ctx.user === "nobody") throw new TRPCError({ code: "UNAUTHORIZED", message: "Who?" });
    return next({ ctx: { trail: `via step` } });
  })
  .router({
    greet,
    nextDay,
    maybe: ({ input }) => input,
    forget: () => {},
    whoami: ({ ctx }) => `${ctx.user} ${ctx.trail}`,
    wait,
    work: wait,
    post: { comment: { add: greet } },
    fail: {
      declared: ({ fail }) => {
        throw fail("TAKEN", taken);
      },
      forbidden,
      bug,
      nonsense: () => nonsense(),
    },
    count,
    notes: ({ input, lastEventId }) => notes(input.to, lastEventId),
    forever,
    failing: {
      before: forbidden,
      async *during({ fail }) {
        yield 1;
        throw fail("TAKEN", taken);
      },
      async *bug() {
        yield 1;
        bug();
      },
    },
  });

/** A value that refuses to be encoded. */
function nonsense() {
  return {
    toJSON: () => {
      throw new Error("Cannot be sent");
    },
  };
}

const t = initTRPC.context<Context>().create({ transformer, isDev: false });
const procedure = t.procedure.use(({ ctx, next, path }) => {
  ctx.stage.story.push(path);
  if (ctx.user === "nobody") throw new TRPCError({ code: "UNAUTHORIZED", message: "Who?" });
  return next({ ctx: { trail: `via step` } });
});
const declaring = procedure.errors(({ error, shape }) =>
  error.message === "TAKEN"
    ? { ...shape, data: { ...shape.data, app: { code: "TAKEN", data: taken } } }
    : undefined,
);
const throwTaken = (): never => {
  throw new TRPCError({ code: "UNPROCESSABLE_CONTENT", message: "TAKEN" });
};
/** tRPC says that the signal may be missing; over a line it never is. */
const withSignal = <Options extends { readonly signal: AbortSignal | undefined }>(
  options: Options,
) => options as Options & { readonly signal: AbortSignal };

/** The same by hand. */
export const trpcRouter = t.router({
  greet: procedure.input(Named).output(z.string()).query(greet),
  nextDay: procedure.input(Dated).query(nextDay),
  maybe: procedure.input(z.string().optional()).query(({ input }) => input),
  forget: procedure.mutation(() => {}),
  whoami: procedure.query(({ ctx }) => `${ctx.user} ${ctx.trail}`),
  wait: procedure.input(z.string()).query((options) => wait(withSignal(options))),
  work: procedure.input(z.string()).mutation((options) => wait(withSignal(options))),
  post: { comment: { add: procedure.input(Named).mutation(greet) } },
  fail: {
    declared: declaring.mutation(throwTaken),
    forbidden: procedure.query(forbidden),
    bug: procedure.query(bug),
    nonsense: procedure.query(() => nonsense()),
  },
  count: procedure.input(Upto).subscription(count),
  notes: procedure
    .input(z.object({ to: z.number(), lastEventId: z.string().optional() }))
    .subscription(({ input }) => notes(input.to, input.lastEventId)),
  forever: procedure.subscription((options) => forever(withSignal(options))),
  failing: {
    before: procedure.subscription((): AsyncIterable<number> => forbidden()),
    during: declaring.subscription(async function* () {
      yield 1;
      throwTaken();
    }),
    bug: procedure.subscription(async function* () {
      yield 1;
      bug();
    }),
  },
});

/** Either of them. */
export type ServiceRouter = typeof trpcRouter;

/** The router among others: merged with them, nested in one, and loaded by one on first use. */
export function amongOthers(router: ServiceRouter) {
  return t.mergeRouters(
    t.router({ version: t.procedure.query(() => "1.0") }),
    t.router({ nested: { deep: router } }),
    t.router({ later: lazy(async () => router) }),
    router,
  );
}
