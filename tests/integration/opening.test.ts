import { query } from "@tautline/contracts";
import { implement } from "@tautline/server";
import { settled } from "@tautline/testing";
import { initTRPC, TRPCError } from "@trpc/server";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { call, decoded, type ServiceOptions, startService, told } from "./line.js";

const router = implement({ whoami: query({ output: z.string() }) })
  .context<{ principal: { userId: string } | null }>()
  .router({ whoami: ({ ctx }) => ctx.principal?.userId ?? "nobody" });

const start = (options: Partial<ServiceOptions> = {}) => startService({ router, ...options });
const hello = { method: "hello", version: 1 };
const whoami = (id: number) => call("query", id, "whoami");

/** An `authenticate` that decides when the test does. */
function undecided() {
  const asked: any[] = [];
  const decisions: { resolve(principal: any): void; reject(error: unknown): void }[] = [];
  return {
    asked,
    decisions,
    authenticate(request: object) {
      asked.push(request);
      return new Promise<any>((resolve, reject) => decisions.push({ resolve, reject }));
    },
  };
}

describe("the first frame", () => {
  it.each([
    ["full", false, 4002, "No hello within 5000 ms"],
    ["base", true, 4002, "No connectionParams within 5000 ms"],
  ] as const)("is due in time (%s dialect)", async (dialect, expectsParams, code, reason) => {
    await using service = start();
    const line = await service.connect({ dialect, expectsParams, hello: false });
    await service.clock.advanceAsync(4_999);
    expect(line.closed).toBeUndefined();
    await service.clock.advanceAsync(1);
    expect(line.closed).toEqual({ code, reason });
    expect(service.leftovers()).toEqual([]);
  });

  it("may never come in the base dialect, as long as PING is answered", async () => {
    await using service = start();
    const line = await service.connect({ dialect: "base" });
    for (let minute = 0; minute < 5; minute++) {
      for (let quarter = 0; quarter < 4; quarter++) {
        await service.clock.advanceAsync(15_000);
        expect(line.heard).toEqual(Array(4 * minute + quarter + 1).fill("PING"));
        line.raw("PONG");
        await settled();
      }
    }
    expect(line.closed).toBeUndefined();
    await service.clock.advanceAsync(20_000);
    expect(line.closed?.code).toBe(1006); // abandoned: a dead peer would not finish a handshake
  });

  it("has no deadline any more once it came, whatever authentication takes", async () => {
    const { authenticate, decisions } = undecided();
    await using service = start({ authenticate });
    const line = await service.connect();
    await service.clock.advanceAsync(14_000);
    decisions[0]!.resolve({ userId: "ana" });
    await settled();
    expect(line.heard[0]).toMatchObject({ method: "welcome" });
  });

  it.each<[string, string]>([
    ["a call", JSON.stringify(whoami(1))],
    ["an unknown method", '{"id":1,"method":"ahoy"}'],
    ["connectionParams", '{"method":"connectionParams","data":null}'],
    ["no object", "5"],
    ["no JSON", "ahoy"],
    ["a hello without version", '{"method":"hello"}'],
    [
      "a hello whose credentials are no strings",
      '{"method":"hello","version":1,"credentials":{"a":1}}',
    ],
    [
      "an array that does not begin with it",
      `[${JSON.stringify(whoami(1))},{"method":"hello","version":1}]`,
    ],
  ])("that is %s instead of hello ends the connection with 4500", async (_what, text) => {
    await using service = start();
    const line = await service.connect({ hello: false });
    line.raw(text);
    await settled();
    expect(line.closed?.code).toBe(4500);
    expect(line.heard).toMatchObject([{ id: null, error: {} }]);
    expect(service.leftovers()).toEqual([]);
  });

  it("that says another version than the subprotocol ends it with 4501", async () => {
    await using service = start();
    const line = await service.connect({ hello: { version: 2 } });
    expect(line.closed).toEqual({ code: 4501, reason: "Cannot speak version 2: use 1" });
  });

  it.each<[string, string]>([
    ["a call", JSON.stringify(whoami(1))],
    ["malformed", '{"method":"connectionParams","data":{"token":5}}'],
    ["no JSON", "ahoy"],
  ])("that is %s where connectionParams are due ends it with 4502", async (_what, text) => {
    await using service = start();
    const line = await service.connect({ dialect: "base", expectsParams: true });
    line.raw(text);
    await settled();
    expect(line.heard.map(({ id, error }) => [id, decoded({ error }).data.code])).toEqual([
      [null, "PARSE_ERROR"],
    ]);
    expect(line.closed?.code).toBe(4502);
  });

  it("may be empty: an empty array says nothing", async () => {
    await using service = start();
    const line = await service.connect({ hello: false });
    line.raw("[]");
    line.say(hello);
    await settled();
    expect(line.heard).toMatchObject([{ method: "welcome" }]);
  });
});

