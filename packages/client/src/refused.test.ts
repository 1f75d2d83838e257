import { settled } from "@tautline/testing";
import { describe, expect, it } from "vitest";
import { createPlay, failure, failureOf, result, welcome } from "./play.test-kit.js";

const noPlace = (id: number) =>
  failure(id, "TOO_MANY_REQUESTS", { code: "TOO_MANY_CALLS", data: { limit: 64 } });
const tooFast = (id: number) =>
  failure(id, "TOO_MANY_REQUESTS", { code: "RATE_LIMITED", data: { retryAfterMs: 100 } });

describe("a call that the server has no place for", () => {
  it("is sent again until there is one, for it has not run", async () => {
    const play = createPlay();
    const socket = await play.open();
    const call = play.api.change.mutate({ n: 1 });
    const ids = () => socket.messages.slice(1).map(({ id }) => id);
    await settled();
    socket.say(noPlace(1));
    await play.clock.advanceAsync(99);
    expect(ids()).toEqual([1]);
    await play.clock.advanceAsync(1);
    expect(ids()).toEqual([1, 2]);
    socket.say(noPlace(2));
    await play.clock.advanceAsync(199);
    expect(ids()).toEqual([1, 2]);
    await play.clock.advanceAsync(1);
    expect(socket.messages.at(-1)).toMatchObject({ id: 3, params: { input: { json: { n: 1 } } } });
    expect(socket.messages.at(-1).deadlineMs).toBe(30_000 - 300);
    socket.say(result(3, 7));
    expect(await call).toBe(7);
    await play.connection.close();
    expect(play.clock.leftovers()).toEqual([]);
  });

  it("fails with that refusal when its deadline passes meanwhile", async () => {
    const play = createPlay();
    const socket = await play.open();
    const call = failureOf(play.api.change.mutate({ n: 1 }, { deadlineMs: 150 }));
    await settled();
    socket.say(noPlace(1));
    await play.clock.advanceAsync(100);
    socket.say(noPlace(2));
    await play.clock.advanceAsync(50);
    expect((await call).data.app).toEqual({ code: "TOO_MANY_CALLS", data: { limit: 64 } });
    await play.clock.advanceAsync(10_000);
    expect(socket.messages.slice(1)).toHaveLength(2);
  });

  it("may have run when its deadline passes after it was sent again", async () => {
    const play = createPlay();
    const socket = await play.open();
    const call = failureOf(play.api.change.mutate({ n: 1 }, { deadlineMs: 150 }));
    await settled();
    socket.say(noPlace(1));
    await play.clock.advanceAsync(150);
    expect((await call).data.app.code).toBe("DEADLINE_EXCEEDED");
  });

  it("is given up when its caller gives it up, and the server hears no more of it", async () => {
    const play = createPlay();
    const socket = await play.open();
    const controller = new AbortController();
    const call = failureOf(play.api.now.query(undefined, { signal: controller.signal }));
    await settled();
    socket.say(noPlace(1));
    await settled();
    controller.abort();
    expect((await call).data.app.code).toBe("CANCELLED");
    await play.clock.advanceAsync(10_000);
    expect(socket.messages.slice(1)).toHaveLength(1);
  });

  it("is sent on the next connection when this one is lost meanwhile", async () => {
    const play = createPlay();
    const socket = await play.open();
    const call = play.api.change.mutate({ n: 1 });
    await settled();
    socket.say(noPlace(1));
    await settled();
    socket.cut();
    const second = await play.socket(1);
    second.welcome();
    await settled();
    second.say(result(1, 7));
    expect(await call).toBe(7);
  });

  it("goes as soon as another one is answered, and subscriptions do not wait for it", async () => {
    const play = createPlay();
    const socket = await play.open();
    const calls = [1, 2].map((n) => play.api.change.mutate({ n }));
    await settled();
    socket.say(noPlace(2));
    await settled();
    const ticks = play.api.ticks.subscribe();
    await settled();
    expect(socket.messages.slice(3)).toMatchObject([{ id: 3, method: "subscription" }]);
    socket.say(result(1, 10));
    await settled();
    expect(socket.messages.slice(4)).toMatchObject([{ id: 4, method: "mutation" }]);
    socket.say(result(4, 20));
    expect(await Promise.all(calls)).toEqual([10, 20]);
    await ticks.return();
  });

  it("may be a subscription, which has no deadline and waits", async () => {
    const play = createPlay();
    const socket = await play.open();
    const ticks = play.api.ticks.subscribe();
    await settled();
    for (let id = 1; id <= 20; id++) {
      socket.say(noPlace(id));
      await play.clock.advanceAsync(2_000);
    }
    socket.say({ id: 21, result: { type: "started" } }, result(21, 5));
    expect((await ticks.next()).value).toBe(5);
    await ticks.return();
  });
});

describe("a call that came too fast for the server", () => {
  it("is sent again, and everything else waits with it", async () => {
    const play = createPlay();
    const limits = { ...welcome.limits, messagesPerSecond: 10, messageBurst: 20 };
    const socket = await play.open({ limits });
    const call = play.api.change.mutate({ n: 1 });
    const ticks = play.api.ticks.subscribe();
    await settled();
    socket.say(tooFast(1));
    await settled();
    await ticks.return();
    // The bucket there is empty: a note that it dropped would be lost for good.
    await play.clock.advanceAsync(300);
    expect(socket.messages.slice(3)).toEqual([]);
    await play.clock.advanceAsync(300);
    expect(socket.messages.slice(3)).toMatchObject([
      { id: 2, method: "subscription.stop" },
      { id: 3, method: "mutation" },
    ]);
    socket.say(result(3, 7));
    expect(await call).toBe(7);
  });
});
