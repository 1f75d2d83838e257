import { query, subscription } from "@tautline/contracts";
import { implement } from "@tautline/server";
import { settled } from "@tautline/testing";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { call, decoded, type Line, type ServiceOptions, startService, told } from "./line.js";

/** Echoes at once; holds until told; counts without end. */
function start(options: Partial<ServiceOptions> = {}) {
  const held: ((text: string) => void)[] = [];
  const router = implement({
    echo: query({ input: z.string(), output: z.string() }),
    hold: query({ output: z.string() }),
    feed: subscription({ output: z.number() }),
  }).router({
    echo: ({ input }) => input,
    hold: () => new Promise<string>((resolve) => held.push(resolve)),
    async *feed({ signal }) {
      yield 1;
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    },
  });
  return { ...startService({ router, ...options }), held };
}

const echo = (id: number | string, text: string) => call("query", id, "echo", text);

/** The failures under `id: null`. */
const nobodys = (line: Line) => told(line.about(null));

describe("a frame", () => {
  it("may hold many messages; each is answered, in one array in the full dialect", async () => {
    await using service = start();
    const line = await service.connect();
    line.say(echo(1, "a"), echo(2, "b"), echo(3, "c"));
    await settled();
    expect(line.frames.slice(1)).toHaveLength(1);
    expect(JSON.parse(line.frames[1]!).map(decoded)).toEqual(["a", "b", "c"]);
  });

  it("holds one message each way back in the base dialect", async () => {
    await using service = start();
    const line = await service.connect({ dialect: "base" });
    line.say(echo(1, "a"), echo(2, "b"), call("subscription", 3, "feed"));
    await settled();
    expect(line.frames.map((text) => [JSON.parse(text)].flat().length)).toEqual([1, 1, 1, 1]);
    expect(line.heard).toHaveLength(4);
  });

  it("is not voided by one bad message in it", async () => {
    const bad: [unknown, string][] = [
      [{ id: "no path", method: "query", params: {} }, "BAD_REQUEST"],
      [{ id: "no params", method: "query" }, "BAD_REQUEST"],
      [{ id: "params a list", method: "query", params: ["echo"] }, "BAD_REQUEST"],
      [{ id: "a method of tomorrow", method: "teleport" }, "BAD_REQUEST"],
      [{ id: "no method" }, "BAD_REQUEST"],
      [
        { id: "jsonrpc 3", jsonrpc: "3.0", method: "query", params: { path: "echo" } },
        "BAD_REQUEST",
      ],
      [
        {
          id: "a number to go on after",
          method: "subscription",
          params: { path: "feed", lastEventId: 5 },
        },
        "BAD_REQUEST",
      ],
      [
        { id: "bad input", method: "query", params: { path: "echo", input: { json: 5 } } },
        "INVALID_INPUT",
      ],
    ];
    for (const dialect of ["full", "base"] as const) {
      await using service = start();
      const line = await service.connect({ dialect });
      line.say(echo("first", "a"), ...bad.map(([message]) => message), echo("last", "b"));
      await settled();
      for (const [message, code] of bad) {
        expect(told(line.about((message as { id: string }).id))).toEqual([code]);
      }
      expect([...told(line.about("first")), ...told(line.about("last"))]).toEqual(["a", "b"]);
      expect(line.closed).toBeUndefined();
    }
  });

  it.each<[string, string]>([
    ["is not JSON", "ahoy"],
    ["is cut short", '{"id":1,"method":"query"'],
    ["is empty", ""],
    ["is a ping in other letters", "ping"],
    ["holds no object", "5"],
    ["holds an array in an array", '[[{"id":1,"method":"query","params":{"path":"echo"}}]]'],
    ["has a message without id", '{"method":"query","params":{"path":"echo"}}'],
    ["has a message whose id is null", '{"id":null,"method":"query","params":{"path":"echo"}}'],
    ["has a message whose id is an object", '{"id":{},"method":"query","params":{"path":"echo"}}'],
    ["has a message whose id is true", '{"id":true,"method":"query","params":{"path":"echo"}}'],
    ["has a message whose id is empty", '{"id":"","method":"query","params":{"path":"echo"}}'],
    ["has an id that is too long", `{"id":"${"x".repeat(129)}","method":"cancel"}`],
  ])("that %s is answered under id null", async (_what, text) => {
    await using service = start();
    const full = await service.connect();
    full.raw(text);
    await settled();
    expect(nobodys(full)).toEqual(["PARSE_ERROR"]);
    expect(full.closed?.code).toBe(4500); // who sends such a frame can not be trusted to count

    const base = await service.connect({ dialect: "base" });
    base.raw(text);
    expect(told(await base.ask(echo(1, "still here")))).toEqual(["still here"]);
    expect(nobodys(base)).toEqual(["PARSE_ERROR"]);
    expect(base.closed).toBeUndefined();
  });

  it("that breaks off in the middle lets what was before it run in the base dialect", async () => {
    await using service = start();
    const line = await service.connect({ dialect: "base" });
    line.say(echo(1, "a"), 5, echo(2, "b"), null, echo(3, "c"));
    await settled();
    expect(nobodys(line)).toEqual(["PARSE_ERROR", "PARSE_ERROR"]);
    expect([1, 2, 3].flatMap((id) => told(line.about(id)))).toEqual(["a", "b", "c"]);
  });

  it("may be an empty array", async () => {
    await using service = start();
    const line = await service.connect();
    line.raw("[]");
    expect(told(await line.ask(echo(1, "a")))).toEqual(["a"]);
  });

  it("of bytes ends the connection with 1003", async () => {
    for (const dialect of ["full", "base"] as const) {
      await using service = start();
      const line = await service.connect({ dialect });
      line.socket.send(new Uint8Array([123, 125]));
      await settled();
      expect(line.closed?.code).toBe(1003);
    }
  });

  it("may hold members that nobody knows", async () => {
    await using service = start();
    const line = await service.connect();
    const request = { ...echo(1, "a"), trace: 5, colour: "k", since: {} };
    expect(told(await line.ask(request))).toEqual(["a"]);
  });
});

