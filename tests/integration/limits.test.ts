import { mutation, query, subscription } from "@tautline/contracts";
import { createServer, implement } from "@tautline/server";
import { settled } from "@tautline/testing";
import { startApp } from "@tautline/testing/app";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { call, decoded, type Line, type ServiceOptions, startService, told } from "./line.js";

const router = () => {
  const held: (() => void)[] = [];
  let started = 0;
  return {
    held,
    get started() {
      return started;
    },
    router: implement({
      echo: query({ input: z.string(), output: z.string() }),
      hold: mutation({ output: z.string() }),
      large: query({ input: z.number(), output: z.string() }),
      feed: subscription({ input: z.number(), output: z.string() }),
    }).router({
      echo: ({ input }) => input,
      hold: () =>
        new Promise<string>((resolve) => {
          held.push(() => resolve("held"));
        }),
      large: ({ input }) => {
        started++;
        return "x".repeat(input);
      },
      async *feed({ input, signal }) {
        yield "x".repeat(input);
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
      },
    }),
  };
};

function start(options: Partial<ServiceOptions> = {}) {
  const handlers = router();
  return { ...startService({ ...handlers, ...options }), handlers };
}

const echo = (id: number | string, text = "a") => call("query", id, "echo", text);
const hold = (id: number | string) => call("mutation", id, "hold");
const feed = (id: number | string, length = 1) => call("subscription", id, "feed", length);
const appOf = (line: Line, id: unknown) => decoded(line.about(id).at(-1)).data.app;

describe("limits", () => {
  it.each([
    { maxFrameBytes: 0 },
    { maxCallsInFlight: -1 },
    { maxOutboxBytes: Number.NaN },
    { helloTimeoutMs: "5" as never },
  ])("that are no numbers above 0 are refused at start: %j", (limits) => {
    expect(() => createServer({ router: router().router, limits })).toThrow(RangeError);
  });

  it.each([
    "maxFrameBytes",
    "maxCallsInFlight",
    "maxSubscriptions",
    "messagesPerSecond",
    "messageBurst",
    "maxOutboxBytes",
  ])("that are switched off with infinity limit no client: %s", async (name) => {
    const limits = { [name]: Number.POSITIVE_INFINITY };
    await using app = await startApp({ router: router().router, server: { limits } });
    for (const text of ["a", "b"]) expect(await app.finish(app.api.echo.query(text))).toBe(text);
    const feed = app.api.feed.subscribe(1)[Symbol.asyncIterator]();
    expect(await app.finish(feed.next())).toEqual({ value: "x", done: false });
  });
});

describe("times and counts of a server", () => {
  it.each([
    { heartbeat: { intervalMs: Number.NaN } },
    { heartbeat: { timeoutMs: 0 } },
    { reauthGraceMs: -1 },
    { reconnectWindowMs: "5000" as never },
    { reconnectWindowMs: Number.POSITIVE_INFINITY },
    { session: { graceMs: Number.NaN } },
    { session: { maxSuspended: -1 } },
  ])("that are none are refused at start: %j", (options) => {
    expect(() => createServer({ router: router().router, ...options })).toThrow(RangeError);
  });

  it("say which one, and what it may be", () => {
    const heartbeat = { intervalMs: Number("") };
    expect(() => createServer({ router: router().router, heartbeat })).toThrow(
      "Cannot use 0 for heartbeat.intervalMs: it must be a number above 0",
    );
  });

  it.each([{ deadlineMs: Number.NaN }, { windowMs: Number.NaN }, { windowMs: -1 }])(
    "that are none do not begin a drain: %j",
    async (options) => {
      await using server = createServer({ router: router().router });
      expect(() => server.drain(options)).toThrow(RangeError);
      expect(server.state).toBe("serving");
    },
  );

  it("that are infinite let nobody ask for signs of life", async () => {
    const heartbeat = { intervalMs: Number.POSITIVE_INFINITY, timeoutMs: 5_000 };
    await using app = await startApp({ router: router().router, server: { heartbeat } });
    await app.api.echo.query("a");
    await app.advance(3_600_000);
    expect(app.network.transcript()).not.toContain("PING");
  });
});

