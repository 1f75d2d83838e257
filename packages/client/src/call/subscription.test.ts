import { settled } from "@tautline/testing";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createPlay, event, failure, failureOf, result } from "../play.test-kit.js";

const started = (id: number) => ({ id, result: { type: "started" } });
const stopped = (id: number) => ({ id, result: { type: "stopped" } });

describe("a subscription with for await", () => {
  it("yields events as they come, and ends when the server is done", async () => {
    const play = createPlay();
    const socket = await play.open();
    const seen: number[] = [];
    const done = (async () => {
      for await (const n of play.api.ticks.subscribe()) seen.push(n);
    })();
    await settled();
    socket.say(started(1), result(1, 1), result(1, 2), stopped(1));
    await done;
    expect(seen).toEqual([1, 2]);
    await settled();
    expect(socket.messages).toHaveLength(2); // nothing to stop
  });

  it("stops the server's end when the loop is left", async () => {
    const play = createPlay();
    const socket = await play.open();
    const done = (async () => {
      for await (const n of play.api.ticks.subscribe()) return n;
    })();
    await settled();
    socket.say(started(1), result(1, 1), result(1, 2));
    expect(await done).toBe(1);
    await settled();
    expect(socket.messages.at(-1)).toEqual({ id: 1, method: "subscription.stop" });
    socket.say(result(1, 3), stopped(1));
    await settled();
    expect(play.connection.state.name).toBe("open");
  });

  it("ends without an error when its signal aborts", async () => {
    const play = createPlay();
    const socket = await play.open();
    const abort = new AbortController();
    const ticks = play.api.ticks.subscribe(undefined, { signal: abort.signal });
    await settled();
    socket.say(result(1, 1), result(1, 2));
    await settled();
    expect((await ticks.next()).value).toBe(1);
    abort.abort();
    expect(await ticks.next()).toEqual({ value: undefined, done: true });
    await settled();
    expect(socket.messages.at(-1).method).toBe("subscription.stop");
    const never = play.api.ticks.subscribe(undefined, { signal: abort.signal });
    expect(await never.next()).toEqual({ value: undefined, done: true });
  });

  it("throws a failure out of next(), once, after what came before", async () => {
    const play = createPlay();
    const socket = await play.open();
    const ticks = play.api.ticks.subscribe();
    await settled();
    socket.say(started(1), result(1, 1), failure(1, "FORBIDDEN"), stopped(1));
    await settled();
    expect((await ticks.next()).value).toBe(1);
    expect((await failureOf(ticks.next())).data.code).toBe("FORBIDDEN");
    expect(await ticks.next()).toEqual({ value: undefined, done: true });
  });

  it("answers several next() in order, and tells one of them the failure", async () => {
    const play = createPlay();
    const socket = await play.open();
    const ticks = play.api.ticks.subscribe();
    const nexts = [ticks.next(), ticks.next(), ticks.next()];
    const second = failureOf(nexts[1]!);
    await settled();
    socket.say(result(1, 1), failure(1, "FORBIDDEN"));
    expect(await nexts[0]).toEqual({ value: 1, done: false });
    expect((await second).data.code).toBe("FORBIDDEN");
    expect(await nexts[2]).toEqual({ value: undefined, done: true });
  });

  it("can be iterated once", () => {
    const { api } = createPlay();
    const ticks = api.ticks.subscribe();
    ticks[Symbol.asyncIterator]();
    expect(() => ticks[Symbol.asyncIterator]()).toThrow("Cannot iterate twice");
  });

  it("returns credit in halves, as it is read", async () => {
    const play = createPlay();
    const socket = await play.open();
    const ticks = play.api.ticks.subscribe();
    await settled();
    for (let n = 0; n < 32; n++) socket.say(result(1, n));
    await settled();
    const credits = () => socket.messages.filter(({ method }) => method === "credit");
    expect(credits()).toEqual([]);
    for (let n = 0; n < 15; n++) await ticks.next();
    await settled();
    expect(credits()).toEqual([]);
    await ticks.next();
    await settled();
    expect(credits()).toEqual([{ id: 1, method: "credit", count: 16 }]);
    for (let n = 0; n < 16; n++) await ticks.next();
    await settled();
    expect(credits()).toHaveLength(2);
    await ticks.return();
  });

  it("never holds more events than the credit, whatever becomes of the connection", async () => {
    const play = createPlay();
    let socket = await play.open();
    const log = play.api.deep.log.subscribe();
    await settled();
    // A server that sends all it may, at once, and then is lost.
    let sent = 0;
    const fill = () => {
      for (let n = 0; n < 32; n++) socket.say(event(1, String(++sent), sent));
    };
    fill();
    await settled();
    socket.cut();
    socket = await play.socket(1);
    socket.welcome();
    await settled();
    expect(socket.messages).toHaveLength(1); // 32 are unread: not asked for more
    for (let n = 1; n <= 32; n++) expect((await log.next()).value).toMatchObject({ data: n });
    await settled();
    expect(socket.messages[1].params.lastEventId).toBe("32");
    fill();
    expect((await log.next()).value).toMatchObject({ data: 33 });
    await log.return();
  });

  it("ends when an event can not be decoded, and stops the server's end", async () => {
    const play = createPlay();
    const socket = await play.open();
    const ticks = play.api.ticks.subscribe();
    await settled();
    socket.say({ id: 1, result: { type: "data", data: 5 } });
    expect((await failureOf(ticks.next())).data.code).toBe("PARSE_ERROR");
    await settled();
    expect(socket.messages.at(-1).method).toBe("subscription.stop");
  });
});

