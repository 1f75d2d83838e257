/**
 * Sessions, with both ends real: whenever and however often the socket is cut, the code that calls
 * sees nothing but latency. Time is a manual clock's; what is cut when is drawn from a seed.
 */
import { connectionOf } from "@tautline/client";
import { contract, mutation, query, subscription } from "@tautline/contracts";
import { implement } from "@tautline/server";
import { createManualClock } from "@tautline/testing";
import { startApp } from "@tautline/testing/app";
import { describe, expect, it } from "vitest";
import { z } from "zod";

const counter = contract({
  add: mutation({ input: z.number(), output: z.number() }),
  slow: mutation({ input: z.number(), output: z.number() }),
  read: query({ output: z.number() }),
  large: query({ input: z.number(), output: z.string() }),
  numbers: subscription({ input: z.number(), output: z.number() }),
});

/** Numbers from 0 up to 1, the same for the same seed. Marsaglia's xorshift32. */
function createRandom(seed: number) {
  let state = seed * 2_654_435_761 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

async function start(seed = 1, { graceMs = 30_000 } = {}) {
  const clock = createManualClock();
  const sleep = (ms: number) => new Promise<void>((resolve) => void clock.after(ms, resolve));
  const executed: number[] = [];
  const router = implement(counter).router({
    add({ input }) {
      executed.push(input);
      return executed.length;
    },
    async slow({ input }) {
      executed.push(input);
      await sleep(200);
      return input;
    },
    read: () => executed.length,
    large: ({ input }) => "x".repeat(input),
    async *numbers({ input }) {
      for (let n = 1; n <= input; n++) {
        yield n;
        await sleep(10);
      }
    },
  });
  const server = { session: { graceMs } };
  const app = await startApp({ router, clock, seed, latencyMs: 5, server });
  return Object.assign(app, { executed, connection: connectionOf(app.api) });
}

describe("whatever becomes of the socket", () => {
  it.each(Array.from({ length: 30 }, (_, index) => index + 1))(
    "events come once and in order, and mutations run once (seed %i)",
    async (seed) => {
      await using world = await start(seed);
      const random = createRandom(seed + 1_000);
      const seen: number[] = [];
      let failure: unknown;
      world.api.numbers.subscribe(200, {
        onData: (n) => seen.push(n),
        onError: (error) => {
          failure = error;
        },
      });
      const sent: number[] = [];
      const answers: Promise<number>[] = [];
      for (let turn = 0; turn < 120; turn++) {
        if (random() < 0.4) {
          sent.push(turn);
          answers.push(random() < 0.5 ? world.api.slow.mutate(turn) : world.api.add.mutate(turn));
        }
        if (random() < 0.05)
          answers.push(world.api.large.query(50_000).then(({ length }) => length));
        if (random() < 0.1) world.network.cutAll();
        if (random() < 0.02) world.connection.reconnect();
        await world.advance(Math.floor(random() * 6) * 5);
      }
      await world.advance(20_000);
      const outcomes = await Promise.allSettled(answers);
      expect(outcomes.filter(({ status }) => status === "rejected")).toEqual([]);
      expect(world.executed.toSorted((a, b) => a - b)).toEqual(sent);
      expect(failure).toBeUndefined();
      expect(seen).toEqual(Array.from({ length: 200 }, (_, index) => index + 1));
      expect(world.log.records.filter(({ level }) => level !== "debug")).toEqual([]);
    },
  );

  it("the state says that it is resuming, and the counts say how often it did", async () => {
    await using world = await start();
    const states: string[] = [];
    world.connection.subscribe(({ name }) => states.push(name));
    await world.finish(world.api.read.query());
    world.network.cutAll();
    await world.advance(1_000);
    expect(states).toEqual(["connecting", "open", "resuming", "open"]);
    expect(world.connection.stats).toMatchObject({ reconnects: 1, resumes: 1 });
  });

  it("a call made meanwhile waits, and is sent once", async () => {
    await using world = await start();
    await world.finish(world.api.read.query());
    world.network.cutAll();
    const answer = world.api.add.mutate(1);
    await world.advance(1_000);
    expect(await answer).toBe(1);
    expect(world.executed).toEqual([1]);
  });

  it("what was cancelled while there was no socket is cancelled on the next", async () => {
    await using world = await start();
    await world.finish(world.api.read.query());
    const controller = new AbortController();
    const call = world.api.slow.mutate(1, { signal: controller.signal }).catch((error) => error);
    await world.advance(20);
    world.network.cutAll();
    controller.abort();
    expect((await call).data.app.code).toBe("CANCELLED");
    await world.advance(1_000);
    expect(await world.finish(world.api.read.query())).toBe(1);
  });

  it("after the grace a plain subscription is lost, and says so", async () => {
    await using world = await start(1, { graceMs: 1_000 });
    const seen: unknown[] = [];
    world.api.numbers.subscribe(500, {
      onData: (n) => seen.push(n),
      onError: (error) => seen.push((error.data as any).app.code),
    });
    await world.advance(300);
    world.network.refuse(true);
    world.network.cutAll();
    await world.advance(3_000);
    world.network.refuse(false);
    await world.advance(5_000);
    expect(seen.at(-1)).toBe("STREAM_LOST");
    expect(new Set(seen).size).toBe(seen.length);
  });

  it("after a restart what a server without the records was asked is unknown, and never run twice", async () => {
    await using world = await start();
    await world.finish(world.api.read.query());
    const outcomes = [1, 2, 3].map((n) => world.api.slow.mutate(n).catch((error) => error));
    await world.advance(50);
    await world.restart();
    await world.advance(3_000);
    const codes = (await Promise.all(outcomes)).map((error) => error.data?.app.code ?? error);
    expect(codes).toEqual(["OUTCOME_UNKNOWN", "OUTCOME_UNKNOWN", "OUTCOME_UNKNOWN"]);
    expect(world.executed).toEqual([1, 2, 3]);
  });

  it("leaves no timer and no session behind", async () => {
    await using world = await start();
    await world.finish(world.api.read.query());
    world.network.cutAll();
    await world.advance(500);
    await world.close();
    expect(world.leftovers()).toEqual([]);
  });
});
