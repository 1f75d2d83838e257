/**
 * The service that clients in other languages are tried on: a real port, both dialects, and
 * whatever its application noticed.
 */
import { contract, mutation, query, subscription } from "@tautline/contracts";
import { createServer, implement, type Principal, tracked } from "@tautline/server";
import { z } from "zod";

const Incident = z.object({ id: z.string(), title: z.string(), openedAt: z.date() });

const app = contract({
  whoami: query({ output: z.string() }),
  incident: {
    byId: query({ input: z.object({ id: z.string() }), output: Incident }),
    acknowledge: mutation({
      input: z.object({ id: z.string() }),
      output: Incident,
      errors: { ALREADY_ACKNOWLEDGED: z.object({ by: z.string(), at: z.date() }) },
    }),
    /** An hour later than asked. */
    postpone: mutation({
      input: z.object({ until: z.date() }),
      output: z.object({ until: z.date() }),
    }),
  },
  /** Waits until nobody waits for it any more. */
  patience: query({ output: z.string() }),
  /** Counts from behind `lastEventId` up to `to`. */
  count: subscription({
    input: z.object({ to: z.int() }),
    output: z.object({ n: z.int() }),
    tracked: true,
  }),
  /** The same without positions. */
  plain: subscription({ input: z.object({ to: z.int() }), output: z.int() }),
  /** Places an order, which is noticed. */
  order: mutation({
    input: z.object({ sku: z.string() }),
    output: z.object({ n: z.int(), sku: z.string() }),
  }),
});

const openedAt = new Date("2026-11-22T08:00:00.000Z");
const incident = { id: "i1", title: "Disk full", openedAt };

/** Starts it. `noticed` is what its application saw, in order. */
export async function startService() {
  const noticed: string[] = [];
  const router = implement(app)
    .context<{ principal: Principal }>()
    .router({
      whoami: ({ ctx }) => ctx.principal.userId,
      incident: {
        byId: ({ input }) => ({ ...incident, id: input.id }),
        acknowledge({ input, fail }) {
          if (input.id === "i2") throw fail("ALREADY_ACKNOWLEDGED", { by: "Ana", at: openedAt });
          return { ...incident, id: input.id };
        },
        postpone: ({ input }) => ({ until: new Date(input.until.getTime() + 3_600_000) }),
      },
      async patience({ signal }) {
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        noticed.push("patience aborted");
        return "too late";
      },
      async *count({ input, lastEventId }) {
        try {
          for (let n = Number(lastEventId ?? 0) + 1; n <= input.to; n++) {
            yield tracked(String(n), { n });
          }
        } finally {
          noticed.push("count returned");
        }
      },
      async *plain({ input }) {
        for (let n = 1; n <= input.to; n++) yield n;
      },
      order({ input: { sku } }) {
        noticed.push(`ordered ${sku}`);
        return { n: noticed.length, sku };
      },
    });
  const quiet = () => {};
  const server = createServer({
    router,
    authenticate({ credentials }): Principal | null {
      if (credentials === null) return { userId: "nobody" };
      if (credentials.token === "t-brief") {
        return { userId: "Ana", expiresAt: new Date(Date.now() + 200) };
      }
      return credentials.token === "t-ana" ? { userId: "Ana" } : null;
    },
    onDisconnect: ({ connection, code }) =>
      noticed.push(`${connection.dialect} ${connection.client ?? ""} gone: ${code}`),
    logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    // Short: a client that answers no PING is dropped within the 2.5 s for which this one says nothing else.
    heartbeat: { intervalMs: 100, timeoutMs: 2_000 },
  });
  const { url } = await server.listen(0);
  return { url, noticed, close: () => server.close() };
}
