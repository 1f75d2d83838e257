import { until } from "@tautline/testing";
import type { TRPCError as ErrorType } from "@trpc/server";
import { initTRPC, TRPCError, tracked } from "@trpc/server";
import { applyWSSHandler } from "@trpc/server/adapters/ws";
import superjson from "superjson";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocketServer } from "ws";
import { z } from "zod";
import { type ClientOptions, connectionOf, createClient } from "./client.js";
import { createPlay, failureOf } from "./play.test-kit.js";

type Context = { readonly user: string | undefined };

/** A router as a tRPC application has it; nothing of ours. */
function createRouter<T extends object>(options: T) {
  const t = initTRPC.context<Context>().create(options as { transformer: typeof superjson });
  const gates = new Set<() => void>();
  const router = t.router({
    greet: t.procedure
      .input(z.object({ name: z.string() }))
      .query(({ input }) => `Hi ${input.name}`),
    now: t.procedure.query(() => ({ at: new Date(0), tags: new Set(["a"]) })),
    whoAmI: t.procedure.query(({ ctx }) => ctx.user ?? "nobody"),
    optional: t.procedure.input(z.string().optional()).query(({ input }) => input ?? "nothing"),
    fail: t.procedure.mutation(() => {
      throw new TRPCError({ code: "CONFLICT", message: "Taken" });
    }),
    slow: t.procedure.mutation(() => new Promise<void>((resolve) => gates.add(resolve))),
    nested: {
      count: t.procedure.input(z.number()).subscription(async function* ({ input, signal }) {
        for (let n = 0; n < input; n++) yield n;
        if (input > 5) await new Promise((resolve) => signal?.addEventListener("abort", resolve));
      }),
      log: t.procedure
        .input(z.object({ lastEventId: z.string().optional() }).optional())
        .subscription(async function* ({ input, signal }) {
          for (let n = Number(input?.lastEventId ?? 0) + 1; !signal?.aborted; n++) {
            yield tracked(String(n), { n, at: new Date(n) });
            await new Promise((resolve) => setTimeout(resolve, 1));
          }
        }),
    },
  });
  return { router, gates };
}

const stoppers: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stoppers.splice(0)) await stop();
});

/** A stock server on a port, and our client of it. */
async function setUp(
  transformer: "superjson" | "none",
  options: Partial<Omit<ClientOptions, "contract">> = {},
  server: { onContext?: () => void } = {},
) {
  const { router, gates } = createRouter(transformer === "none" ? {} : { transformer: superjson });
  const wss = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  await new Promise((resolve) => wss.once("listening", resolve));
  const handler = applyWSSHandler({
    wss,
    router,
    createContext: ({ info }): Context => {
      server.onContext?.();
      return { user: info.connectionParams?.user };
    },
  });
  const address = wss.address();
  const port = typeof address === "object" ? address?.port : 0;
  const api = createClient<typeof router>({
    url: `http://127.0.0.1:${port}/?a=b`,
    dialect: "trpc",
    ...(transformer === "none" ? { transformer } : {}),
    reconnect: { minMs: 1 },
    ...options,
  });
  const connection = connectionOf(api);
  stoppers.push(async () => {
    await connection.close();
    for (const client of wss.clients) client.terminate();
    await new Promise((resolve) => wss.close(resolve));
  });
  return { api, wss, gates, handler, connection };
}

describe.each(["superjson", "none"] as const)(
  "at a stock tRPC server with transformer %s",
  (transformer) => {
    it("queries and mutations are answered, values and errors restored", async () => {
      const { api } = await setUp(transformer);
      expect(await api.greet.query({ name: "Ana" })).toBe("Hi Ana");
      if (transformer === "superjson") {
        expect(await api.now.query()).toEqual({ at: new Date(0), tags: new Set(["a"]) });
      }
      expect(await api.optional.query()).toBe("nothing");
      expect(await api.optional.query("something")).toBe("something");
      const error = await failureOf(api.fail.mutate());
      expect(error).toMatchObject({ message: "Taken", data: { code: "CONFLICT", path: "fail" } });
      const invalid = await failureOf(api.greet.query({ name: 5 as never }));
      expect(invalid.data.code).toBe("BAD_REQUEST");
      expect(invalid.data.app).toBeUndefined();
    });

    it("a subscription is followed to its end", async () => {
      const { api } = await setUp(transformer);
      const seen: number[] = [];
      for await (const n of api.nested.count.subscribe(3)) seen.push(n);
      expect(seen).toEqual([0, 1, 2]);
    });

    it("a tracked subscription goes on over a lost socket without a gap or a repeat", async () => {
      const { api, wss } = await setUp(transformer);
      const seen: number[] = [];
      for await (const { data } of api.nested.log.subscribe(undefined)) {
        seen.push(data.n);
        if (data.n === 5 || data.n === 12) for (const client of wss.clients) client.terminate();
        if (data.n === 20) break;
      }
      expect(seen).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
    });
  },
);