describe("hello", () => {
  it("is answered with the limits, the heartbeat and the contract, before anything else", async () => {
    await using service = start({
      limits: { maxCallsInFlight: 5 },
      heartbeat: { intervalMs: 1_000 },
      reconnectWindowMs: 3_000,
    });
    const line = await service.connect({ hello: false });
    line.say(hello, whoami(1));
    await settled();
    expect(line.heard).toEqual([
      {
        method: "welcome",
        version: 1,
        limits: {
          maxFrameBytes: 1_048_576,
          maxCallsInFlight: 5,
          maxSubscriptions: 256,
          messagesPerSecond: 1_000,
          messageBurst: 2_000,
        },
        heartbeat: { intervalMs: 1_000, timeoutMs: 5_000 },
        reconnectWindowMs: 3_000,
        contract: expect.stringMatching(/^[0-9a-f]{16}$/),
      },
      { id: 1, result: { type: "data", data: { json: "nobody" } } },
    ]);
  });

  it.each(["while the first is looked at", "after the welcome"])(
    "for a second time %s ends the connection with 4500",
    async (when) => {
      const { authenticate, decisions } = undecided();
      await using service = start({ authenticate });
      const line = await service.connect();
      if (when === "after the welcome") decisions[0]!.resolve({ userId: "ana" });
      await settled();
      line.say(hello);
      await settled();
      expect(line.closed).toEqual({ code: 4500, reason: "A second hello" });
    },
  );

  it("may hold more than this version knows", async () => {
    await using service = start();
    const line = await service.connect({ hello: { tenant: "s1", client: "test/1.0" } });
    expect(line.heard).toMatchObject([{ method: "welcome" }]);
  });
});

