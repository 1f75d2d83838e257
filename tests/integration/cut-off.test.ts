import { EventEmitter, on } from "node:events";
import { contract, subscription } from "@tautline/contracts";
import { implement, tracked } from "@tautline/server";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { call, startService, told } from "./line.js";

const bus = new EventEmitter();

const app = contract({
  /** A long log, and what is added to it. */
  log: subscription({ output: z.number(), tracked: true, overflow: "cut" }),
  /** Something that does not fit, and then nothing for long. */
  misfit: subscription({ output: z.number(), overflow: "latest" }),
  /** The same, where nothing is pulled ahead. */
  misfitInStep: subscription({ output: z.number() }),
});

async function* misfit({ signal }: { signal: AbortSignal }) {
  const events = on(bus, "event", { signal });
  yield "one" as never;
  for await (const [n] of events) yield n;
}

const router = implement(app).router({
  async *log({ signal }) {
    const live = on(bus, "event", { signal }); // first, as the guide says
    for (let n = 0; n < 1_000; n++) yield tracked(String(n), n);
    for await (const [n] of live) yield tracked(String(n), n);
  },
  misfit,
  misfitInStep: misfit,
});

describe("a subscription that the server ends", () => {
  it.each([
    ["log", "OVERFLOW"],
    ["misfit", "INTERNAL"],
    ["misfitInStep", "INTERNAL"],
  ])("%s is answered with %s, and its handler listens no more", async (path, code) => {
    await using service = startService({ router });
    const line = await service.connect();
    const heard = told(await line.ask(call("subscription", 1, path)));
    expect(heard.slice(-2)).toEqual([code, "stopped"]);
    expect(bus.listenerCount("event")).toBe(0);
  });
});
