import { getEventListeners } from "node:events";
import { settled, until } from "@tautline/testing";
import { describe, expect, it, vi } from "vitest";
import { connectionOf } from "./client.js";
import { createPlay, failure, failureOf, result, welcome } from "./play.test-kit.js";
import { safe } from "./safe.js";
import { TRPCClientError } from "./trpc.js";

describe("a call", () => {
  it("goes out with hello, in one frame, and resolves with the decoded answer", async () => {
    const { api, socket: nth } = createPlay({ name: "test/1", credentials: { token: "t-ana" } });
    const answer = api.greet.query({ name: "Ana" });
    const now = api.now.query();
    const socket = await nth();
    expect(socket.frames).toEqual([
      '[{"method":"hello","version":1,"credentials":{"token":"t-ana"},"client":"test/1","session":{}},' +
        '{"id":1,"method":"query","params":{"path":"greet","input":{"json":{"name":"Ana"}}},"deadlineMs":30000},' +
        '{"id":2,"method":"query","params":{"path":"now"},"deadlineMs":30000}]',
    ]);
    socket.welcome();
    socket.say(result(1, "Hello Ana"), {
      id: 2,
      result: {
        type: "data",
        data: { json: "2026-11-22T08:00:00.000Z", meta: { values: ["Date"], v: 1 } },
      },
    });
    expect(await answer).toBe("Hello Ana");
    expect(await now).toEqual(new Date("2026-11-22T08:00:00.000Z"));
  });

  it("rejects with the failure the server sent", async () => {
    const play = createPlay();
    const socket = await play.open();
    const call = play.api.change.mutate({ n: 1 });
    await settled();
    socket.say(failure(1, "UNPROCESSABLE_CONTENT", { code: "TOO_MANY", data: { most: 3 } }));
    const [, error] = await safe(call);
    expect(error).toBeInstanceOf(TRPCClientError);
    expect(error).toMatchObject({
      message: "UNPROCESSABLE_CONTENT",
      data: { app: { code: "TOO_MANY", data: { most: 3 } } },
    });
  });

  it("leaves in the frame of its turn, with the others of that turn", async () => {
    const play = createPlay();
    const socket = await play.open();
    const calls = [1, 2, 3].map((n) => play.api.change.mutate({ n }));
    await settled();
    expect(socket.frames).toHaveLength(2);
    expect(JSON.parse(socket.frames[1]!)).toHaveLength(3);
    // Answers to one frame make the next calls of many: they leave in one frame as well.
    const next = calls.map((call) => call.then((n) => play.api.change.mutate({ n: n + 10 })));
    socket.say([result(1, 1), result(2, 2), result(3, 3)]);
    await settled();
    expect(socket.frames).toHaveLength(3);
    expect(JSON.parse(socket.frames[2]!).map((m: any) => m.params.input.json.n)).toEqual([
      11, 12, 13,
    ]);
    socket.say(result(6, 6), result(5, 5), result(4, 4));
    expect(await Promise.all(next)).toEqual([4, 5, 6]);
  });

  it("is split from others where a frame would be too large, and fails alone when it is", async () => {
    const play = createPlay();
    const socket = await play.open({ limits: { ...welcome.limits, maxFrameBytes: 400 } });
    const letters = (n: number) => "é".repeat(n);
    const calls = [100, 20, 20, 20, 20, 160, 20].map((n) =>
      play.api.greet.query({ name: letters(n) }),
    );
    const refusal = failureOf(calls[5]!);
    await settled();
    const sizes = socket.frames.slice(1).map((frame) => new TextEncoder().encode(frame).length);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(400);
    expect(socket.messages.slice(1).map((m) => m.params.input.json.name.length)).toEqual([
      100, 20, 20, 20, 20, 20,
    ]);
    const error = await refusal;
    expect(error.data.app).toEqual({
      code: "PAYLOAD_TOO_LARGE",
      data: { bytes: expect.any(Number), maxBytes: 400 },
    });
    expect(error.data.app.data.bytes).toBeGreaterThan(400);
    for (let id = 1; id <= 6; id++) socket.say(result(id, String(id)));
    expect(await calls[6]).toBe("6");
  });

  it("waits for welcome when it does not fit what may be sent before", async () => {
    const play = createPlay();
    const first = play.api.greet.query({ name: "x".repeat(10_000) });
    const second = play.api.greet.query({ name: "y".repeat(10_000) });
    const third = play.api.greet.query({ name: "z" });
    const socket = await play.socket();
    expect(socket.frames).toHaveLength(1);
    expect(socket.messages).toHaveLength(2);
    socket.welcome();
    await settled();
    // In order, each in the fewest frames.
    expect(socket.messages.slice(1).map((m) => m.id)).toEqual([1, 2, 3]);
    socket.say([1, 2, 3].map((id) => result(id, id)));
    expect(await Promise.all([first, second, third])).toEqual([1, 2, 3]);
  });

  it("waits in line beyond the server's limits, in order", async () => {
    const play = createPlay();
    const limits = { ...welcome.limits, maxCallsInFlight: 2, maxSubscriptions: 1 };
    const socket = await play.open({ limits });
    const calls = [1, 2, 3, 4].map((n) => play.api.change.mutate({ n }));
    const first = play.api.ticks.subscribe();
    const second = play.api.ticks.subscribe();
    await settled();
    const sent = () =>
      socket.messages.slice(1).map((m) => `${m.id} ${m.params?.input?.json.n ?? m.method}`);
    expect(sent()).toEqual(["1 1", "2 2", "3 subscription"]);
    socket.say(result(2, 20));
    await settled();
    expect(sent().slice(3)).toEqual(["4 3"]);
    await first.return();
    await settled();
    expect(sent().slice(4)).toEqual(["3 subscription.stop"]); // the place is free once it has stopped
    socket.say({ id: 3, result: { type: "stopped" } });
    await settled();
    expect(sent().slice(5)).toEqual(["5 subscription"]);
    socket.say(result(1, 10), result(4, 30));
    await settled();
    expect(sent().slice(6)).toEqual(["6 4"]);
    socket.say(result(6, 40));
    expect(await Promise.all(calls)).toEqual([10, 20, 30, 40]);
    await second.return();
  });

  it("keeps to the rate of messages, hello among them", async () => {
    const play = createPlay();
    const limits = { ...welcome.limits, messagesPerSecond: 10, messageBurst: 10 };
    const socket = await play.open({ limits });
    for (let n = 0; n < 30; n++) void play.api.change.mutate({ n }).catch(() => {});
    await settled();
    expect(socket.messages).toHaveLength(9);
    await play.clock.advanceAsync(1_010);
    expect(socket.messages).toHaveLength(18);
    await play.connection.close();
  });

  it("rejects an input that can not be encoded, on the spot", async () => {
    const play = createPlay();
    const error = await failureOf(play.api.greet.query({ name: (() => {}) as never }));
    expect(error.data.app).toMatchObject({
      code: "INVALID_INPUT",
      data: { issues: [{ path: [] }] },
    });
    expect(error.cause).toBeInstanceOf(TypeError);
    await settled();
    expect(play.connection.state.name).toBe("idle");
  });

  it("rejects when its answer can not be decoded", async () => {
    const play = createPlay();
    const socket = await play.open();
    const call = play.api.now.query();
    await settled();
    socket.say({ id: 1, result: { type: "data", data: 5 } });
    expect(await failureOf(call)).toMatchObject({ data: { code: "PARSE_ERROR", path: "now" } });
  });

  it("resolves with undefined when the answer holds nothing", async () => {
    const play = createPlay();
    const socket = await play.open();
    const call = play.api.now.query();
    await settled();
    socket.say({ id: 1, result: { type: "data" } });
    expect(await call).toBeUndefined();
  });

  it("under a name that is no kind of call throws", () => {
    const { api } = createPlay();
    expect(() => (api.greet as any).fetch()).toThrow("Cannot call greet.fetch: use query");
    expect(() => connectionOf({})).toThrow(TypeError);
  });
});

