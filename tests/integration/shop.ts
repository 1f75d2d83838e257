/**
 * A shop whose mutations are recorded: real servers that may be replaced, and real clients of some
 * users, over a network in memory and a clock moved by hand.
 */
import { type Client, connectionOf, createClient, withContract } from "@tautline/client";
import { contract, mutation } from "@tautline/contracts";
import {
  createServer,
  type Found,
  implement,
  type OpeningRequest,
  type ServerOptions,
  TRPCError,
} from "@tautline/server";
import { createManualClock, createMemoryNetwork, settled } from "@tautline/testing";
import type { AnyTRPCRouter } from "@trpc/server";
import { z } from "zod";

const Order = z.object({ order: z.string().min(1) });
const Paid = z.object({ n: z.number(), at: z.date() });

export const shop = contract({
  /** Pays at once. */
  pay: mutation({
    input: Order,
    output: Paid,
    errors: { DECLINED: z.object({ by: z.string(), at: z.date() }) },
  }),
  /** Pays when the test lets it, unless it is given up. */
  slow: mutation({ input: Order, output: z.string() }),
  /** The same, and paying twice does no harm. */
  again: mutation({ input: Order, output: z.string(), repeat: "safe" }),
  /** The same, and the books tell whether it was paid. */
  booked: mutation({
    input: Order,
    output: z.string().optional(),
    errors: { DECLINED: z.object({ by: z.string() }) },
    repeat: "lookup",
  }),
  /** The same, and does not listen to its signal. */
  stubborn: mutation({ input: Order, output: z.string() }),
  /** Answers with so many letters. */
  print: mutation({ input: z.number(), output: z.string() }),
  break: mutation({ output: z.string() }),
  hurried: mutation({ input: Order, output: z.string(), deadlineMs: 1_000 }),
});

/** A handler that waits for the test. */
export interface Waiting {
  readonly order: string;
  finish(value: string): void;
}

/** What the handlers and the test know of each other. */
export class Stage {
  /** What ran, in order: the procedure and its order. */
  readonly ran: string[] = [];
  readonly waiting: Waiting[] = [];
  /** What the books hold, by user and key: asked by `booked`'s lookup. */
  readonly books = new Map<string, Found<string | undefined>>();
  /** What was looked up, in order. */
  readonly lookups: (string | undefined)[] = [];
  /** What a lookup throws. */
  lookupFails: Error | undefined;

  wait(order: string, signal?: AbortSignal): Promise<string> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ order, finish: resolve });
      signal?.addEventListener("abort", () => reject(signal.reason));
    });
  }
}

/** What `createContext` makes. */
export interface ShopContext {
  readonly user: string;
  readonly stage: Stage;
}

/** The handlers of {@link shop}. */
export const shopRouter = implement(shop)
  .context<ShopContext>()
  .use(({ ctx, next }) => next({ ctx: { name: ctx.user.toUpperCase() } }))
  .router({
    pay({ input: { order }, ctx: { stage }, fail }) {
      stage.ran.push(`pay ${order}`);
      if (order === "dear") throw fail("DECLINED", { by: "bank", at: new Date(5) });
      return { n: stage.ran.length, at: new Date(7) };
    },
    slow({ input: { order }, ctx: { stage }, signal }) {
      stage.ran.push(`slow ${order}`);
      return stage.wait(order, signal);
    },
    again({ input: { order }, ctx: { stage }, signal }) {
      stage.ran.push(`again ${order}`);
      return stage.wait(order, signal);
    },
    booked: {
      run({ input: { order }, ctx: { stage, name }, key, signal, fail }) {
        stage.ran.push(`booked ${order} of ${name} as ${key}`);
        if (order === "dear") throw fail("DECLINED", { by: "bank" });
        return stage.wait(order, signal);
      },
      async lookup({ input: { order }, ctx: { stage, name, user }, key, signal }) {
        stage.lookups.push(`${order} of ${name} as ${key}`);
        if (stage.lookupFails !== undefined) throw stage.lookupFails;
        if (order === "late") await stage.wait("lookup", signal);
        return stage.books.get(`${user} ${key}`);
      },
    },
    stubborn({ input: { order }, ctx: { stage } }) {
      stage.ran.push(`stubborn ${order}`);
      return stage.wait(order);
    },
    print({ input, ctx: { stage } }) {
      stage.ran.push("print");
      return "x".repeat(input);
    },
    break({ ctx: { stage } }): never {
      stage.ran.push("break");
      throw new TRPCError({ code: "NOT_FOUND", message: "No such order" });
    },
    hurried({ input: { order }, ctx: { stage }, signal }) {
      stage.ran.push(`hurried ${order}`);
      return stage.wait(order, signal);
    },
  });

