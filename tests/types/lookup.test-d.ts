/** `repeat: "lookup"`: such a mutation's handler says how to find out whether it has run. */

import { contract, mutation, type RouterOf } from "@tautline/contracts";
import { implement } from "@tautline/server";
import * as z from "zod";
import { type Equal, holds } from "./equal.js";

const Receipt = z.object({ id: z.string(), at: z.date().default(() => new Date()) });

const shop = contract({
  pay: mutation({
    input: z.object({ orderId: z.string(), cents: z.number().default(0) }),
    output: Receipt,
    errors: { DECLINED: z.object({ reason: z.string() }) },
    repeat: "lookup",
  }),
  deep: { forget: mutation({ output: z.void(), repeat: "lookup" }) },
  rename: mutation({ output: z.string(), repeat: "safe" }),
  touch: mutation({ output: z.string() }),
});
const start = implement(shop).context<{ user: string }>();

// Inside contract() and outside alike.
const alone = mutation({ output: z.string() });
holds<Equal<(typeof alone)["repeat"], "never">>();
holds<Equal<(typeof shop)["touch"]["repeat"], "never">>();
holds<Equal<(typeof shop)["rename"]["repeat"], "safe">>();
holds<Equal<(typeof shop)["pay"]["repeat"], "lookup">>();

const receipt = { id: "r1" };
const pay = { run: () => receipt, lookup: () => undefined };
const deep = { forget: { run() {}, lookup: () => ({ output: undefined }) } };
const rest = { rename: () => "", touch: () => "" };

// ---- what compiles ----------------------------------------------------------------------------

const router = start
  .use(({ next }) => next({ ctx: { paidBy: "card" } }))
  .router({
    pay: {
      async run({ input, ctx, signal, deadlineMs, path, key, fail }) {
        holds<Equal<typeof input, { orderId: string; cents: number }>>();
        holds<Equal<typeof ctx.user, string>>();
        holds<Equal<typeof ctx.paidBy, string>>();
        holds<Equal<typeof signal, AbortSignal>>();
        holds<Equal<typeof deadlineMs, number | undefined>>();
        holds<Equal<typeof path, string>>();
        holds<Equal<typeof key, string | undefined>>();
        if (input.cents === 0) throw fail("DECLINED", { reason: "nothing to pay" });
        return receipt; // as every handler's, it is what the schema takes
      },
      async lookup({ input, ctx, signal, deadlineMs, path, key }) {
        holds<Equal<typeof input, { orderId: string; cents: number }>>();
        holds<Equal<typeof ctx.paidBy, string>>();
        holds<Equal<typeof signal, AbortSignal>>();
        holds<Equal<typeof deadlineMs, number | undefined>>();
        holds<Equal<typeof path, string>>();
        holds<Equal<typeof key, string>>();
        return input.cents === 0 ? undefined : { output: receipt };
      },
    },
    deep,
    ...rest,
  });
// Nobody who calls it sees a difference.
holds<Equal<typeof router, RouterOf<typeof shop, { user: string }>>>();
router.createCaller({ user: "ana" }).pay({ orderId: "o1" }) satisfies Promise<{ id: string }>;

// They may live in files of their own.
start.router({ pay, deep, ...rest });

// ---- what does not ----------------------------------------------------------------------------

start.router({
  // @ts-expect-error there is no lookup
  pay: { run: () => receipt },
  deep,
  ...rest,
});
start.router({
  // @ts-expect-error a function says only how it runs
  pay: () => receipt,
  deep,
  ...rest,
});
start.router({
  // @ts-expect-error nothing runs it
  pay: { lookup: () => undefined },
  deep,
  ...rest,
});
start.router({
  pay,
  deep,
  // @ts-expect-error nobody asks this one: it runs again
  rename: { run: () => "", lookup: () => undefined },
  touch: rest.touch,
});
start.router({
  pay,
  deep,
  rename: rest.rename,
  // @ts-expect-error nobody asks this one: it never runs again
  touch: { run: () => "", lookup: () => undefined },
});
start.router({
  pay: {
    ...pay,
    // @ts-expect-error the output is wrapped, for it may be undefined itself
    lookup: () => receipt,
  },
  deep,
  ...rest,
});
start.router({
  pay: {
    ...pay,
    // @ts-expect-error an output of another type
    lookup: async () => ({ output: { id: 1 } }),
  },
  deep,
  ...rest,
});
start.router({
  pay: {
    ...pay,
    // @ts-expect-error null may be an output, and says nothing
    lookup: () => null,
  },
  deep,
  ...rest,
});
start.router({
  pay: {
    ...pay,
    // @ts-expect-error it looks, and does not fail as the mutation does
    lookup: ({ fail }) => fail("DECLINED", { reason: "" }),
  },
  deep,
  ...rest,
});
start.router({
  pay,
  deep,
  rename: rest.rename,
  // @ts-expect-error what nobody looks up needs no name
  touch: ({ key }) => String(key),
});
