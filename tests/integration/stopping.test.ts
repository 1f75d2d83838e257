import { contract, query, subscription } from "@tautline/contracts";
import { implement } from "@tautline/server";
import { settled } from "@tautline/testing";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { call, decoded, type Line, type ServiceOptions, startService, told } from "./line.js";

const app = contract({
  work: query({ output: z.string() }),
  short: query({ output: z.string(), deadlineMs: 1_000 }),
  feed: subscription({ output: z.number() }),
});

/** Handlers whose ends are noted, in the turn in which they happen. */
function start(options: Partial<ServiceOptions> = {}) {
  const running: { readonly signal: AbortSignal; finish(): void; fail(error: Error): void }[] = [];
  /** Handlers that are over, by why. */
  const ended: unknown[] = [];
  function work({ signal }: { signal: AbortSignal }) {
    return new Promise<string>((resolve, reject) => {
      running.push({ signal, finish: () => resolve("done"), fail: reject });
      signal.addEventListener("abort", () => {
        ended.push(signal.reason.cause.app.code);
        reject(signal.reason);
      });
    });
  }
  const router = implement(app).router({
    work,
    short: work,
    async *feed({ signal }) {
      try {
        yield 1;
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
      } finally {
        ended.push("feed");
      }
    },
  });
  return { ...startService({ router, ...options }), running, ended };
}

/** The next turn of the event loop. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Everything that can run at once on one line. */
async function runAll(line: Line) {
  line.say(call("query", 1, "work"), call("query", 2, "short"), call("subscription", 3, "feed"));
  await settled();
}

describe("a handler is stopped within a turn", () => {
  it("of its cancel arriving", async () => {
    await using service = start();
    const line = await service.connect();
    await runAll(line);
    line.say({ id: 1, method: "cancel" });
    await turn();
    expect(service.ended).toEqual(["CANCELLED"]);
    line.say({ id: 3, method: "cancel" });
    await turn();
    expect(service.ended).toEqual(["CANCELLED", "feed"]);
  });

  it.each<[string, (line: Line) => void]>([
    ["being cut", ({ network }) => network.cut()],
    ["a close by the client", ({ socket }) => socket.close(1000)],
    ["the client's sudden end", ({ socket }) => socket.terminate()],
    ["a frame that breaks the protocol", (line) => line.raw("ahoy")],
    ["a binary frame", ({ socket }) => socket.send(new Uint8Array([1]))],
  ])("of the connection's end, by %s", async (_what, end) => {
    await using service = start();
    const line = await service.connect();
    await runAll(line);
    end(line);
    await turn();
    expect(service.ended).toEqual(["CLOSED", "CLOSED", "feed"]);
    expect(service.leftovers()).toEqual([]);
  });

  it("of the server's end", async () => {
    await using service = start();
    await runAll(await service.connect());
    void service.server.close();
    await turn();
    expect(service.ended).toEqual(["CLOSED", "CLOSED", "feed"]);
  });

  it("of the heartbeat's verdict", async () => {
    await using service = start();
    const line = await service.connect();
    await runAll(line);
    line.network.blackHole();
    await service.clock.advanceAsync(19_999);
    expect(service.ended).toEqual(["DEADLINE_EXCEEDED"]); // of the short one, long ago
    service.clock.advance(1);
    await turn();
    expect(service.ended).toEqual(["DEADLINE_EXCEEDED", "CLOSED", "feed"]);
    expect(service.server.connections.size).toBe(0);
  });

  it("of its deadline", async () => {
    await using service = start();
    const line = await service.connect();
    line.say(call("query", 1, "work", undefined, { deadlineMs: 200 }));
    await service.clock.advanceAsync(199);
    expect(service.ended).toEqual([]);
    service.clock.advance(1);
    await turn();
    expect(service.ended).toEqual(["DEADLINE_EXCEEDED"]);
  });
});