describe("maxCallsInFlight", () => {
  it("refuses one call more, and that one only", async () => {
    await using service = start({ limits: { maxCallsInFlight: 2 } });
    for (const dialect of ["full", "base"] as const) {
      const line = await service.connect({ dialect });
      line.say(hold("a"), hold("b"), hold("c"), feed("d"));
      await settled();
      expect(appOf(line, "c")).toEqual({ code: "TOO_MANY_CALLS", data: { limit: 2 } });
      expect(told(line.about("d"))).toEqual(["started", "x"]); // not counted among them
      service.handlers.held.splice(0)[0]!();
      await settled();
      expect(told(line.about("a"))).toEqual(["held"]);
      expect(told(await line.ask(echo("e")))).toEqual(["a"]);
      expect(told(await line.ask(echo("f")))).toEqual(["a"]);
    }
  });
});

describe("maxCallsPerPrincipal", () => {
  it("refuses one call more over all connections of one user", async () => {
    await using service = start({
      limits: { maxCallsPerPrincipal: 2 },
      authenticate: ({ credentials }) => ({ userId: credentials?.user ?? "" }),
    });
    const connect = (user: string) => service.connect({ hello: { credentials: { user } } });
    const [phone, desk, other] = [await connect("ana"), await connect("ana"), await connect("ben")];
    phone.say(hold(1));
    desk.say(hold(1));
    other.say(hold(1));
    await settled();
    phone.say(hold(2));
    await settled();
    expect(appOf(phone, 2)).toEqual({ code: "TOO_MANY_CALLS", data: { limit: 2 } });
    expect(decoded(phone.about(2)[0]).message).toMatch(/maxCallsPerPrincipal is 2$/);
    service.handlers.held[1]!(); // of the desk
    await settled();
    expect(told(await phone.ask(echo(3)))).toEqual(["a"]);
  });

  it("gives places back that a lost connection held, when its handlers are done", async () => {
    await using service = start({
      limits: { maxCallsPerPrincipal: 1 },
      authenticate: () => ({ userId: "ana" }),
    });
    const lost = await service.connect();
    lost.say(hold(1));
    await settled();
    lost.network.cut();
    const line = await service.connect();
    expect(told(await line.ask(echo(1)))).toEqual(["TOO_MANY_CALLS"]);
    service.handlers.held[0]!();
    await settled();
    expect(told(await line.ask(echo(2)))).toEqual(["a"]);
  });
});

describe("maxSubscriptions", () => {
  it("refuses one subscription more, until another has ended", async () => {
    await using service = start({ limits: { maxSubscriptions: 2 } });
    const line = await service.connect();
    line.say(feed(1), feed(2), feed(3));
    await settled();
    expect(appOf(line, 3)).toEqual({ code: "TOO_MANY_CALLS", data: { limit: 2 } });
    expect(told(line.about(3))).toEqual(["TOO_MANY_CALLS"]); // and no `stopped`
    await line.ask({ id: 1, method: "subscription.stop" });
    expect(told(await line.ask(feed(4)))).toEqual(["started", "x"]);
  });
});

describe("maxPathLength", () => {
  it("refuses a longer path, and goes on", async () => {
    await using service = start({ limits: { maxPathLength: 10 } });
    const line = await service.connect();
    expect(told(await line.ask(call("query", 1, "x".repeat(10))))).toEqual(["NOT_FOUND"]);
    const [answer] = await line.ask(call("query", 2, "x".repeat(11)));
    expect(decoded(answer)).toMatchObject({
      message: "`params.path` has 11 characters: maxPathLength is 10",
      data: { code: "BAD_REQUEST" },
    });
  });
});

