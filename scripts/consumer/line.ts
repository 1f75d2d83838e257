/**
 * One line, end to end, as somebody else's project writes it: contract, server, client, a call that
 * succeeds, one that fails as declared, and a subscription. Types and run time are both looked at.
 */
import assert from "node:assert/strict";
import { connectionOf, createClient, link, safe, withContract } from "@tautline/client";
import {
  contract,
  type ErrorOf,
  type InputOf,
  isDeclared,
  mutation,
  type OutputOf,
  query,
  type RouterOf,
  subscription,
} from "@tautline/contracts";
import { createServer, implement, TRPCError } from "@tautline/server";
import { createTRPCClient } from "@trpc/client";
import { z } from "zod";

const Order = z.object({ id: z.string(), placedAt: z.date() });

export const shop = contract({
  order: {
    place: mutation({
      input: z.object({ sku: z.string(), quantity: z.int().positive() }),
      output: Order,
      errors: { OUT_OF_STOCK: z.object({ available: z.int() }) },
    }),
    find: query({ input: z.object({ id: z.string() }), output: Order.nullable() }),
  },
  count: subscription({ input: z.object({ to: z.int() }), output: z.int() }),
});

/** The router's type, for those who bring a tRPC client of their own. */
export type Shop = RouterOf<typeof shop>;
const draft: InputOf<typeof shop.order.place> = { sku: "rope", quantity: 1 };
export type Refusal = ErrorOf<typeof shop.order.place>;

interface Ctx {
  readonly user: string | undefined;
}

const router = implement(shop)
  .context<Ctx>()
  .use(({ ctx, next }) => {
    if (ctx.user === undefined) throw new TRPCError({ code: "UNAUTHORIZED" });
    return next({ ctx: { user: ctx.user } });
  })
  .router({
    order: {
      place: ({ input, ctx, fail }) => {
        if (input.quantity > 3) throw fail("OUT_OF_STOCK", { available: 3 });
        return { id: `${ctx.user.toLowerCase()}-${input.sku}`, placedAt: new Date(0) };
      },
      find: () => null,
    },
    async *count({ input }) {
      for (let n = 1; n <= input.to; n++) yield n;
    },
  });

const server = createServer({
  router,
  authenticate: ({ credentials }) => (credentials?.user ? { userId: credentials.user } : null),
  createContext: ({ principal }) => ({ user: principal.userId }),
});
const { url } = await server.listen(0);
const credentials = { user: "Ana" };
const api = createClient<typeof shop>({ url, credentials, contract: withContract(shop) });

const placed: OutputOf<typeof shop.order.place> = await api.order.place.mutate(draft);
assert.deepEqual(placed, { id: "ana-rope", placedAt: new Date(0) });
assert.equal(await api.order.find.query({ id: "rope" }), null);

const [, error] = await safe(api.order.place.mutate({ sku: "rope", quantity: 4 }));
assert(isDeclared(error, "OUT_OF_STOCK"));
assert.equal(error.data.app.data.available, 3);

const seen: number[] = [];
for await (const n of api.count.subscribe({ to: 3 })) seen.push(n);
assert.deepEqual(seen, [1, 2, 3]);

const trpc = createTRPCClient<Shop>({ links: [link(api)] });
assert.equal(await trpc.order.find.query({ id: "rope" }), null);

export const mistakes = [
  // @ts-expect-error: what the contract does not name does not compile
  () => api.order.cancel.mutate(),
  // @ts-expect-error: nor does an input of another type
  () => api.order.find.query({ id: 7 }),
];

await connectionOf(api).close();
await server.close();