describe("authentication", () => {
  it.each(["full", "base"] as const)("sees who asks (%s dialect)", async (dialect) => {
    const asked: any[] = [];
    const authenticate = (request: any) => {
      asked.push(request);
      return { userId: request.credentials.token };
    };
    await using service = start({ authenticate });
    const line = await service.connect({
      dialect,
      expectsParams: true,
      hello: { credentials: { token: "ana" } },
      headers: { "user-agent": "test" },
      url: new URL("ws://localhost/line?a=b"),
      remoteAddress: "10.0.0.1",
    });
    if (dialect === "base") line.say({ method: "connectionParams", data: { token: "ana" } });
    expect(told(await line.ask(whoami(1)))).toEqual(["ana"]);
    expect(asked).toEqual([
      {
        credentials: { token: "ana" },
        headers: { "user-agent": "test" },
        url: new URL("ws://localhost/line?a=b"),
        remoteAddress: "10.0.0.1",
        signal: expect.any(AbortSignal),
      },
    ]);
  });

  it("happens without credentials in a base dialect that announces none", async () => {
    const authenticate = ({ credentials }: any) => ({ userId: `given ${credentials}` });
    await using service = start({ authenticate });
    const line = await service.connect({ dialect: "base" });
    expect(told(await line.ask(whoami(1)))).toEqual(["given null"]);
  });

  it.each<[string, () => unknown, string, string]>([
    ["null", () => null, "UNAUTHORIZED", "The credentials were refused"],
    ["undefined", () => undefined, "UNAUTHORIZED", "The credentials were refused"],
    [
      "a TRPCError",
      () => {
        throw new TRPCError({ code: "FORBIDDEN", message: "Banned" });
      },
      "FORBIDDEN",
      "Banned",
    ],
  ])(
    "that gives %s refuses: a failure first, then 4502",
    async (_what, authenticate, code, message) => {
      for (const dialect of ["full", "base"] as const) {
        await using service = start({ authenticate: authenticate as never });
        const line = await service.connect({ dialect });
        expect(line.heard.map(({ id }) => id)).toEqual([null]);
        expect(decoded(line.heard[0])).toMatchObject({ message, data: { code } });
        expect(line.closed).toEqual({ code: 4502, reason: code });
        expect(service.leftovers()).toEqual([]);
      }
    },
  );

  it.each<[string, Partial<ServiceOptions>]>([
    ["authenticate", { authenticate: () => Promise.reject(new Error("db.internal is down")) }],
    [
      "createContext",
      {
        createContext: () => {
          throw new Error("db.internal is down");
        },
      },
    ],
  ])(
    "that fails in %s closes with 4005, says nothing of why, and logs it",
    async (_where, options) => {
      await using service = start(options);
      const line = await service.connect();
      expect(line.heard).toEqual([]);
      expect(line.closed).toEqual({ code: 4005, reason: "Could not authenticate" });
      expect(service.log).toContainEqual({
        level: "error",
        message: "Could not tell who a client is: authenticate or createContext threw",
        fields: {
          event: "auth.failed",
          err: expect.objectContaining({ message: "db.internal is down" }),
        },
      });
    },
  );

  it("that takes its time lets calls wait, in order and undecoded", async () => {
    const { authenticate, decisions } = undecided();
    const decoded: unknown[] = [];
    const transformer = {
      serialize: (value: unknown) => value,
      deserialize(value: unknown) {
        decoded.push(value);
        return value;
      },
    };
    const t = initTRPC.create({ transformer });
    const echo = t.procedure.input(z.string()).query(({ input }) => input);
    await using service = startService({ router: t.router({ echo }), authenticate });
    const line = await service.connect({ hello: false });
    const ask = (input: string) => ({
      id: input,
      method: "query",
      params: { path: "echo", input },
    });
    line.say(hello, ask("same frame"), ask("as well"));
    line.say(ask("later frame"));
    await settled();
    expect([line.heard, decoded]).toEqual([[], []]);
    decisions[0]!.resolve({ userId: "ana" });
    await settled();
    expect(line.heard.map((message) => message.method ?? message.id)).toEqual([
      "welcome",
      "same frame",
      "as well",
      "later frame",
    ]);
    expect(decoded).toEqual(["same frame", "as well", "later frame"]);
  });

  it("that refuses runs nothing of what waited", async () => {
    const { authenticate, decisions } = undecided();
    await using service = start({ authenticate });
    const line = await service.connect({ hello: false });
    line.say(hello, whoami(1));
    await settled();
    decisions[0]!.resolve(null);
    await settled();
    expect(line.about(1)).toEqual([]);
    expect(line.closed?.code).toBe(4502);
  });

  it("lets no more wait than a frame may hold", async () => {
    const { authenticate } = undecided();
    await using service = start({ authenticate, limits: { maxFrameBytes: 10_000 } });
    const line = await service.connect();
    const large = call("query", 1, "whoami", "x".repeat(6_000));
    line.say(large);
    await settled();
    expect(line.closed).toBeUndefined();
    line.say({ ...large, id: 2 });
    await settled();
    expect(line.closed).toEqual({
      code: 4500,
      reason: "More than 10000 bytes before the welcome",
    });
  });

  it("ends early when its client leaves, and the client never was there", async () => {
    const { authenticate, asked, decisions } = undecided();
    const events: string[] = [];
    await using service = start({
      authenticate,
      onConnect: () => events.push("connect"),
      onDisconnect: () => events.push("disconnect"),
    });
    const line = await service.connect();
    expect(asked[0].signal.aborted).toBe(false);
    line.network.cut();
    await settled();
    expect(asked[0].signal.aborted).toBe(true);
    decisions[0]!.resolve({ userId: "ana" });
    await settled();
    expect([events, [...service.server.connections], service.leftovers()]).toEqual([[], [], []]);
  });

  it("that fails because its client left is nobody's failure", async () => {
    const { authenticate, decisions } = undecided();
    await using service = start({ authenticate });
    const line = await service.connect();
    line.network.cut();
    await settled();
    decisions[0]!.reject(new Error("aborted"));
    await settled();
    expect(service.log.filter(({ level }) => level !== "debug")).toEqual([]);
  });
});

