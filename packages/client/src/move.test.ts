import { settled } from "@tautline/testing";
import { describe, expect, it } from "vitest";
import { createPlay, event, failure, failureOf, result } from "./play.test-kit.js";

const moveOn = { id: null, method: "reconnect" };

describe("when the server asks its client to move", () => {
  it("the new connection is made before the old one is left", async () => {
    const play = createPlay();
    const first = await play.open();
    const states: string[] = [];
    play.connection.subscribe(({ name }) => states.push(name));
    const slow = play.api.change.mutate({ n: 1 });
    await settled();
    first.say(moveOn);
    const second = await play.socket(1);
    expect(second.messages).toHaveLength(1); // hello alone: calls go where they are answered
    const early = play.api.change.mutate({ n: 2 });
    await settled();
    expect(first.messages.at(-1).params.input.json.n).toBe(2);
    second.welcome();
    await settled();
    const late = play.api.change.mutate({ n: 3 });
    await settled();
    expect(second.messages.at(-1).params.input.json.n).toBe(3);
    first.say(result(1, 10), result(2, 20));
    second.say(result(1, 30));
    expect(await Promise.all([slow, early, late])).toEqual([10, 20, 30]);
    await settled();
    expect(first.closed).toEqual({ code: 1000, reason: "Moved" });
    expect(states).toEqual(["open"]);
    expect(play.connection.stats.reconnects).toBe(1);
  });

  it("subscriptions that can go on do so on the new connection, without a gap or a repeat", async () => {
    const play = createPlay();
    const first = await play.open();
    const seen: unknown[] = [];
    play.api.deep.log.subscribe(undefined, { onData: ({ id }) => seen.push(id) });
    const unanswered = play.api.ticks.subscribe();
    await settled();
    first.say({ id: 1, result: { type: "started", tracked: true } }, event(1, "1", 1), moveOn);
    const second = await play.socket(1);
    first.say(event(1, "2", 2));
    await settled();
    second.welcome();
    await settled();
    expect(second.messages.slice(1)).toMatchObject([
      { id: 1, params: { path: "deep.log", lastEventId: "2" } },
      { id: 2, params: { path: "ticks" } },
    ]);
    expect(first.messages.slice(-2)).toEqual([
      { id: 1, method: "subscription.stop" },
      { id: 2, method: "subscription.stop" },
    ]);
    first.say(event(1, "3", 3)); // sent before the stop arrived there: the new one sends it too
    second.say(event(1, "3", 3), result(2, 5));
    expect(await unanswered.next()).toEqual({ value: 5, done: false });
    expect(seen).toEqual(["1", "2", "3"]);
    first.say({ id: 1, result: { type: "stopped" } }, { id: 2, result: { type: "stopped" } });
    await settled();
    expect(first.closed?.code).toBe(1000);
  });

  it("a plain subscription stays until the old connection ends", async () => {
    const play = createPlay();
    const first = await play.open();
    const ticks = play.api.ticks.subscribe();
    await settled();
    first.say({ id: 1, result: { type: "started" } }, moveOn);
    (await play.socket(1)).welcome();
    await settled();
    first.say(result(1, 5));
    expect(await ticks.next()).toEqual({ value: 5, done: false });
    expect(first.closed).toBeUndefined();
    const lost = failureOf(ticks.next());
    first.close(4000, "Draining");
    expect((await lost).data.app.code).toBe("STREAM_LOST");
    expect(play.connection.state.name).toBe("open");
    expect(play.sockets).toHaveLength(2);
  });

  it("what is in flight on an old connection that breaks is settled as after any loss", async () => {
    const play = createPlay();
    const first = await play.open();
    const query = play.api.now.query();
    const mutation = failureOf(play.api.change.mutate({ n: 1 }));
    await settled();
    first.say(moveOn);
    const second = await play.socket(1);
    second.welcome();
    await settled();
    first.cut();
    expect((await mutation).data.app.code).toBe("OUTCOME_UNKNOWN");
    await settled();
    second.say(result(1, "again"));
    expect(await query).toBe("again");
  });

  it("it goes on where it is as long as there is nowhere to go, and tries again", async () => {
    const play = createPlay();
    const first = await play.open();
    play.network.refuse(true);
    first.say(moveOn, moveOn);
    await play.clock.advanceAsync(1_000);
    const call = play.api.now.query();
    await settled();
    first.say(result(1, 5));
    expect(await call).toBe(5);
    expect(play.connection.state.name).toBe("open");
    play.network.refuse(false);
    (await play.socket(1)).welcome();
    await settled();
    expect(first.closed?.code).toBe(1000);
    expect(play.sockets).toHaveLength(2);
  });

  it("it stays while the new server refuses it, and says so when the old one is gone", async () => {
    const play = createPlay();
    const first = await play.open();
    first.say(moveOn);
    const second = await play.socket(1);
    second.say(failure(null, "UNAUTHORIZED"));
    second.close(4502);
    await play.clock.advanceAsync(14_000);
    expect(play.sockets).toHaveLength(2);
    expect(play.connection.state.name).toBe("open");
    first.close(4000);
    const third = await play.socket(2);
    third.say(failure(null, "UNAUTHORIZED"));
    third.close(4502);
    await settled();
    expect(play.connection.state).toMatchObject({ name: "closed", code: 4502 });
  });

  it("the old connection may go before the new one is there", async () => {
    const play = createPlay();
    const first = await play.open();
    const states: string[] = [];
    play.connection.subscribe(({ name }) => states.push(name));
    first.say(moveOn);
    const second = await play.socket(1);
    const query = play.api.now.query();
    await settled();
    first.cut();
    await settled();
    second.welcome();
    await settled();
    second.say(result(1, 3));
    expect(await query).toBe(3);
    expect(states).toEqual(["connecting", "open"]);
  });

  it("its owner can ask for the same", async () => {
    const play = createPlay();
    const first = await play.open();
    play.connection.reconnect();
    play.connection.reconnect();
    (await play.socket(1)).welcome();
    await settled();
    expect(first.closed?.code).toBe(1000);
    expect(play.sockets).toHaveLength(2);
  });
});
