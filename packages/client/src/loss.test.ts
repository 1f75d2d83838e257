import { settled } from "@tautline/testing";
import { describe, expect, it } from "vitest";
import { createPlay, event, failure, failureOf, result, welcome } from "./play.test-kit.js";

describe("when the socket drops", () => {
  it("calls that were not sent wait for the next connection", async () => {
    const play = createPlay();
    const first = await play.open({ limits: { ...welcome.limits, maxCallsInFlight: 1 } });
    const query = play.api.now.query();
    const mutation = play.api.change.mutate({ n: 1 });
    await settled();
    expect(first.messages).toHaveLength(2);
    first.cut();
    const second = await play.socket(1);
    second.welcome();
    await settled();
    second.say(result(1, 10));
    await settled();
    second.say(result(2, 20));
    expect([await query, await mutation]).toEqual([10, 20]);
  });

  it("queries are sent again, in their order, with the time they have left", async () => {
    const play = createPlay();
    const first = await play.open();
    const one = play.api.greet.query({ name: "one" });
    const two = play.api.greet.query({ name: "two" });
    await settled();
    await play.clock.advanceAsync(6_000);
    play.network.refuse(true);
    first.cut();
    await settled();
    const three = play.api.greet.query({ name: "three" });
    play.network.refuse(false);
    const second = await play.socket(1);
    expect(second.messages.slice(1).map((m) => m.params.input.json.name)).toEqual([
      "one",
      "two",
      "three",
    ]);
    expect(second.messages[1].deadlineMs).toBeLessThanOrEqual(24_000);
    second.welcome();
    second.say([1, 2, 3].map((id) => result(id, id)));
    expect(await Promise.all([one, two, three])).toEqual([1, 2, 3]);
  });

  it("mutations in flight fail with OUTCOME_UNKNOWN, and are not repeated", async () => {
    const play = createPlay();
    const first = await play.open();
    const call = failureOf(play.api.change.mutate({ n: 1 }));
    await settled();
    first.close(1001, "Going away");
    const error = await call;
    expect(error.data).toMatchObject({
      code: "SERVICE_UNAVAILABLE",
      path: "change",
      app: { code: "OUTCOME_UNKNOWN" },
    });
    expect(error.message).toContain("The answer was lost (close code 1001: Going away)");
    const second = await play.socket(1);
    expect(second.messages).toHaveLength(1);
  });

  it.each([1000, 1001, 1009, 4000, 4002, 4005])(
    "what was sent with hello is sent again after a %i without a welcome, for it has not run",
    async (code) => {
      const play = createPlay({ session: false });
      const mutation = play.api.change.mutate({ n: 1 });
      const first = await play.socket();
      expect(first.messages).toHaveLength(2);
      first.close(code);
      const second = await play.socket(1);
      second.welcome();
      await settled();
      expect(second.messages[1]).toMatchObject({ method: "mutation", params: { path: "change" } });
      second.say(result(1, 5));
      expect(await mutation).toBe(5);
    },
  );

  it("a mutation that was sent with hello may have run when the socket was cut", async () => {
    const play = createPlay({ session: false });
    const mutation = failureOf(play.api.change.mutate({ n: 1 }));
    (await play.socket()).cut(); // and with it, perhaps, a welcome that was on its way
    expect((await mutation).data.app.code).toBe("OUTCOME_UNKNOWN");
  });

  it.each([1002, 4500, 4501, 4502])(
    "what was sent with hello fails with CLOSED after a %i without a welcome",
    async (code) => {
      const play = createPlay();
      const mutation = failureOf(play.api.change.mutate({ n: 1 }));
      (await play.socket()).close(code);
      expect((await mutation).data.app).toEqual({ code: "CLOSED", data: { closeCode: code } });
    },
  );

  it("calls wait for the welcome once a server found too large what came before it", async () => {
    const play = createPlay();
    const call = failureOf(play.api.greet.query({ name: "x".repeat(3_000) }));
    (await play.socket()).close(1009);
    const second = await play.socket(1);
    expect(second.messages).toHaveLength(1);
    second.welcome({ limits: { ...welcome.limits, maxFrameBytes: 1_024 } });
    expect((await call).data.app).toMatchObject({
      code: "PAYLOAD_TOO_LARGE",
      data: { maxBytes: 1_024 },
    });
  });

  it("a deadline holds while there is no connection", async () => {
    const play = createPlay();
    const first = await play.open();
    play.network.refuse(true);
    const call = failureOf(play.api.now.query(undefined, { deadlineMs: 3_000 }));
    await settled();
    first.cut();
    await play.clock.advanceAsync(3_000);
    expect((await call).data.app.code).toBe("DEADLINE_EXCEEDED");
  });

  it("an aborted call is not sent again", async () => {
    const play = createPlay();
    const first = await play.open();
    const abort = new AbortController();
    const call = failureOf(play.api.now.query(undefined, { signal: abort.signal }));
    await settled();
    abort.abort();
    first.cut();
    await call;
    const second = await play.socket(1);
    expect(second.messages).toHaveLength(1);
  });

  it("nothing that was in flight is sent again after 1009: one of them was too big", async () => {
    const play = createPlay();
    const first = await play.open();
    const log = play.api.deep.log.subscribe(undefined, { lastEventId: "7" });
    const calls = [play.api.now.query(), play.api.change.mutate({ n: 1 }), log.next()];
    const failures = Promise.all(calls.map(failureOf));
    await settled();
    first.close(1009);
    expect((await failures).map((error) => error.data.app.code)).toEqual([
      "PAYLOAD_TOO_LARGE",
      "OUTCOME_UNKNOWN",
      "PAYLOAD_TOO_LARGE",
    ]);
    // Nobody knows the size, and nobody pretends to.
    const unknown = { bytes: Number.NaN, maxBytes: Number.NaN };
    expect((await failures)[0].data.app.data).toEqual(unknown);
    expect((await play.socket(1)).messages).toHaveLength(1);
  });

  it("a tracked subscription goes on after its last event, in silence", async () => {
    const play = createPlay();
    const first = await play.open();
    const log = play.api.deep.log.subscribe();
    await settled();
    first.say({ id: 1, result: { type: "started", tracked: true } }, event(1, "7", 70));
    expect(await log.next()).toEqual({ value: { id: "7", data: 70 }, done: false });
    const next = log.next();
    first.cut();
    const second = await play.socket(1);
    second.welcome();
    expect(second.messages[1].params).toEqual({ path: "deep.log", lastEventId: "7" });
    second.say({ id: 1, result: { type: "started" } }, event(1, "8", 80));
    expect((await next).value).toEqual({ id: "8", data: 80 });
  });

  it("a tracked subscription begins where its caller says", async () => {
    const play = createPlay();
    const socket = await play.open();
    play.api.deep.log.subscribe(undefined, { lastEventId: "41" });
    await settled();
    expect(socket.messages[1].params.lastEventId).toBe("41");
  });

  it.each([
    ["that had not started", false, false],
    ["that is tracked and had no event yet", true, true],
  ])("a subscription %s is sent again", async (_, started, tracked) => {
    const play = createPlay();
    const first = await play.open();
    const ticks = play.api.ticks.subscribe();
    await settled();
    if (started) first.say({ id: 1, result: { type: "started", tracked } });
    const next = ticks.next();
    await settled();
    first.cut();
    const second = await play.socket(1);
    second.welcome();
    expect(second.messages[1].params).toEqual({ path: "ticks" });
    second.say({ id: 1, result: { type: "started" } }, result(1, 5));
    expect(await next).toEqual({ value: 5, done: false });
  });

  it("a plain subscription ends with STREAM_LOST, after what it had received", async () => {
    const play = createPlay();
    const first = await play.open();
    const ticks = play.api.ticks.subscribe();
    await settled();
    first.say({ id: 1, result: { type: "started" } }, result(1, 5));
    await settled();
    first.cut();
    await settled();
    expect(await ticks.next()).toEqual({ value: 5, done: false });
    expect((await failureOf(ticks.next())).data.app.code).toBe("STREAM_LOST");
    expect(await ticks.next()).toEqual({ value: undefined, done: true });
  });

  it("a plain subscription restarts when its caller allows it", async () => {
    const play = createPlay();
    const first = await play.open();
    let started = 0;
    const seen: number[] = [];
    play.api.ticks.subscribe(undefined, {
      onLost: "restart",
      onStarted: () => started++,
      onData: (n) => seen.push(n),
    });
    await settled();
    first.say({ id: 1, result: { type: "started" } }, result(1, 5));
    await settled();
    first.cut();
    const second = await play.socket(1);
    second.welcome();
    second.say({ id: 1, result: { type: "started" } }, result(1, 5));
    await settled();
    expect({ started, seen }).toEqual({ started: 2, seen: [5, 5] });
  });

  it("frames of the old socket that arrive late change nothing", async () => {
    const play = createPlay();
    const first = await play.open();
    const call = play.api.now.query();
    await settled();
    play.connection.reconnect();
    const second = await play.socket(1);
    second.welcome();
    await settled();
    first.cut();
    await settled();
    second.say(result(1, "new"));
    expect(await call).toBe("new");
  });
});