describe("an aborted call", () => {
  it("is one of many that share a signal: one listener, each told the signal's own reason", async () => {
    const play = createPlay();
    await play.open();
    const controller = new AbortController();
    const { signal } = controller;
    const calls = Array.from({ length: 20 }, () =>
      failureOf(play.api.now.query(undefined, { signal })),
    );
    await settled();
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    const reason = new Error("The page was left");
    controller.abort(reason);
    for (const error of await Promise.all(calls)) {
      expect(error.data.app.code).toBe("CANCELLED");
      expect(error.cause).toBe(reason);
    }
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });

  it("is never sent when its signal had aborted before", async () => {
    const play = createPlay();
    const error = await failureOf(play.api.now.query(undefined, { signal: AbortSignal.abort() }));
    expect(error.data.app.code).toBe("CANCELLED");
    expect(play.connection.state.name).toBe("idle");
  });

  it("is not sent when it is aborted in the same turn", async () => {
    const play = createPlay();
    const socket = await play.open();
    const abort = new AbortController();
    const call = play.api.now.query(undefined, { signal: abort.signal });
    abort.abort();
    expect((await failureOf(call)).data.app.code).toBe("CANCELLED");
    await settled();
    expect(socket.messages).toHaveLength(1);
  });

  it("rejects at once, tells the server, and ignores the answer", async () => {
    const play = createPlay();
    const socket = await play.open();
    const abort = new AbortController();
    const call = play.api.now.query(undefined, { signal: abort.signal });
    await settled();
    abort.abort();
    expect((await failureOf(call)).data).toMatchObject({
      code: "CLIENT_CLOSED_REQUEST",
      app: { code: "CANCELLED" },
    });
    await settled();
    expect(socket.messages.at(-1)).toEqual({ id: 1, method: "cancel" });
    socket.say(result(1, 5));
    await settled();
    expect(play.connection.state.name).toBe("open");
  });

  it("holds its place among the calls in flight until the server has answered", async () => {
    const play = createPlay();
    const socket = await play.open({ limits: { ...welcome.limits, maxCallsInFlight: 1 } });
    const abort = new AbortController();
    void failureOf(play.api.now.query(undefined, { signal: abort.signal }));
    const next = play.api.now.query();
    await settled();
    abort.abort();
    await settled();
    expect(socket.messages.map((m) => m.method)).toEqual(["hello", "query", "cancel"]);
    socket.say(failure(1, "CLIENT_CLOSED_REQUEST"));
    await settled();
    socket.say(result(2, 7));
    expect(await next).toBe(7);
  });

  it("leaves nothing behind on its signal", async () => {
    const play = createPlay();
    const socket = await play.open();
    const { signal } = new AbortController();
    const removed = vi.spyOn(signal, "removeEventListener");
    const call = play.api.now.query(undefined, { signal });
    await settled();
    socket.say(result(1, 5));
    await call;
    expect(removed).toHaveBeenCalledTimes(1);
  });
});

