/** How much of what a client sent its running calls may keep: sixteen frames' worth. */
import { query, subscription } from "@tautline/contracts";
import { implement } from "@tautline/server";
import { settled } from "@tautline/testing";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { call, startService, told } from "./line.js";

const waiting: (() => void)[] = [];

const router = implement({
  /** Takes anything, keeps it, and waits. */
  keep: query({ input: z.unknown(), output: z.string() }),
  /** Has no use for an input. */
  watch: subscription({ output: z.string() }),
  quick: query({ input: z.unknown(), output: z.string() }),
}).router({
  keep: () => new Promise<string>((resolve) => waiting.push(() => resolve("kept"))),
  async *watch({ signal }) {
    yield "first";
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
  },
  quick: () => "quick",
});

const maxFrameBytes = 10_000;
const start = () => startService({ router, limits: { maxFrameBytes } });
const big = "x".repeat(9_000);

describe("what running calls keep of their inputs", () => {
  it("is bounded, and comes free when they end", async () => {
    await using service = start();
    const line = await service.connect();
    for (let id = 1; id <= 20; id++) line.say(call("query", id, "keep", big));
    await settled();
    expect(waiting).toHaveLength(17);
    const refused = line.heard.filter(({ error }) => error !== undefined);
    expect(refused.map(({ id }) => id)).toEqual([18, 19, 20]);
    expect(told(refused)).toEqual(["TOO_MANY_CALLS", "TOO_MANY_CALLS", "TOO_MANY_CALLS"]);

    expect(told(await line.ask(call("query", 21, "quick", "small")))).toEqual(["quick"]);
    for (const finish of waiting.splice(0, 3)) finish();
    await settled();
    expect(told(await line.ask(call("query", 22, "quick", big)))).toEqual(["quick"]);
    for (const finish of waiting.splice(0)) finish();
  });

  it("is the whole frame they came in, once, for calls", async () => {
    await using service = start();
    const line = await service.connect();
    for (let id = 0; id < 32; id += 2) {
      line.say(call("query", id, "keep", "small"), call("query", id + 1, "quick", big));
    }
    await settled();
    line.say(call("query", 100, "quick", big), call("query", 101, "quick", "small"));
    await settled();
    expect([...told(line.about(100)), ...told(line.about(101))]).toEqual(["quick", "quick"]);
    for (const finish of waiting.splice(0)) finish();
  });

  it("is their own input only, for subscriptions, which last", async () => {
    await using service = start();
    const line = await service.connect();
    for (let id = 0; id < 200; id += 2) {
      line.say(call("subscription", id, "watch"), call("query", id + 1, "quick", big));
    }
    await settled();
    expect(line.heard.filter(({ error }) => error !== undefined)).toEqual([]);
    expect(service.leftovers()).toHaveLength(2); // the connection and its heartbeat
  });

  it("is bounded for subscriptions that keep much", async () => {
    await using service = start();
    const line = await service.connect();
    for (let id = 1; id <= 20; id++) line.say(call("subscription", id, "watch", big));
    await settled();
    expect(line.heard.filter(({ error }) => error !== undefined)).toHaveLength(3);
  });
});
