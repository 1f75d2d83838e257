import { EventEmitter } from "node:events";
import { settled, until } from "@tautline/testing";
import { initTRPC, TRPCError, tracked } from "@trpc/server";
import { afterEach, describe, expect, it, vi } from "vitest";
import { getWSConnectionHandler } from "./handler.js";

// The platform's own: what the peer counts with must not show among the timers a test counts.
const nextTurn = setImmediate;

/** A socket with no more than tRPC's handler uses: what a runtime without `ws` passes in its place. */
class Peer extends EventEmitter {
  readyState = 1;
  readonly heard: any[] = [];
  /** Frames that left in one turn, turn by turn. */
  readonly turns: number[] = [];
  bufferedAmount: number | undefined = undefined;
  paused = false;
  #turnIsNoted = false;

  send(frame: unknown) {
    const text = String(frame);
    this.heard.push(text.startsWith("{") ? JSON.parse(text) : frame);
    if (!this.#turnIsNoted) {
      this.#turnIsNoted = true;
      this.turns.push(0);
      nextTurn(() => {
        this.#turnIsNoted = false;
      });
    }
    this.turns[this.turns.length - 1]!++;
  }

  close() {
    this.readyState = 3;
    this.emit("close");
  }

  terminate() {
    this.close();
  }

  say(...frames: unknown[]) {
    for (const frame of frames) {
      const text = typeof frame === "string" ? frame : JSON.stringify(frame);
      this.emit("message", Buffer.from(text), false);
    }
  }

  about(id: unknown) {
    return this.heard.filter((message) => message.id === id);
  }
}

const t = initTRPC.create({ isDev: false });
let released = () => {};
const router = t.router({
  echo: t.procedure.input((raw) => raw).query(({ input }) => input),
  fail: t.procedure.query(() => {
    throw new TRPCError({ code: "FORBIDDEN", message: "not you" });
  }),
  count: t.procedure.subscription(async function* () {
    yield tracked("1", "a");
    yield "b";
  }),
  wait: t.procedure.subscription(async function* ({ signal }) {
    yield 1;
    await new Promise((resolve) => signal!.addEventListener("abort", resolve));
    released();
  }),
});

type Options = Partial<Parameters<typeof getWSConnectionHandler>[0]>;

/** Serves a peer; its request is what `req` says. */
function start(options: Options = {}, req: object = { url: "/", headers: {} }) {
  const peer = new Peer();
  const told: any[] = [];
  const handler = getWSConnectionHandler({
    wss: undefined as never,
    router,
    onError: ({ error, type, path }: any) => told.push([error.message, type, path]),
    ...options,
  } as never);
  handler(peer as never, req as never);
  return { peer, told };
}

