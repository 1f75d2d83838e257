import type { RouterOf } from "@tautline/contracts";
import { contract, mutation, query, subscription } from "@tautline/contracts";
import { createServer, implement, tracked } from "@tautline/server";
import { createTRPCClient, createWSClient, safe, wsLink } from "@trpc/client";
import superjson from "superjson";
import { expect, it } from "vitest";
import { WebSocket } from "ws";
import { z } from "zod";

const app = contract({
  now: query({ output: z.object({ at: z.date() }) }),
  post: {
    add: mutation({
      input: z.object({ title: z.string().min(1) }),
      output: z.object({ title: z.string(), at: z.date() }),
      errors: { TAKEN: z.object({ by: z.string() }) },
    }),
    changes: subscription({ output: z.object({ n: z.number(), at: z.date() }), tracked: true }),
  },
});

it("serves a stock tRPC client", async () => {
  const router = implement(app)
    .context<{ principal: null }>()
    .use(({ ctx, next }) => next({ ctx: { ...ctx, extra: 1 } }))
    .router({
      now: () => ({ at: new Date(5) }),
      post: {
        add: ({ input, fail, ctx }) => {
          if (input.title === "x") throw fail("TAKEN", { by: "Ana" });
          if (input.title === "bug") throw new Error("secret");
          return { title: input.title + ctx.extra, at: new Date(7) };
        },
        async *changes({ lastEventId }) {
          for (let n = Number(lastEventId ?? 0) + 1; n <= 3; n++)
            yield tracked(String(n), { n, at: new Date(n) });
        },
      },
    });
  const logged: object[] = [];
  const quiet = () => {};
  const logger = { debug: quiet, info: quiet, warn: quiet, error: (f: object) => logged.push(f) };
  await using server = createServer({ router, logger });
  const { url } = await server.listen(0);
  const ws = createWSClient({ url, WebSocket: WebSocket as never });
  const api = createTRPCClient<RouterOf<typeof app>>({
    links: [wsLink({ client: ws, transformer: superjson })],
  });
  expect(await api.now.query()).toEqual({ at: new Date(5) });
  expect(await api.post.add.mutate({ title: "a" })).toEqual({ title: "a1", at: new Date(7) });
  const [, error] = await safe(api.post.add.mutate({ title: "x" }));
  expect(error?.data?.app).toEqual({ code: "TAKEN", data: { by: "Ana" } });
  const [, e2] = await safe(api.post.add.mutate({ title: "" }));
  expect(e2?.data).toMatchObject({ code: "BAD_REQUEST", app: { code: "INVALID_INPUT" } });
  const [, e3] = await safe(api.post.add.mutate({ title: "bug" }));
  expect(e3?.message).toBe("Internal server error");
  expect(e3?.data).toMatchObject({
    app: { data: { incidentId: (logged[0] as { incidentId: string }).incidentId } },
  });
  const seen = [];
  for await (const e of api.post.changes.subscribe()) {
    seen.push(e);
  }
  expect(seen).toEqual([1, 2, 3].map((n) => ({ id: String(n), data: { n, at: new Date(n) } })));
  await ws.close();
});