describe("a subscription with callbacks", () => {
  it("is told of its end after .subscribe() has returned, so that it may unsubscribe", async () => {
    const play = createPlay();
    const heard: string[] = [];
    const follow = (signal?: AbortSignal) => {
      const subscription = play.api.ticks.subscribe(undefined, {
        signal,
        onData() {},
        onError() {
          heard.push("error");
          subscription.unsubscribe();
        },
        onComplete() {
          heard.push("complete");
          subscription.unsubscribe();
        },
      });
    };
    follow(AbortSignal.abort());
    await play.connection.close();
    follow();
    await settled();
    expect(heard).toEqual(["complete", "error"]);
  });

  const watch = (play: ReturnType<typeof createPlay>) => {
    const heard: unknown[] = [];
    const subscription = play.api.ticks.subscribe(undefined, {
      onStarted: () => heard.push("started"),
      onData: (n) => heard.push(n),
      onError: (error) => heard.push(error.data?.code),
      onStopped: () => heard.push("stopped"),
      onComplete: () => heard.push("complete"),
    });
    return { heard, subscription };
  };

  it("is told everything in order", async () => {
    const play = createPlay();
    const socket = await play.open();
    const { heard } = watch(play);
    await settled();
    socket.say(started(1), result(1, 1), stopped(1));
    await settled();
    expect(heard).toEqual(["started", 1, "stopped", "complete"]);
  });

  it("is told a failure, and nothing after it", async () => {
    const play = createPlay();
    const socket = await play.open();
    const { heard } = watch(play);
    await settled();
    socket.say(started(1), failure(1, "FORBIDDEN"), stopped(1));
    await settled();
    expect(heard).toEqual(["started", "FORBIDDEN"]);
  });

  it("is told that it is complete by unsubscribe(), not that the server stopped it", async () => {
    const play = createPlay();
    const socket = await play.open();
    const { heard, subscription } = watch(play);
    await settled();
    subscription.unsubscribe();
    subscription.unsubscribe();
    await settled();
    expect(socket.messages.at(-1)).toEqual({ id: 1, method: "subscription.stop" });
    socket.say(result(1, 1), stopped(1));
    await settled();
    expect(heard).toEqual(["complete"]);
  });

  it("returns credit as it is called back", async () => {
    const play = createPlay();
    const socket = await play.open();
    watch(play);
    await settled();
    for (let n = 0; n < 64; n++) socket.say(result(1, n));
    await settled();
    expect(socket.messages.filter(({ method }) => method === "credit")).toHaveLength(4);
  });

  it("hears of the connection in tRPC's words until it ends", async () => {
    const play = createPlay();
    const states: unknown[] = [];
    const subscription = play.api.ticks.subscribe(undefined, {
      onData() {},
      onConnectionStateChange: ({ state, error }) => states.push([state, error?.message]),
    });
    const first = await play.socket();
    first.welcome();
    await settled();
    first.close(4000, "Draining");
    (await play.socket(1)).welcome();
    await settled();
    expect(states).toEqual([
      ["idle", undefined],
      ["connecting", undefined],
      ["pending", undefined],
      ["connecting", "Connection lost: Draining"],
      ["connecting", undefined],
      ["pending", undefined],
    ]);
    subscription.unsubscribe();
    await play.connection.close();
    expect(states).toHaveLength(6);
  });

  describe("whose callback throws", () => {
    const uncaught: unknown[] = [];
    const listener = (error: unknown) => uncaught.push(error);
    afterEach(() => {
      vi.unstubAllGlobals();
      uncaught.length = 0;
    });

    it("still gets the next event, and the error is its author's to see", async () => {
      const original = queueMicrotask;
      vi.stubGlobal("queueMicrotask", (run: () => void) =>
        original(() => {
          try {
            run();
          } catch (error) {
            listener(error);
          }
        }),
      );
      const play = createPlay();
      const socket = await play.open();
      const seen: number[] = [];
      play.api.ticks.subscribe(undefined, {
        onData(n) {
          seen.push(n);
          throw new Error(`bug ${n}`);
        },
      });
      await settled();
      socket.say(result(1, 1), result(1, 2));
      await settled();
      expect(seen).toEqual([1, 2]);
      expect(uncaught).toEqual([new Error("bug 1"), new Error("bug 2")]);
    });
  });
});