describe("at a stock tRPC server", () => {
  it("credentials travel as connectionParams, and its context has them", async () => {
    const { api, wss } = await setUp("superjson", { credentials: async () => ({ user: "Ana" }) });
    expect(await api.whoAmI.query()).toBe("Ana");
    for (const client of wss.clients) client.terminate();
    expect(await api.whoAmI.query()).toBe("Ana");
  });

  it("credentials it refuses end the story", async () => {
    const { api, connection } = await setUp(
      "superjson",
      { credentials: { user: "Eve" } },
      {
        onContext() {
          throw new TRPCError({ code: "UNAUTHORIZED" }) satisfies ErrorType;
        },
      },
    );
    expect((await failureOf(api.whoAmI.query())).data.code).toBe("UNAUTHORIZED");
    await until(() => connection.state.name === "closed");
    expect(connection.state).toMatchObject({ code: 4502 });
    expect((await failureOf(api.whoAmI.query())).data.code).toBe("UNAUTHORIZED");
  });

  it("a context that fails for another reason is tried again", async () => {
    let failures = 2;
    const { api, connection } = await setUp(
      "superjson",
      {},
      {
        onContext() {
          if (failures-- > 0) throw new Error("The database is away");
        },
      },
    );
    connection.connect();
    await until(() => failures < 0 && connection.state.name === "open");
    expect(await api.whoAmI.query()).toBe("nobody");
  });

  it("a plain subscription begins anew after a loss, as tRPC's does", async () => {
    const { api, wss } = await setUp("superjson");
    const seen: number[] = [];
    for await (const n of api.nested.count.subscribe(6)) {
      seen.push(n);
      if (seen.length === 6) for (const client of wss.clients) client.terminate();
      if (seen.length === 12) break;
    }
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5]);
  });

  it("its request to move is followed while a call is under way", async () => {
    const { api, handler, gates, connection, wss } = await setUp("superjson");
    const slow = api.slow.mutate();
    await until(() => gates.size === 1);
    handler.broadcastReconnectNotification();
    await until(() => connection.stats.reconnects === 1);
    expect(await api.greet.query({ name: "new" })).toBe("Hi new");
    for (const open of gates) open();
    expect(await slow).toBeUndefined();
    await until(() => wss.clients.size === 1);
  });
});

describe("the base dialect on the wire", () => {
  it("has no hello, no deadlines, no cancel and no credit", async () => {
    const play = createPlay({ dialect: "trpc" });
    const abort = new AbortController();
    const call = failureOf(play.api.greet.query({ name: "Ana" }, { signal: abort.signal }));
    const empty = play.api.now.query();
    const ticks = play.api.ticks.subscribe();
    const socket = await play.socket();
    expect(socket.protocols).toEqual([]);
    expect(socket.frames).toEqual([
      '[{"id":1,"method":"query","params":{"path":"greet","input":{"json":{"name":"Ana"}}}},' +
        '{"id":2,"method":"query","params":{"path":"now","input":{"json":null,"meta":{"values":["undefined"],"v":1}}}},' +
        '{"id":3,"method":"subscription","params":{"path":"ticks","input":{"json":null,"meta":{"values":["undefined"],"v":1}}}}]',
    ]);
    abort.abort();
    await call;
    for (let n = 0; n < 40; n++) socket.say({ id: 3, result: { type: "data", data: { json: n } } });
    for (let n = 0; n < 40; n++) expect((await ticks.next()).value).toBe(n);
    socket.say({ id: 2, result: { data: { json: 5 } } }); // tRPC's type is optional
    expect(await empty).toBe(5);
    await ticks.return();
    await until(() => socket.frames.length === 2);
    expect(socket.messages.at(-1)).toEqual({ id: 3, method: "subscription.stop" });
  });

  it("sends credentials first, in a frame of their own", async () => {
    const play = createPlay({ dialect: "trpc", credentials: { token: "t" } });
    void play.api.now.query().catch(() => {});
    const socket = await play.socket();
    expect(socket.url).toBe("/line?connectionParams=1");
    expect(socket.frames[0]).toBe('{"method":"connectionParams","data":{"token":"t"}}');
    expect(socket.messages[1].method).toBe("query");
  });

  it("passes over what it does not understand, as stock clients do", async () => {
    const play = createPlay({ dialect: "trpc" });
    const call = play.api.now.query();
    const socket = await play.socket();
    socket.say("what?", "5", { id: 1 }, { id: 1, result: { data: { json: 5 } } });
    expect(await call).toBe(5);
    expect(play.connection.state.name).toBe("open");
  });
});
