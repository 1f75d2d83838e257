import { settled } from "@tautline/testing";
import { createTRPCClient, type WebSocketClientOptions } from "@trpc/client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createWSClient } from "./ws-client.js";
import { wsLink } from "./ws-link.js";

/** A browser's WebSocket, as far as it is used, whose server is the test. */
class PlayedSocket extends EventTarget {
  static made: PlayedSocket[] = [];
  readyState = 0;
  binaryType = "blob";
  readonly sent: unknown[] = [];

  constructor(readonly url: string) {
    super();
    PlayedSocket.made.push(this);
  }

  send(frame: string) {
    this.sent.push(frame === "PING" || frame === "PONG" ? frame : JSON.parse(frame));
  }

  close() {
    this.readyState = 2;
  }

  // What the test does.
  open() {
    this.readyState = 1;
    this.dispatchEvent(new Event("open"));
  }

  say(...frames: unknown[]) {
    for (const frame of frames) {
      const data = typeof frame === "string" ? frame : JSON.stringify(frame);
      this.dispatchEvent(Object.assign(new Event("message"), { data }));
    }
  }

  gone(code = 1006) {
    this.readyState = 3;
    this.dispatchEvent(Object.assign(new Event("close"), { code }));
  }
}

beforeEach(() => {
  PlayedSocket.made = [];
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const data = (id: number, value: unknown) => ({ id, result: { type: "data", data: value } });

/** A client whose first socket is open. */
async function start(options: Partial<WebSocketClientOptions> = {}, transformer?: object) {
  const ws = createWSClient({ url: "ws://test", WebSocket: PlayedSocket as never, ...options });
  const link = wsLink<any>({ client: ws, transformer } as never);
  const api: any = createTRPCClient<any>({ links: [link] });
  await settled();
  const socket = () => PlayedSocket.made.at(-1)!;
  socket().open();
  await settled();
  return { ws, api, socket };
}

it("needs a WebSocket", () => {
  vi.stubGlobal("WebSocket", undefined);
  expect(() => createWSClient({ url: "ws://test" })).toThrow("No WebSocket implementation found");
  vi.unstubAllGlobals();
});

it("calls leave in microtasks: no timer has to pass", async () => {
  const { api, socket } = await start();
  const calls = [api.a.query(), api.b.query()];
  await settled();
  expect(socket().sent).toEqual([
    [
      { id: 1, method: "query", params: { path: "a" } },
      { id: 2, method: "query", params: { path: "b" } },
    ],
  ]);
  socket().say(data(2, "two"), data(1, "one"));
  expect(await Promise.all(calls)).toEqual(["one", "two"]);
});

it("a call that is given up in its own turn is never sent", async () => {
  const { api, socket } = await start();
  const follow = api.feed.subscribe(undefined, { onData() {} });
  follow.unsubscribe();
  await settled();
  expect(socket().sent).toEqual([]);
});

describe("what a server says", () => {
  it("may be several messages in one frame", async () => {
    const { api, socket } = await start();
    const calls = [api.a.query(), api.b.query()];
    await settled();
    socket().say([data(1, "one"), data(2, "two")]);
    expect(await Promise.all(calls)).toEqual(["one", "two"]);
  });

  it("may be nonsense: onError is told, and everything goes on", async () => {
    const onError = vi.fn();
    const { api, socket } = await start({ onError });
    const call = api.a.query();
    await settled();
    socket().say("{", "null", "5", "[]", { id: 7 }, { id: {} }, { result: 1 }, data(99, 1));
    socket().say(data(1, "still there"));
    expect(await call).toBe("still there");
    expect(onError).toHaveBeenCalledTimes(1);
    expect(onError.mock.calls[0]![0].error).toBeInstanceOf(SyntaxError);
  });

  it("fails a call whose answer the transformer can not read, and no other", async () => {
    const transformer = {
      serialize: (value: unknown) => value,
      deserialize(value: unknown) {
        if (value === "unreadable") throw new Error("What is this?");
        return value;
      },
    };
    const { api, socket } = await start({}, transformer);
    const [first, second] = [api.a.query(), api.b.query()];
    const told: unknown[] = [];
    api.feed.subscribe(undefined, {
      onData: (event: unknown) => told.push(event),
      onError: (error: Error) => told.push(error.message),
    });
    await settled();
    socket().say(data(1, "unreadable"), data(2, "fine"));
    await expect(first).rejects.toThrow("Unable to transform response from server");
    expect(await second).toBe("fine");
    socket().say(
      { id: 3, result: { type: "started" } },
      data(3, 1),
      data(3, "unreadable"),
      data(3, 2),
    );
    expect(told).toEqual([1, "Unable to transform response from server"]);
    expect(socket().sent.at(-1)).toEqual({ id: 3, method: "subscription.stop" });
  });

  it("is an error only with a code: anything else can not be understood", async () => {
    const { api, socket } = await start();
    const call = api.a.query();
    await settled();
    socket().say({ id: 1, error: "no" });
    await expect(call).rejects.toThrow("Unable to transform response from server");
  });
});

describe("a callback that throws", () => {
  /** Its error surfaces as an uncaught one. */
  const surfaces = () => expect(() => vi.advanceTimersByTime(0)).toThrow("the application's own");
  const fail = () => {
    throw new Error("the application's own");
  };

  it("onOpen: the connection opens all the same", async () => {
    const { api, socket } = await start({ onOpen: fail });
    surfaces();
    const call = api.a.query();
    await settled();
    socket().say(data(1, "fine"));
    expect(await call).toBe("fine");
  });

  it("onData: the next event comes", async () => {
    const { api, socket } = await start();
    const told: unknown[] = [];
    api.feed.subscribe(undefined, {
      onData(event: unknown) {
        told.push(event);
        fail();
      },
    });
    await settled();
    socket().say(data(1, "a"));
    surfaces();
    socket().say(data(1, "b"));
    surfaces();
    expect(told).toEqual(["a", "b"]);
  });

  it("onClose and retryDelayMs: the client comes back", async () => {
    const { socket } = await start({ onClose: fail, retryDelayMs: fail });
    socket().gone();
    surfaces();
    await settled();
    await vi.advanceTimersByTimeAsync(0).catch(() => {});
    await settled();
    expect(PlayedSocket.made).toHaveLength(2);
  });
});

describe("delays", () => {
  it("are tRPC's own: at once, then 2 s, 4 s … up to 30 s", async () => {
    const { socket } = await start();
    socket().gone();
    for (const delayMs of [0, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
      const before = PlayedSocket.made.length;
      if (delayMs > 0) await vi.advanceTimersByTimeAsync(delayMs - 1);
      expect(PlayedSocket.made).toHaveLength(before);
      await vi.advanceTimersByTimeAsync(1);
      await settled();
      expect(PlayedSocket.made).toHaveLength(before + 1);
      socket().dispatchEvent(new Event("error"));
      socket().gone();
      await settled();
    }
  });

  it("begin anew after a connection that was open, and go on after one that was refused", async () => {
    const attempts: number[] = [];
    const { socket } = await start({
      retryDelayMs(attempt) {
        attempts.push(attempt);
        return 0;
      },
    });
    const again = async () => {
      await vi.advanceTimersByTimeAsync(0);
      await settled();
      socket().open();
      await settled();
    };
    socket().gone();
    await again();
    socket().gone();
    await again();
    for (let n = 0; n < 3; n++) {
      socket().say({ id: null, error: { code: -32001, message: "no", data: {} } });
      socket().gone();
      await again();
    }
    expect(attempts).toEqual([0, 0, 1, 2, 3]);
  });
});

describe("a line whose server is silent", () => {
  it("is asked, then closed, then given up, and everything goes on elsewhere", async () => {
    const onClose = vi.fn();
    const { api, socket } = await start({
      onClose,
      keepAlive: { enabled: true, intervalMs: 1_000, pongTimeoutMs: 500 },
    });
    const told: string[] = [];
    api.feed.subscribe(undefined, { onStarted: () => told.push("started") });
    const failed = api.a.query().catch((error: unknown) => error);
    await settled();
    const first = socket();
    first.say({ id: 1, result: { type: "started" } });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(first.sent.at(-1)).toBe("PING");
    await vi.advanceTimersByTimeAsync(500);
    expect(first.readyState).toBe(2);
    expect(onClose).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(2_000); // nobody answers the closing handshake
    expect(onClose).toHaveBeenCalledWith({ code: 1006 });
    expect(await failed).toBeInstanceOf(Error);
    await vi.advanceTimersByTimeAsync(1);
    await settled();
    socket().open();
    await settled();
    expect(socket()).not.toBe(first);
    expect(socket().sent).toEqual([{ id: 3, method: "subscription", params: { path: "feed" } }]);
    first.say(data(1, "too late"));
    first.gone();
    expect(onClose).toHaveBeenCalledTimes(1);
  });

  it("is alive with every frame", async () => {
    const { socket } = await start({
      keepAlive: { enabled: true, intervalMs: 1_000, pongTimeoutMs: 500 },
    });
    for (let n = 0; n < 5; n++) {
      await vi.advanceTimersByTimeAsync(999);
      socket().say(n % 2 === 0 ? "PONG" : data(9, 1));
    }
    expect(socket().sent).toEqual([]);
    socket().say("PING");
    expect(socket().sent).toEqual(["PONG"]);
  });
});

describe("lazy mode", () => {
  it("sets no timer while something is awaited, even with closeMs 0", async () => {
    const ws = createWSClient({
      url: "ws://test",
      WebSocket: PlayedSocket as never,
      lazy: { enabled: true, closeMs: 0 },
    });
    const api: any = createTRPCClient<any>({ links: [wsLink<any>({ client: ws })] });
    const feed = api.feed.subscribe(undefined, { onData() {} });
    await settled();
    const [socket] = PlayedSocket.made;
    socket!.open();
    await settled();
    socket!.say({ id: 1, result: { type: "started" } }, data(1, "a"));
    expect(vi.getTimerCount()).toBe(0);
    feed.unsubscribe();
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(socket!.readyState).toBe(2);
    expect(ws.connectionState.get().state).toBe("idle");
  });
});
