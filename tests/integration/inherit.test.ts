/** A handler that calls another server: its deadline and its cancelling go with the call. */
import { connectionOf, createClient } from "@tautline/client";
import { contract, query } from "@tautline/contracts";
import { createServer, implement } from "@tautline/server";
import { createManualClock, createMemoryNetwork, settled } from "@tautline/testing";
import { expect, it } from "vitest";
import { z } from "zod";

const stock = contract({ count: query({ input: z.string(), output: z.number() }) });
const shop = contract({
  available: query({ input: z.string(), output: z.number() }),
  left: query({ output: z.number().optional() }),
});

/** A shop that asks a stock, each on a server of its own. */
function start() {
  const clock = createManualClock();
  const asked: { readonly deadlineMs: number | undefined; readonly signal: AbortSignal }[] = [];
  const ended: string[] = [];

  const behind = createMemoryNetwork({ clock });
  const stockServer = createServer({
    clock,
    router: implement(stock).router({
      count: ({ deadlineMs, signal }) =>
        new Promise<number>((_, reject) => {
          asked.push({ deadlineMs, signal });
          signal.addEventListener("abort", () => {
            ended.push(signal.reason.cause.app.code);
            reject(signal.reason);
          });
        }),
    }),
  });
  behind.listen((socket, { protocols }) => {
    stockServer.serve(socket);
    return { protocol: protocols[0] ?? "" };
  });
  const stockApi = createClient<typeof stock>({
    url: "ws://stock/",
    connect: behind.connect,
    clock,
  });

  const front = createMemoryNetwork({ clock });
  const shopServer = createServer({
    clock,
    router: implement(shop).router({
      available: (call) => stockApi.count.query(call.input, call),
      left: ({ deadlineMs }) => deadlineMs,
    }),
  });
  front.listen((socket, { protocols }) => {
    shopServer.serve(socket);
    return { protocol: protocols[0] ?? "" };
  });
  const api = createClient<typeof shop>({ url: "ws://shop/", connect: front.connect, clock });

  return {
    api,
    asked,
    ended,
    clock,
    async [Symbol.asyncDispose]() {
      await Promise.all([connectionOf(api).close(), connectionOf(stockApi).close()]);
      await Promise.all([shopServer.close(), stockServer.close()]);
    },
  };
}

it("a handler can read the time it has left", async () => {
  await using world = start();
  expect(await world.api.left.query(undefined, { deadlineMs: 1_500 })).toBe(1_500);
});

it("a call made with a handler's options ends with its deadline", async () => {
  await using world = start();
  const call = world.api.available.query("a", { deadlineMs: 2_000 }).catch((error) => error);
  await settled();
  expect(world.asked.map(({ deadlineMs }) => deadlineMs)).toEqual([2_000]);
  await world.clock.advanceAsync(2_200);
  expect((await call).data.app.code).toBe("DEADLINE_EXCEEDED");
  await settled();
  expect(["DEADLINE_EXCEEDED", "CANCELLED"]).toContain(world.ended[0]);
});

it("a call made with a handler's options is cancelled with it", async () => {
  await using world = start();
  const controller = new AbortController();
  const call = world.api.available.query("a", { signal: controller.signal }).catch(() => {});
  await settled();
  controller.abort();
  await call;
  await settled();
  expect(world.ended).toEqual(["CANCELLED"]);
});
