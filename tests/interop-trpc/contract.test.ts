/** A contract's router behind the handlers: what `implement` builds is a tRPC router like any other. */
import { contract, mutation, query, type RouterOf, subscription } from "@tautline/contracts";
import { implement, tracked } from "@tautline/server";
import * as ours from "@tautline/server/trpc";
import { until } from "@tautline/testing";
import { createTRPCClient } from "@trpc/client";
import * as stock from "@trpc/server/adapters/ws";
import superjson from "superjson";
import { expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { z } from "zod";
import { clientModules, failure, follow } from "./clients.js";
import { dropIns, inPairings, type Pairing } from "./world.js";

const shop = contract({
  now: query({ output: z.object({ at: z.date() }) }),
  order: mutation({
    input: z.object({ sku: z.string().min(1) }),
    output: z.string(),
    errors: { SOLD_OUT: z.object({ since: z.date() }) },
  }),
  bug: query({ output: z.string() }),
  /** Its input is a string, which has no room for `lastEventId`. */
  log: subscription({ input: z.string(), output: z.string(), tracked: true }),
});

const router = implement(shop)
  .context<{ user: string }>()
  .router({
    now: () => ({ at: new Date(5) }),
    order({ input, ctx, fail }) {
      if (input.sku === "rope") throw fail("SOLD_OUT", { since: new Date(7) });
      return `${input.sku} for ${ctx.user}`;
    },
    bug() {
      throw new Error("connect ECONNREFUSED");
    },
    async *log({ input, lastEventId, signal }) {
      const start = Number(lastEventId ?? 0) + 1;
      for (let n = start; n < start + 2; n++) yield tracked(`${n}`, `${input} ${n}`);
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    },
  });

async function start({ server, client }: Pairing) {
  const wss = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  await new Promise((resolve) => wss.once("listening", resolve));
  const { applyWSSHandler } = { stock, "drop-in": ours, createServer: ours }[server];
  applyWSSHandler({ wss, router, createContext: () => ({ user: "Ana" }) });
  const { port } = wss.address() as { port: number };
  const { createWSClient, wsLink } = clientModules[client];
  const ws = createWSClient({
    url: `ws://127.0.0.1:${port}`,
    WebSocket: WebSocket as never,
    retryDelayMs: () => 1,
  });
  const links = [wsLink<RouterOf<typeof shop>>({ client: ws, transformer: superjson })];
  return {
    wss,
    api: createTRPCClient<RouterOf<typeof shop>>({ links }),
    async [Symbol.asyncDispose]() {
      void ws.close();
      for (const socket of wss.clients) socket.terminate();
      await new Promise((resolve) => wss.close(resolve));
    },
  };
}

inPairings(dropIns, (pairing) => {
  it("answers, and fails as the contract declares", async () => {
    await using world = await start(pairing);
    expect(await world.api.now.query()).toEqual({ at: new Date(5) });
    expect(await world.api.order.mutate({ sku: "sail" })).toBe("sail for Ana");
    const declared = await failure(world.api.order.mutate({ sku: "rope" }));
    expect(declared.data.app).toEqual({ code: "SOLD_OUT", data: { since: new Date(7) } });
    const refused = await failure(world.api.order.mutate({ sku: "" }));
    expect(refused.data).toMatchObject({ code: "BAD_REQUEST", app: { code: "INVALID_INPUT" } });
  });

  it("tells strangers nothing of a bug: the contract's own formatter has the word", async () => {
    await using world = await start(pairing);
    const error = await failure(world.api.bug.query());
    expect(error.message).toBe("Internal server error");
    expect(error.data.app.code).toBe("INTERNAL");
  });

  const differs = pairing.server === "stock" ? " [known difference: begins anew]" : "";
  it(`goes on after the last event, though the input is a string${differs}`, async () => {
    await using world = await start(pairing);
    const { told } = follow(world.api.log, "line");
    await until(() => told.length === 3);
    for (const socket of world.wss.clients) socket.terminate();
    await until(() => told.length === 6);
    const ids = told.filter((event: any) => event.id).map((event: any) => event.id);
    expect(ids).toEqual(pairing.server === "stock" ? ["1", "2", "1", "2"] : ["1", "2", "3", "4"]);
  });
});