describe("maxJsonDepth and maxJsonNodes", () => {
  it.each([
    ["deep", "[".repeat(40) + "]".repeat(40), /levels deep: maxJsonDepth is 20$/],
    ["deep and cut short", "[".repeat(100_000), /^A frame must be JSON/],
    [
      "full of values",
      `[[${"1,".repeat(200)}1]]`,
      /^Cannot accept JSON of .*: maxJsonNodes is 100$/,
    ],
  ])(
    "refuse what is %s and has no id like a frame that is no JSON",
    async (_what, text, message) => {
      await using service = start({ limits: { maxJsonDepth: 20, maxJsonNodes: 100 } });
      const base = await service.connect({ dialect: "base" });
      base.raw(text);
      expect(told(await base.ask(echo(1)))).toEqual(["a"]);
      expect(decoded(base.about(null)[0])).toMatchObject({
        message: expect.stringMatching(message),
        data: { code: "PARSE_ERROR" },
      });
      const full = await service.connect();
      full.raw(text);
      await settled();
      expect(full.closed?.code).toBe(4500);
    },
  );

  it("count keys and texts that look like brackets for what they are", async () => {
    await using service = start({ limits: { maxJsonDepth: 6, maxJsonNodes: 30 } });
    const line = await service.connect();
    expect(told(await line.ask(echo(1, '[[[[{"a":[,,,,,,,"]]"')))).toEqual([
      '[[[[{"a":[,,,,,,,"]]"',
    ]);
  });
});

describe("the rate", () => {
  const limits = { messagesPerSecond: 10, messageBurst: 5 };

  it("refuses messages beyond the burst, one by one, and says when to come again", async () => {
    await using service = start({ limits });
    const line = await service.connect(); // hello is a message, too
    line.say(...[1, 2, 3, 4, 5].map((id) => echo(id)));
    await settled();
    expect([1, 2, 3, 4, 5].flatMap((id) => told(line.about(id)))).toEqual([
      ...["a", "a", "a", "a"],
      "RATE_LIMITED",
    ]);
    expect(appOf(line, 5)).toEqual({ code: "RATE_LIMITED", data: { retryAfterMs: 100 } });
    await service.clock.advanceAsync(100);
    expect(told(await line.ask(echo(6)))).toEqual(["a"]);
  });

  it("never refuses to end something: stop and cancel are heard", async () => {
    await using service = start({ limits });
    const line = await service.connect();
    line.say(hold(1), feed(2), echo(3), echo(4), echo(5));
    await settled();
    expect(told(line.about(5))).toEqual(["RATE_LIMITED"]);
    line.say({ id: 1, method: "cancel" }, { id: 2, method: "subscription.stop" });
    await settled();
    expect(told(line.about(1))).toEqual(["CANCELLED"]);
    expect(told(line.about(2)).at(-1)).toBe("stopped");
  });

  it("closes a connection that goes on all the same", async () => {
    for (const dialect of ["full", "base"] as const) {
      await using service = start({ limits });
      const line = await service.connect({ dialect });
      for (let id = 1; id <= 30; id++) line.say(echo(id));
      await settled();
      expect(line.closed).toEqual({ code: 4003, reason: "More than 10 messages a second" });
      expect(line.heard.length).toBeLessThanOrEqual(11);
      expect(service.leftovers()).toEqual([]);
    }
  });

  it.each([
    ["heartbeats", (line: Line) => line.raw("PING")],
    ["answers to none", (line: Line) => line.raw("PONG")],
    ["empty arrays", (line: Line) => line.raw("[]")],
    ["frames that are no JSON", (line: Line) => line.raw("{")],
    ["frames that are too deep", (line: Line) => line.raw("[".repeat(65))],
    ["cancels", (line: Line) => line.say({ id: 99, method: "cancel" })],
    ["unknown methods", (line: Line) => line.say({ id: 99, method: "x" })],
    ["messages without id", (line: Line) => line.say({ method: "x" })],
  ])("counts %s", async (_what, send) => {
    await using service = start({ limits });
    const line = await service.connect({ dialect: "base" });
    for (let n = 0; n <= 10; n++) send(line);
    await settled();
    expect(line.closed?.code).toBe(4003);
  });

  it("counts messages that wait for the welcome, and refuses them after it", async () => {
    let admit = (_principal: { userId: string }) => {};
    await using service = start({
      limits,
      authenticate: () =>
        new Promise((resolve) => {
          admit = resolve;
        }),
    });
    const line = await service.connect();
    line.say(...[1, 2, 3, 4, 5].map((id) => echo(id)));
    await settled();
    admit({ userId: "ana" });
    await settled();
    expect(line.heard[0]).toMatchObject({ method: "welcome" });
    expect([4, 5].flatMap((id) => told(line.about(id)))).toEqual(["a", "RATE_LIMITED"]);
  });
});