describe("a deadline", () => {
  it.each([
    ["of the contract holds by itself", undefined, 1_000],
    ["of the caller wins when it is shorter", 300, 300],
    ["of the contract wins when it is shorter", 5_000, 1_000],
  ])("%s", async (_sentence, deadlineMs, expectedMs) => {
    await using service = start();
    const line = await service.connect();
    line.say(call("query", 1, "short", undefined, { deadlineMs }));
    await service.clock.advanceAsync(expectedMs - 1);
    expect(line.about(1)).toEqual([]);
    await service.clock.advanceAsync(1);
    expect(decoded(line.about(1)[0])).toMatchObject({
      message: `The deadline of ${expectedMs} ms has passed`,
      data: {
        code: "TIMEOUT",
        path: "short",
        app: { code: "DEADLINE_EXCEEDED", data: { deadlineMs: expectedMs } },
      },
    });
  });

  it("of the contract holds in the base dialect, which knows none of the caller's", async () => {
    await using service = start();
    const line = await service.connect({ dialect: "base" });
    line.say(call("query", 1, "short", undefined, { deadlineMs: 500 }));
    await service.clock.advanceAsync(999);
    expect(line.about(1)).toEqual([]);
    await service.clock.advanceAsync(1);
    expect(told(line.about(1))).toEqual(["DEADLINE_EXCEEDED"]);
  });

  it("counts from the arrival of a call that had to wait for the welcome", async () => {
    let admit = (_principal: { userId: string }) => {};
    await using service = start({
      authenticate: () =>
        new Promise((resolve) => {
          admit = resolve;
        }),
    });
    const line = await service.connect();
    line.say(call("query", 1, "work", undefined, { deadlineMs: 200 }));
    await service.clock.advanceAsync(150);
    admit({ userId: "ana" });
    await service.clock.advanceAsync(49);
    expect(line.about(1)).toEqual([]);
    await service.clock.advanceAsync(1);
    expect(told(line.about(1))).toEqual(["DEADLINE_EXCEEDED"]);
  });

  it("that passed before the welcome lets nothing start", async () => {
    let admit = (_principal: { userId: string }) => {};
    await using service = start({
      authenticate: () =>
        new Promise((resolve) => {
          admit = resolve;
        }),
    });
    const line = await service.connect();
    line.say(call("query", 1, "work", undefined, { deadlineMs: 200 }), call("query", 2, "short"));
    await service.clock.advanceAsync(1_000);
    admit({ userId: "ana" });
    await settled();
    expect([...told(line.about(1)), ...told(line.about(2))]).toEqual([
      "DEADLINE_EXCEEDED",
      "DEADLINE_EXCEEDED",
    ]);
    expect(service.running).toEqual([]);
  });

  it("leaves no timer when it was kept", async () => {
    await using service = start();
    const line = await service.connect();
    line.say(call("query", 1, "short"));
    await settled();
    const { pending } = service.clock;
    service.running[0]!.finish();
    await settled();
    expect(service.clock.pending).toBe(pending - 1);
  });

  it("is not for subscriptions", async () => {
    await using service = start();
    const line = await service.connect();
    line.say(call("subscription", 1, "feed", undefined, { deadlineMs: 200 }));
    await service.clock.advanceAsync(10_000);
    expect(told(line.about(1))).toEqual(["started", 1]);
  });

  it("that is no number above 0 is refused", async () => {
    await using service = start();
    const line = await service.connect();
    for (const [id, deadlineMs] of [0, -1, "5", null, [], true].entries()) {
      expect(told(await line.ask({ ...call("query", id, "work"), deadlineMs }))).toEqual([
        "BAD_REQUEST",
      ]);
    }
    expect(service.running).toEqual([]);
  });
});