describe("a connection", () => {
  it("is told to onConnect when it is open, and to onDisconnect when it has ended, once each", async () => {
    const events: unknown[] = [];
    await using service = start({
      authenticate: () => ({ userId: "ana" }),
      onConnect: ({ connection, request }) =>
        events.push(["connect", connection, request.credentials, request.headers]),
      onDisconnect: ({ connection, code, reason }) =>
        events.push(["disconnect", connection, code, reason]),
    });
    const line = await service.connect({
      hello: { client: "test/1.0", credentials: { a: "b" } },
      headers: { origin: "http://a.example" },
      remoteAddress: "192.0.2.1",
    });
    const [connection] = service.server.connections;
    expect({ ...connection }).toEqual({
      principal: { userId: "ana" },
      client: "test/1.0",
      dialect: "full",
      remoteAddress: "192.0.2.1",
    });
    expect(connection?.id).toMatch(/^[\da-f-]{36}$/);
    expect(connection?.id).toBe(connection?.id);
    const connected = ["connect", connection, { a: "b" }, { origin: "http://a.example" }];
    expect(events).toEqual([connected]);
    line.socket.close(4503, "done");
    await settled();
    line.network.cut();
    await settled();
    expect(events).toEqual([connected, ["disconnect", connection, 4503, "done"]]);
    expect(service.leftovers()).toEqual([]);
  });

  it("may be closed by its own createContext and onConnect", async () => {
    for (const hook of ["createContext", "onConnect"] as const) {
      for (const dialect of ["full", "base"] as const) {
        const codes: number[] = [];
        await using service = start({
          createContext: () => ({ principal: null }),
          [hook]: ({ connection }: any) => {
            connection.close(4502, "Not today");
            return { principal: null };
          },
          onDisconnect: ({ code }) => codes.push(code),
        });
        const line = await service.connect({ dialect });
        expect(line.closed).toEqual({ code: 4502, reason: "Not today" });
        expect(codes).toEqual(hook === "onConnect" ? [4502] : []);
        expect(service.leftovers()).toEqual([]);
      }
    }
  });

  it("can be asked to reconnect, and closed", async () => {
    await using service = start();
    const line = await service.connect();
    const [connection] = service.server.connections;
    connection!.askToReconnect();
    await settled();
    expect(line.heard.at(-1)).toEqual({ id: null, method: "reconnect" });
    expect(() => connection!.close(99)).toThrow(RangeError);
    expect(line.closed).toBeUndefined();
    connection!.close();
    connection!.close(4502);
    await settled();
    expect(line.closed).toEqual({ code: 4000, reason: "" });
  });

  it("outlives hooks that throw, now or later; the log says so", async () => {
    await using service = start({
      onConnect: () => {
        throw new Error("first");
      },
      onError: () => Promise.reject(new Error("second")) as never,
    });
    const line = await service.connect();
    expect(told(await line.ask(call("query", 1, "gone")))).toEqual(["NOT_FOUND"]);
    expect(told(await line.ask(whoami(2)))).toEqual(["nobody"]);
    const errors = service.log.filter(({ level }) => level === "error");
    expect(errors.map(({ message }) => message)).toEqual(["onConnect threw", "onError threw"]);
  });
});