describe("a tracked subscription that was cut off for being slow", () => {
  it("goes on after what it has read, once that is read", async () => {
    const play = createPlay();
    const socket = await play.open();
    const log = play.api.deep.log.subscribe();
    await settled();
    socket.say(
      event(1, "1", 1),
      event(1, "2", 2),
      failure(1, "TOO_MANY_REQUESTS", { code: "OVERFLOW", data: { waiting: 32 } }),
    );
    socket.say({ id: 1, result: { type: "stopped" } });
    await settled();
    expect(socket.messages).toHaveLength(2); // two events are still unread
    expect((await log.next()).value).toEqual({ id: "1", data: 1 });
    await settled();
    expect(socket.messages).toHaveLength(2);
    expect((await log.next()).value).toEqual({ id: "2", data: 2 });
    await settled();
    expect(socket.messages[2]).toMatchObject({ id: 2, params: { lastEventId: "2" } });
    socket.say(event(2, "3", 3));
    expect((await log.next()).value).toEqual({ id: "3", data: 3 });
    await log.return();
  });

  it("ends like any other when its events have no ids", async () => {
    const play = createPlay();
    const socket = await play.open();
    const ticks = play.api.ticks.subscribe();
    await settled();
    socket.say(failure(1, "TOO_MANY_REQUESTS", { code: "OVERFLOW", data: { waiting: 32 } }));
    expect((await failureOf(ticks.next())).data.app.code).toBe("OVERFLOW");
  });
});