describe("maxFrameBytes", () => {
  it("fails a larger result, counted in bytes, and the connection lives", async () => {
    await using service = start({ limits: { maxFrameBytes: 1_000 } });
    for (const dialect of ["full", "base"] as const) {
      const line = await service.connect({ dialect });
      expect(told(await line.ask(call("query", 1, "large", 900)))).toEqual(["x".repeat(900)]);
      const [answer] = await line.ask(call("query", 2, "large", 1_000));
      expect(decoded(answer)).toMatchObject({
        data: {
          code: "PAYLOAD_TOO_LARGE",
          httpStatus: 413,
          path: "large",
          app: { code: "PAYLOAD_TOO_LARGE", data: { bytes: 1_052, maxBytes: 1_000 } },
        },
      });
      expect(told(await line.ask(echo(3, "€".repeat(300))))).toEqual(["€".repeat(300)]);
      expect(told(await line.ask(echo(4, "€".repeat(320))))).toEqual(["PAYLOAD_TOO_LARGE"]);
      expect(told(await line.ask(feed(5, 1_000)))).toEqual([
        "started",
        "PAYLOAD_TOO_LARGE",
        "stopped",
      ]);
      expect(told(await line.ask(echo(6)))).toEqual(["a"]);
    }
  });

  it("fails a call whose failure is larger, with that", async () => {
    const declares = { A: z.string() };
    const service = startService({
      router: implement({ a: query({ output: z.string(), errors: declares }) }).router({
        a: ({ fail }) => {
          throw fail("A", "x".repeat(1_000));
        },
      }),
      limits: { maxFrameBytes: 1_000 },
    });
    await using _ = service;
    const line = await service.connect();
    expect(told(await line.ask(call("query", 1, "a")))).toEqual(["PAYLOAD_TOO_LARGE"]);
  });

  it("bounds the frames that answers are gathered in", async () => {
    await using service = start({ limits: { maxFrameBytes: 3_000 } });
    const line = await service.connect();
    line.say(...[1, 2, 3, 4].map((id) => call("query", id, "large", 600)));
    await settled();
    expect(line.frames.length).toBeGreaterThan(2);
    for (const frame of line.frames) expect(Buffer.byteLength(frame)).toBeLessThanOrEqual(3_000);
    expect([1, 2, 3, 4].flatMap((id) => told(line.about(id)))).toEqual(
      Array(4).fill("x".repeat(600)),
    );
  });
});

describe("maxOutboxBytes", () => {
  it("stops the reading of a client that asks and does not read, until it reads", async () => {
    await using service = start({ limits: { maxOutboxBytes: 20_000 } });
    const line = await service.connect();
    line.network.pause("toClient");
    for (let id = 1; id <= 50; id++) {
      line.say(call("query", id, "large", 5_000));
      await settled(2);
    }
    expect(service.handlers.started).toBeLessThan(10);
    line.network.resume("toClient");
    await settled(100);
    expect(service.handlers.started).toBe(50);
    for (let id = 1; id <= 50; id++) expect(told(line.about(id))).toEqual(["x".repeat(5_000)]);
  });

  it("does not keep a connection that is not read from its end", async () => {
    await using service = start({ limits: { maxOutboxBytes: 20_000 } });
    const line = await service.connect();
    line.network.pause("toClient");
    for (let id = 1; id <= 20; id++) {
      line.say(call("query", id, "large", 5_000));
      await settled(2);
    }
    void service.server.close();
    line.network.resume("toClient");
    await settled(50);
    expect(line.closed?.code).toBe(4000);
    expect(service.leftovers()).toEqual([]);
  });
});