describe("a call that was given up", () => {
  it("is answered once, with the result if that was faster", async () => {
    let flush = () => {};
    const afterTurn = (run: () => void) => {
      flush = run;
    };
    await using service = start({ afterTurn });
    const line = await service.connect();
    flush(); // the welcome
    await runAll(line);
    service.running[0]!.finish();
    await settled(); // the result waits for the end of its turn, which is the test's to say
    line.say({ id: 1, method: "cancel" });
    await settled();
    flush();
    await settled();
    expect(told(line.about(1))).toEqual(["done"]);
  });

  it("is no failure that onError or the log should hear of", async () => {
    const reports: unknown[] = [];
    await using service = start({ onError: (report) => reports.push(report) });
    const line = await service.connect();
    await runAll(line);
    line.say({ id: 1, method: "cancel" }, { id: 3, method: "subscription.stop" });
    await service.clock.advanceAsync(1_000);
    line.network.cut();
    await settled();
    expect(reports).toEqual([]);
    expect(service.log.filter(({ level }) => level !== "debug")).toEqual([]);
  });

  it("keeps its place until its handler is really done", async () => {
    const stubborn: (() => void)[] = [];
    const router = implement(contract({ work: query({ output: z.string() }) })).router({
      work: () => new Promise((resolve) => stubborn.push(() => resolve("done"))),
    });
    await using service = startService({ router, limits: { maxCallsInFlight: 2 } });
    const line = await service.connect();
    const work = (id: number) => call("query", id, "work");
    line.say(work(1), work(2), { id: 1, method: "cancel" }, { id: 2, method: "cancel" }, work(3));
    await settled();
    expect([1, 2, 3].map((id) => told(line.about(id)))).toEqual([
      ["CANCELLED"],
      ["CANCELLED"],
      ["TOO_MANY_CALLS"],
    ]);
    stubborn[0]!();
    await settled();
    line.say(work(4), work(5));
    await settled();
    expect([told(line.about(4)), told(line.about(5))]).toEqual([[], ["TOO_MANY_CALLS"]]);
  });

  it.each(["finishes", "fails"])(
    "and %s after the connection is gone harms nobody",
    async (outcome) => {
      const left: { resolve(value: string): void; reject(error: Error): void }[] = [];
      const router = implement(app).router({
        work: () => new Promise<string>((resolve, reject) => left.push({ resolve, reject })),
        short: () => new Promise<string>((resolve, reject) => left.push({ resolve, reject })),
        async *feed() {
          const value = await new Promise<string>((resolve, reject) =>
            left.push({ resolve, reject }),
          );
          yield value.length;
        },
      });
      await using service = startService({ router });
      await runAll(await service.connect());
      await service.server.close();
      for (const { resolve, reject } of left) {
        if (outcome === "finishes") resolve("too late");
        else reject(new Error("too late"));
      }
      await settled(); // an unhandled rejection would fail the run
      expect(left).toHaveLength(3);
      expect(service.leftovers()).toEqual([]);
    },
  );
});

describe("stop and cancel", () => {
  it.each(["subscription.stop", "cancel", "credit"])(
    "%s of what is over, or never was, is ignored",
    async (method) => {
      await using service = start();
      const line = await service.connect();
      await runAll(line);
      service.running[0]!.finish();
      await settled();
      const before = line.heard.length;
      for (const id of [1, 99, "never", "__proto__"]) line.say({ id, method, count: 1 });
      await settled();
      expect(line.heard.slice(before)).toEqual([]);
      expect(line.closed).toBeUndefined();
    },
  );

  it("subscription.stop does not cancel a query", async () => {
    await using service = start();
    const line = await service.connect();
    await runAll(line);
    line.say({ id: 1, method: "subscription.stop" });
    await settled();
    expect([service.ended, line.about(1)]).toEqual([[], []]);
  });

  it("a stop that arrives with its subscription ends it before it starts", async () => {
    await using service = start();
    const line = await service.connect();
    line.say(call("subscription", 1, "feed"), { id: 1, method: "subscription.stop" });
    await settled();
    expect(told(line.about(1))).toEqual(["stopped"]);
  });
});