describe("a deadline", () => {
  it("that passes before a call was sent says so: it has not run", async () => {
    const play = createPlay();
    play.network.refuse(true);
    const call = failureOf(play.api.change.mutate({ n: 1 }, { deadlineMs: 500 }));
    await play.clock.advanceAsync(500);
    const error = await call;
    expect(error.data.app).toEqual({ code: "NOT_SENT", data: undefined });
    // The memory network gives no reason; `ws` does, and browsers tell nobody.
    expect(error.message).toBe("Not sent within 500 ms (close code 1006)");
  });

  it("says nothing of a connection that was lost before the present one", async () => {
    const play = createPlay();
    const socket = await play.open();
    socket.cut();
    const next = await play.socket(1);
    next.welcome({ limits: { ...welcome.limits, maxCallsInFlight: 1 } });
    await until(() => play.connection.state.name === "open");
    void safe(play.api.now.query()); // takes the only place
    const waiting = failureOf(play.api.now.query(undefined, { deadlineMs: 500 }));
    await play.clock.advanceAsync(500);
    expect((await waiting).message).toBe("Not sent within 500 ms");
  });

  it("is told to the server and holds here as well", async () => {
    const play = createPlay();
    const socket = await play.open();
    const call = failureOf(play.api.now.query(undefined, { deadlineMs: 500 }));
    const other = play.api.now.query(undefined, { deadlineMs: 5_000 });
    await settled();
    expect(socket.messages.at(-2).deadlineMs).toBe(500);
    await play.clock.advanceAsync(499);
    await play.clock.advanceAsync(1);
    expect((await call).data).toMatchObject({
      code: "TIMEOUT",
      app: { code: "DEADLINE_EXCEEDED", data: { deadlineMs: 500 } },
    });
    await settled();
    expect(socket.messages.at(-1)).toEqual({ id: 1, method: "cancel" });
    socket.say(result(2, 1));
    expect(await other).toBe(1);
  });

  it("includes the time a call waits to be sent", async () => {
    const play = createPlay({ connectTimeoutMs: 60_000 });
    play.network.hang(true);
    const call = failureOf(play.api.now.query());
    await play.clock.advanceAsync(10_000);
    const late = play.api.greet.query({ name: "b" });
    play.network.hang(false);
    const socket = await play.socket();
    expect(socket.messages.map((m) => m.deadlineMs)).toEqual([undefined, 20_000, 30_000]);
    await play.clock.advanceAsync(20_000);
    expect((await call).data.app.code).toBe("DEADLINE_EXCEEDED");
    socket.welcome();
    socket.say(result(2, "hi"));
    expect(await late).toBe("hi");
  });

  it("can be infinite, and then is not told", async () => {
    const play = createPlay({ deadlineMs: Number.POSITIVE_INFINITY });
    const socket = await play.open();
    const call = play.api.now.query();
    await settled();
    expect(socket.messages.at(-1).deadlineMs).toBeUndefined();
    socket.say(result(1, 1));
    await call;
  });
});

describe("another transformer", () => {
  it("is used both ways", async () => {
    const transformer = {
      serialize: (value: unknown) => ({ boxed: value }),
      deserialize: (value: any) => value.boxed,
    };
    const play = createPlay({ transformer });
    const socket = await play.open();
    const call = play.api.greet.query({ name: "Ana" });
    const other = play.api.now.query();
    await settled();
    expect(socket.messages[1].params.input).toEqual({ boxed: { name: "Ana" } });
    socket.say({ id: 1, result: { type: "data", data: { boxed: "Hi" } } });
    socket.say({
      id: 2,
      error: { boxed: { message: "No", code: -32004, data: { code: "NOT_FOUND" } } },
    });
    expect(await call).toBe("Hi");
    expect((await failureOf(other)).data.code).toBe("NOT_FOUND");
  });

  it('can be none: "none" is plain JSON', async () => {
    const play = createPlay({ transformer: "none" });
    const socket = await play.open();
    const call = play.api.greet.query({ name: "Ana" });
    await settled();
    expect(socket.messages[1].params.input).toEqual({ name: "Ana" });
    socket.say({ id: 1, result: { type: "data", data: "Hi" } });
    expect(await call).toBe("Hi");
  });
});