const query = (id: unknown, path: string, input?: unknown) => ({
  id,
  method: "query",
  params: { path, input },
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("a socket that is none of ws", () => {
  it("is served with what it has", async () => {
    const { peer } = start();
    peer.say(
      query(1, "echo", "a"),
      { id: 2, method: "subscription", params: { path: "count" } },
      "PING",
    );
    await until(() => peer.heard.length === 6);
    expect(peer.about(1)).toEqual([{ id: 1, result: { type: "data", data: "a" } }]);
    expect(peer.about(2).map(({ result }) => result)).toEqual([
      { type: "started" },
      { type: "data", id: "1", data: { id: "1", data: "a" } },
      { type: "data", data: "b" },
      { type: "stopped" },
    ]);
    expect(peer.heard).toContain("PONG");
  });

  it.each([
    ["no URL", {}],
    ["a URL of two slashes", { url: "//", headers: {} }],
    ["a whole URL", { url: "http://a b/?x#?connectionParams=1", headers: { host: "a b" } }],
    ["nonsense", { url: "\\\\%%%?%%%&=", headers: {} }],
  ])("with %s in its request is served", async (_what, req) => {
    const { peer } = start({}, req);
    peer.say(query(1, "echo", "a"));
    await until(() => peer.heard.length === 1);
  });

  it("that says nothing readable is told so, each time", async () => {
    const { peer, told } = start();
    peer.emit("message", "a text that is no Buffer", false);
    peer.emit("message", [Buffer.from("{}")], false);
    peer.say("", "{", "null", "5", '"text"', "[[]]", {
      id: null,
      method: "query",
      params: { path: "echo" },
    });
    await until(() => peer.heard.length === 9);
    const codes = peer.heard.map(({ id, error }) => [id, error.data.code]);
    expect(codes.slice(0, 2)).toEqual(Array(2).fill([null, "UNPROCESSABLE_CONTENT"]));
    expect(codes.slice(2)).toEqual(Array(7).fill([null, "PARSE_ERROR"]));
    expect(told).toEqual([["`id` is required", "unknown", undefined]]);
  });

  it("that names a call by a number without end is told so, in JSON", async () => {
    const { peer, told } = start();
    peer.emit(
      "message",
      Buffer.from('{"id":1e999,"method":"query","params":{"path":"echo"}}'),
      false,
    );
    await until(() => peer.heard.length === 1);
    expect(peer.heard).toMatchObject([{ id: null, error: { data: { code: "PARSE_ERROR" } } }]);
    expect(told).toEqual([["`id` is required", "unknown", undefined]]);
  });

  it("that breaks is told of, and nothing more", () => {
    const { peer, told } = start();
    peer.emit("error", new RangeError("Invalid WebSocket frame"));
    expect(told).toEqual([["Invalid WebSocket frame", "unknown", undefined]]);
  });
});

describe("answers", () => {
  it("that become ready in one turn leave in one", async () => {
    const { peer } = start();
    await settled();
    peer.say(Array.from({ length: 50 }, (_, n) => query(n, "echo", n)));
    await until(() => peer.heard.length === 50);
    expect(peer.turns).toEqual([50]);
  });

  it("are dropped once the socket closes", async () => {
    const { peer } = start();
    await settled();
    peer.say(query(1, "echo", "a"));
    peer.readyState = 2;
    await settled();
    expect(peer.heard).toEqual([]);
  });

  it("wait for no clock of a test", async () => {
    vi.useFakeTimers();
    const { peer } = start();
    peer.say(query(1, "echo", "a"));
    await until(() => peer.heard.length === 1);
  });

  it("are pulled no faster than they are taken", async () => {
    const { peer } = start();
    peer.bufferedAmount = 2_000_000; // nobody reads
    peer.say({ id: 1, method: "subscription", params: { path: "count" } });
    await settled();
    expect(peer.about(1).map(({ result }) => result.type)).toEqual(["started"]);
    peer.bufferedAmount = 0;
    peer.close();
  });
});

describe("a slow context", () => {
  it("lets a peer say a megabyte, and then reads no further", async () => {
    let open = () => {};
    const createContext = () =>
      new Promise<object>((resolve) => {
        open = () => resolve({});
      });
    const { peer } = start({ createContext } as never);
    const pause = vi.fn();
    const resume = vi.fn();
    Object.assign(peer, { pause, resume });
    const text = "x".repeat(300_000);
    for (let id = 1; id <= 3; id++) peer.say(query(id, "echo", text));
    expect(pause).not.toHaveBeenCalled();
    peer.say(query(4, "echo", text));
    expect(pause).toHaveBeenCalledTimes(1);
    await settled();
    expect(resume).not.toHaveBeenCalled();
    open();
    await until(() => peer.heard.length === 4);
    expect(resume).toHaveBeenCalledTimes(1);
  });

  it("that comes when the peer has left still runs what it asked to be changed, and says that nobody waits", async () => {
    let open = () => {};
    let runs = 0;
    let aborted: boolean | undefined;
    const changing = t.router({
      change: t.procedure.mutation(({ signal }) => {
        runs++;
        aborted = signal?.aborted;
      }),
      feed: t.procedure.subscription(async function* () {
        runs += 100;
        yield 1;
      }),
    });
    const createContext = () =>
      new Promise<object>((resolve) => {
        open = () => resolve({});
      });
    const { peer } = start({ router: changing, createContext } as never);
    peer.say({ id: 1, method: "mutation", params: { path: "change" } });
    peer.say({ id: 2, method: "subscription", params: { path: "feed" } });
    peer.close();
    open();
    await until(() => runs > 0);
    await settled();
    expect([runs, aborted]).toEqual([1, true]);
  });
});

describe("what goes wrong in telling what went wrong", () => {
  const broken = initTRPC.create({
    errorFormatter() {
      throw new Error("the formatter is broken");
    },
  });
  const brokenRouter = broken.router({
    fail: broken.procedure.query(() => {
      throw new Error("secret");
    }),
  });

  it("is told to the console where there is no onError", async () => {
    const log = vi.spyOn(console, "error").mockImplementation(() => {});
    const { peer } = start({ router: brokenRouter, onError: undefined } as never);
    peer.say(query(1, "fail"));
    await until(() => peer.heard.length === 1);
    expect(peer.heard[0]).toEqual({
      id: 1,
      error: {
        code: -32603,
        message: "Internal server error",
        data: { code: "INTERNAL_SERVER_ERROR", httpStatus: 500 },
      },
    });
    expect(log.mock.calls[0]![1].message).toBe("the formatter is broken");
  });

  it("is answered even where nothing can be encoded", async () => {
    const encoder = {
      decode: (frame: unknown) => JSON.parse(String(frame)),
      encode(): string {
        throw new Error("the encoder is broken");
      },
    };
    const { peer, told } = start({ experimental_encoder: encoder });
    peer.say(query(1, "echo", "a"), { id: 2, method: "subscription", params: { path: "count" } });
    await settled();
    expect(peer.heard).toEqual([]);
    expect(new Set(told.map(([message]) => message))).toEqual(new Set(["the encoder is broken"]));
    peer.say("PING");
    await settled();
    expect(peer.heard).toEqual(["PONG"]);
  });

  it.each([
    ["object", {}],
    ["undefined", undefined],
    ["number", 5],
  ])("is told of an encoder that makes an %s for a frame", async (what, frame) => {
    const encoder = {
      decode: (text: unknown) => JSON.parse(String(text)),
      encode: () => frame as string,
    };
    const { peer, told } = start({ experimental_encoder: encoder });
    peer.say(query(1, "echo", "a"), query(2, "fail"), "PING");
    peer.say({ id: 3, method: "subscription", params: { path: "count" } });
    await until(() => peer.heard.length === 1);
    await settled();
    expect(peer.heard).toEqual(["PONG"]);
    const message = `Cannot send a frame of type ${what}: the encoder's encode() must make text or bytes`;
    expect(told).toContainEqual([message, "query", "echo"]);
    expect(told).toContainEqual([message, "subscription", "count"]);
    expect(told).toContainEqual([message, "unknown", undefined]);
  });

  it("is told of a frame that the socket does not take", async () => {
    const { peer, told } = start();
    peer.send = (frame: unknown) => {
      if (frame !== "PONG") throw new TypeError("no frame");
      peer.heard.push(frame);
    };
    peer.say(query(1, "echo", "a"), "PING");
    await until(() => peer.heard.length === 1);
    expect(told).toContainEqual(["no frame", "unknown", undefined]);
  });
});

describe("keepAlive", () => {
  it("asks who is silent, and drops who does not answer", async () => {
    vi.useFakeTimers();
    const { peer } = start({ keepAlive: { enabled: true, pingMs: 1_000, pongWaitMs: 500 } });
    await vi.advanceTimersByTimeAsync(999);
    peer.say("PONG");
    await vi.advanceTimersByTimeAsync(999);
    expect(peer.heard).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    await settled();
    expect(peer.heard).toEqual(["PING"]);
    peer.say("PONG");
    await vi.advanceTimersByTimeAsync(1_000);
    await settled();
    expect(peer.heard).toEqual(["PING", "PING"]);
    await vi.advanceTimersByTimeAsync(500);
    await vi.advanceTimersByTimeAsync(1);
    expect(peer.readyState).toBe(3);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("has tRPC's defaults, and leaves no timer behind", async () => {
    vi.useFakeTimers();
    const { peer } = start({ keepAlive: { enabled: true } });
    await vi.advanceTimersByTimeAsync(30_000);
    await settled();
    expect(peer.heard).toEqual(["PING"]);
    peer.close();
    expect(vi.getTimerCount()).toBe(0);
    start({ keepAlive: { enabled: false } });
    expect(vi.getTimerCount()).toBe(0);
  });

  it("does not drop who has answered while our own loop stood still", async () => {
    vi.useFakeTimers();
    const { peer } = start({ keepAlive: { enabled: true, pingMs: 1_000, pongWaitMs: 500 } });
    await vi.advanceTimersByTimeAsync(1_000);
    // The timer fires first, then what the kernel has is read.
    vi.advanceTimersByTime(500);
    peer.say("PONG");
    await vi.advanceTimersByTimeAsync(1);
    expect(peer.readyState).toBe(1);
  });
});

it("a subscription's handler ends with its socket", async () => {
  const ended = new Promise<void>((resolve) => {
    released = resolve;
  });
  const { peer } = start();
  peer.say({ id: 1, method: "subscription", params: { path: "wait" } });
  await until(() => peer.heard.length === 2);
  peer.close();
  await ended;
});
