/** `implement`: handlers are held to the contract, each in its own place. */

import { contract, mutation, query, type RouterOf, subscription } from "@tautline/contracts";
import { implement, TRPCError, tracked } from "@tautline/server";
import { createTRPCClient } from "@trpc/client";
import type { inferRouterContext } from "@trpc/server";
import * as z from "zod";
import { type Equal, holds } from "./equal.js";
import { app, type Incident } from "./sample.js";

interface Ctx {
  readonly user: { readonly name: string } | undefined;
}

declare const incident: Incident;
const start = implement(app).context<Ctx>();

const incidents = {
  list: () => ({ items: [incident] }),
  newest: () => null,
  acknowledge: () => incident,
  async *changes() {
    yield tracked("1", incident);
  },
};
const rest = {
  async *load() {
    yield { at: new Date(), perSecond: 1 };
  },
  rename: () => ({ renamedAt: new Date() }),
};
const now = () => new Date();

// ---- what compiles ----------------------------------------------------------------------------

const router = start.router({
  now,
  incident: {
    list({ input, ctx, signal, path, fail }) {
      holds<Equal<typeof input, { limit: number; cursor?: string | undefined }>>();
      holds<Equal<typeof ctx.user, Ctx["user"]>>();
      holds<Equal<typeof signal, AbortSignal>>();
      holds<Equal<typeof path, string>>();
      if (input.limit > 100) throw fail("TOO_BROAD", { matches: input.limit });
      return { items: [incident] };
    },
    newest: async ({ input }) => {
      holds<Equal<typeof input, string | undefined>>();
      return null;
    },
    acknowledge: async ({ input, fail }) => {
      if (input.id === "") throw fail("NO_SUCH_INCIDENT", { id: input.id });
      throw fail("ALREADY_ACKNOWLEDGED", { by: "Ana", at: new Date() });
    },
    async *changes({ input, lastEventId, signal }) {
      holds<Equal<typeof lastEventId, string | undefined>>();
      while (!signal.aborted) yield tracked(input.id, incident);
    },
  },
  async *load() {
    yield { at: new Date(), perSecond: 1 };
  },
  rename({ input }) {
    // The default of the other library's schema is filled in.
    holds<Equal<typeof input, { id: string; title: string }>>();
    return { renamedAt: new Date() };
  },
});
holds<Equal<typeof router, RouterOf<typeof app, Ctx>>>();
holds<Equal<inferRouterContext<typeof router>, Ctx>>();
// An ordinary tRPC router: a caller, and a stock client.
router
  .createCaller({ user: undefined })
  .incident.acknowledge({ id: "i1" }) satisfies Promise<Incident>;
createTRPCClient<typeof router>({ links: [] });

// Handlers may live in files of their own.
start.router({ now, incident: incidents, ...rest });

// Steps add to the context and take away from its doubts.
start
  .use(({ ctx, next }) => {
    if (ctx.user === undefined) throw new TRPCError({ code: "UNAUTHORIZED" });
    return next({ ctx: { user: ctx.user, startedAt: new Date() } });
  })
  .use(({ ctx, next }) => next({ ctx: { took: Date.now() - ctx.startedAt.getTime() } }))
  .router({
    now({ ctx }) {
      holds<Equal<typeof ctx.user, { readonly name: string }>>();
      holds<Equal<typeof ctx.took, number>>();
      return ctx.startedAt;
    },
    incident: incidents,
    ...rest,
  });

// A contract written in place says what it says in a variable.
implement(
  contract({
    now: query({ output: z.date() }),
    deep: {
      change: mutation({ input: z.object({ n: z.number() }), output: z.number() }),
      ticks: subscription({ output: z.number() }),
    },
  }),
).router({
  now({ input, fail }) {
    holds<Equal<typeof input, undefined>>();
    holds<Equal<Parameters<typeof fail>[0], never>>();
    return new Date();
  },
  deep: {
    change({ input }) {
      holds<Equal<typeof input, { n: number }>>();
      return input.n;
    },
    async *ticks({ input }) {
      holds<Equal<typeof input, undefined>>();
      yield 1;
    },
  },
}) satisfies { createCaller(ctx: object): { now(): Promise<Date> } };

// ---- what does not ----------------------------------------------------------------------------

start.router({
  now,
  // @ts-expect-error a handler is missing
  incident: { list: incidents.list, newest: incidents.newest, changes: incidents.changes },
  ...rest,
});
// @ts-expect-error a whole record is missing
start.router({ now, ...rest });
start.router({
  // @ts-expect-error a misspelt handler
  nwo: now,
  incident: incidents,
  ...rest,
});
start.router({
  now,
  incident: {
    ...incidents,
    // @ts-expect-error a handler that the contract does not know
    remove: () => incident,
  },
  ...rest,
});
start.router({
  // @ts-expect-error a wrong output
  now: () => "today",
  incident: incidents,
  ...rest,
});
start.router({
  // @ts-expect-error a wrong output, later
  now: async () => 5,
  incident: {
    ...incidents,
    // @ts-expect-error an output without some of its keys
    acknowledge: () => ({ id: "i1", title: "Disk full" }),
  },
  ...rest,
});
start.router({
  // @ts-expect-error a handler is a function
  now: new Date(),
  incident: incidents,
  ...rest,
});
start.router({
  now({ input, ctx }) {
    // @ts-expect-error there is no input
    input.zone;
    // @ts-expect-error createContext makes no such thing
    ctx.database;
    // @ts-expect-error nobody may be signed in: no step has made sure
    ctx.user.name;
    return new Date();
  },
  incident: {
    ...incidents,
    acknowledge({ input, fail }) {
      // @ts-expect-error the input has no such key
      input.title;
      // @ts-expect-error a note may be missing
      input.note.length;
      // @ts-expect-error declared by another procedure
      if (input.id === "a") throw fail("TOO_BROAD", { matches: 1 });
      // @ts-expect-error Tautline's own codes are not the handler's to send
      if (input.id === "b") throw fail("OUTCOME_UNKNOWN", undefined);
      // @ts-expect-error wrong data for the code
      if (input.id === "c") throw fail("ALREADY_ACKNOWLEDGED", { id: "i1" });
      // @ts-expect-error data of a wrong type
      if (input.id === "d") throw fail("ALREADY_ACKNOWLEDGED", { by: "Ana", at: "now" });
      // @ts-expect-error the data is missing
      if (input.id === "e") throw fail("NO_SUCH_INCIDENT");
      return incident;
    },
    // @ts-expect-error a tracked subscription yields tracked(id, data), not the data itself
    async *changes() {
      yield incident;
    },
  },
  // @ts-expect-error an untracked one has no ids to give
  async *load({ lastEventId }) {
    yield { at: new Date(), perSecond: Number(lastEventId) };
  },
  rename: rest.rename,
});
start.router({
  now,
  incident: incidents,
  ...rest,
  // @ts-expect-error a subscription yields: it does not answer once
  load: () => ({ at: new Date(), perSecond: 1 }),
});
start.router({
  now,
  incident: incidents,
  ...rest,
  // @ts-expect-error an untracked subscription yields the data itself
  async *load() {
    yield tracked("1", { at: new Date(), perSecond: 1 });
  },
});
start.use(({ ctx, next }) => {
  // @ts-expect-error the context has no such thing
  ctx.database;
  return next();
});
// @ts-expect-error a step returns what `next` gave
start.use(() => "done");
// @ts-expect-error a context is an object
implement(app).context<string>();
// @ts-expect-error a contract is implemented, not a router
implement(router);