/** What is started here ends with its test. */
const started: AsyncDisposable[] = [];

/** To be called after each test. */
export async function endAll() {
  for (const one of started.splice(0)) await one[Symbol.asyncDispose]();
}

/** How a server of the shop is started. */
export type Serving = Partial<ServerOptions<{ userId: string }>> & {
  /** @default shopRouter */
  readonly router?: AnyTRPCRouter;
};

/** Starts a server, and gives the hands to replace it and to make clients. */
export function startShop(options: Serving = {}) {
  const clock = createManualClock();
  const network = createMemoryNetwork({ clock });
  const stage = new Stage();
  const warnings: { readonly fields: any; readonly message: string }[] = [];
  const warn = (fields: object, message: string) => void warnings.push({ fields, message });
  const logger = { debug() {}, info() {}, warn, error: warn };

  function serve({ router = shopRouter, ...more }: Serving) {
    const server = createServer({
      authenticate: ({ credentials }: OpeningRequest) => ({
        userId: credentials?.user ?? "nobody",
      }),
      createContext: ({ principal }: any) => ({ user: principal.userId, stage }),
      clock,
      logger,
      session: { graceMs: 1_000 },
      router,
      ...more,
    } as never);
    const stop = network.listen((socket, { protocols }) => {
      server.serve(socket, { dialect: "full" });
      return { protocol: protocols[0] ?? "" };
    });
    return { server, stop };
  }
  let serving = serve(options);

  /** Lets time pass, in steps in which everything that is ready happens. */
  async function pass(ms: number, stepMs = 100) {
    await settled();
    for (let passed = 0; passed < ms; passed += stepMs) {
      clock.advance(stepMs);
      await settled();
    }
  }

  const shopOf = {
    clock,
    network,
    stage,
    warnings,
    pass,
    get server() {
      return serving.server;
    },
    /** A client of one user; two of them are two sessions. */
    client(user = "ana", more: { readonly withContract?: boolean } = {}): Client<typeof shop> {
      const api = createClient<typeof shop>({
        url: "ws://test/line",
        connect: network.connect,
        credentials: { user },
        clock,
        random: () => 0,
        contract: more.withContract === true ? withContract(shop) : undefined,
      });
      started.unshift({ [Symbol.asyncDispose]: () => closed(connectionOf(api).close()) });
      return api;
    },
    /** As a kill: nothing of the process is left but what it stored outside of it. */
    async restart(next: Serving = options) {
      serving.stop();
      network.cutAll();
      await settled();
      const { server } = serving;
      started.push({ [Symbol.asyncDispose]: () => closed(server.close()) });
      serving = serve(next);
      await pass(100);
    },
    /** Loses every session of the server, which lives on: nobody comes back within the grace. */
    async loseSessions() {
      network.refuse(true);
      network.cutAll();
      await pass(1_100);
      network.refuse(false);
      await pass(1_000);
    },
  };
  started.push({ [Symbol.asyncDispose]: () => closed(serving.server.close()) });

  async function closed(closing: Promise<void>) {
    await pass(100);
    await closing;
  }

  return shopOf;
}

/** What a call comes to: its result, or the code of its failure. */
export async function outcomeOf(call: Promise<unknown>): Promise<unknown> {
  try {
    return await call;
  } catch (error: any) {
    return error.data?.app?.code ?? error.data?.code ?? error;
  }
}
