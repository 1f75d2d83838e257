/** A client exactly at a server's limits waits for its turn: its callers hear of no refusal. */
import { connectionOf, createClient } from "@tautline/client";
import { contract, query, subscription } from "@tautline/contracts";
import { implement } from "@tautline/server";
import { createMemoryNetwork, settled } from "@tautline/testing";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { startService } from "./line.js";

const app = contract({
  work: query({ output: z.string() }),
  echo: query({ input: z.number(), output: z.number() }),
  post: query({ input: z.string(), output: z.number() }),
  lines: subscription({ output: z.string() }),
});

/** A server whose `work` ends when the test says so, signal or not, and its client. */
function start(limits: object) {
  const running: (() => void)[] = [];
  const router = implement(app).router({
    work: () => new Promise<string>((resolve) => running.push(() => resolve("done"))),
    echo: ({ input }) => input,
    post: ({ input }) => input.length,
    async *lines() {
      for (let n = 0; n < 100; n++) yield "x".repeat(500);
    },
  });
  const service = startService({ router, limits });
  const { clock } = service;
  const network = createMemoryNetwork({ clock });
  network.listen((socket, { protocols }) => {
    service.server.serve(socket);
    return { protocol: protocols[0] ?? "" };
  });
  const { connect } = network;
  const api = createClient<typeof app>({ url: "ws://test/", connect, clock, random: () => 0.5 });
  return {
    api,
    clock,
    running,
    /** How many messages the server has refused for its limits. */
    get refused() {
      return service.log.filter(({ fields }) => fields.code === "TOO_MANY_REQUESTS").length;
    },
    async [Symbol.asyncDispose]() {
      await connectionOf(api).close();
      await service.server.close();
      expect([...clock.leftovers(), ...network.leftovers()]).toEqual([]);
    },
  };
}

describe("a client at the limit", () => {
  it("has its call run once a handler has ended whose call it had given up", async () => {
    await using play = start({ maxCallsInFlight: 2 });
    const controller = new AbortController();
    const options = { signal: controller.signal };
    const given = [1, 2].map(() => play.api.work.query(undefined, options).catch(() => "given up"));
    await settled();
    expect(play.running).toHaveLength(2);
    controller.abort();
    expect(await Promise.all(given)).toEqual(["given up", "given up"]);
    const call = play.api.echo.query(7);
    await play.clock.advanceAsync(1_000);
    expect(play.refused).toBe(4); // at 0, 100, 300 and 700 ms
    for (const end of play.running) end();
    await play.clock.advanceAsync(1_000);
    expect(await call).toBe(7);
  });

  it.each([1, 2, 3, 5, 9])("keeps to a burst of %i: nothing is refused", async (messageBurst) => {
    await using play = start({ messagesPerSecond: 10, messageBurst });
    connectionOf(play.api).connect();
    await settled();
    const calls = Array.from({ length: 20 }, (_, n) => play.api.echo.query(n));
    await play.clock.advanceAsync(3_000);
    expect(await Promise.all(calls)).toEqual(Array.from({ length: 20 }, (_, n) => n));
    expect(play.refused).toBe(0);
  });
});

describe("a session with little room", () => {
  // The clock stands still: an `ack` that were due by time only would never leave.
  it.each([2_048, 4_096, 65_536])("of %i bytes has it acknowledged at once", async (room) => {
    await using play = start({ maxOutboxBytes: room });
    const { api } = play;
    expect(await api.post.query("begun")).toBe(5);
    const posts = Array.from({ length: 200 }, () => api.post.query("x".repeat(500)));
    expect(await Promise.all(posts)).toEqual(posts.map(() => 500));
    let lines = 0;
    for await (const line of api.lines.subscribe()) lines += line.length / 500;
    expect(lines).toBe(100);
  });
});