describe("paths", () => {
  it.each([
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
    "echo.constructor",
    "__proto__.echo",
    "",
    ".",
    "echo.",
    "createCaller",
    "_def",
    "_def.procedures.echo",
    "then",
  ])("%j leads nowhere", async (path) => {
    for (const dialect of ["full", "base"] as const) {
      await using service = start();
      const line = await service.connect({ dialect });
      for (const method of ["query", "mutation", "subscription"] as const) {
        expect(told(await line.ask(call(method, method, path)))).toEqual(["NOT_FOUND"]);
      }
    }
  });
});

describe("ids", () => {
  it.each([0, -1, 1.5, 1e308, "a", "1", "__proto__", "constructor", "é".repeat(128)])(
    "may be %j",
    async (id) => {
      await using service = start();
      const line = await service.connect();
      expect(told(await line.ask(echo(id, "a")))).toEqual(["a"]);
      expect(told(await line.ask(call("subscription", id, "feed")))).toEqual(["started", 1]);
      expect(told(await line.ask({ id, method: "subscription.stop" }))).toEqual(["stopped"]);
    },
  );

  it("that are equal but for their type are two", async () => {
    await using service = start();
    const line = await service.connect();
    line.say(call("query", 1, "hold"), call("query", "1", "hold"));
    await settled();
    service.held[1]!("text");
    service.held[0]!("number");
    await settled();
    expect([told(line.about(1)), told(line.about("1"))]).toEqual([["number"], ["text"]]);
  });

  it("of a call that runs are refused in the full dialect, and the first goes on", async () => {
    await using service = start();
    const line = await service.connect();
    line.say(call("query", 1, "hold"), echo(1, "b"), call("subscription", 1, "feed"));
    await settled();
    expect(told(line.about(1))).toEqual(["BAD_REQUEST", "BAD_REQUEST"]);
    service.held[0]!("a");
    await settled();
    expect(told(line.about(1)).at(-1)).toBe("a");
    expect(told(await line.ask(echo(1, "free again")))).toEqual(["free again"]);
  });

  it("of a call that runs may be used again in the base dialect, as in tRPC", async () => {
    await using service = start();
    const line = await service.connect({ dialect: "base" });
    line.say(call("query", 1, "hold"), echo(1, "b"), call("subscription", 1, "feed"), echo(1, "c"));
    await settled();
    service.held[0]!("a");
    await settled();
    expect(told(line.about(1)).sort()).toEqual([1, "a", "b", "c", "started"].sort());
  });

  it("of a subscription that runs are refused to a query in the full dialect", async () => {
    await using service = start();
    const line = await service.connect();
    await line.ask(call("subscription", 1, "feed"));
    expect(told(await line.ask(echo(1, "a")))).toEqual(["BAD_REQUEST"]);
  });

  it("of a subscription are not free before its handler has ended", async () => {
    for (const dialect of ["full", "base"] as const) {
      let finish = () => {};
      const router = implement({ feed: subscription({ output: z.number() }) }).router({
        async *feed({ signal }) {
          try {
            yield 1;
            await new Promise((resolve) => signal.addEventListener("abort", resolve));
          } finally {
            await new Promise<void>((resolve) => {
              finish = resolve;
            });
          }
        },
      });
      await using service = startService({ router });
      const line = await service.connect({ dialect });
      const feed = call("subscription", 1, "feed");
      await line.ask(feed);
      expect(await line.ask({ id: 1, method: "subscription.stop" })).toEqual([]);
      expect(told(await line.ask(feed))).toEqual(["BAD_REQUEST"]);
      finish();
      await settled();
      expect(told(line.about(1)).at(-1)).toBe("stopped");
      expect(told(await line.ask(feed))).toEqual(["started", 1]);
    }
  });
});

describe("PING", () => {
  it("is answered behind everything that was queued before it", async () => {
    for (const dialect of ["full", "base"] as const) {
      let flush = () => {};
      const afterTurn = (run: () => void) => {
        flush = run;
      };
      await using service = start({ afterTurn });
      const line = await service.connect({ dialect });
      flush();
      await settled();
      const before = line.heard.length;
      line.say(echo(1, "a"), echo(2, "b"));
      await settled();
      line.raw("PING");
      await settled();
      line.say(echo(3, "c"));
      await settled();
      flush();
      await settled();
      expect(line.heard.slice(before).map((message) => message.id ?? message)).toEqual([
        1,
        2,
        "PONG",
        3,
      ]);
    }
  });

  it("is answered once each, and PONG never", async () => {
    await using service = start();
    const line = await service.connect();
    for (const text of ["PING", "PONG", "PING"]) line.raw(text);
    await settled();
    expect(line.heard.slice(1)).toEqual(["PONG", "PONG"]);
  });

  it("is answered while authentication takes its time", async () => {
    await using service = start({ authenticate: () => new Promise(() => {}) });
    const line = await service.connect();
    line.raw("PING");
    await settled();
    expect(line.heard).toEqual(["PONG"]);
  });
});
