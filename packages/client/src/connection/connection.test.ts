import { settled, until } from "@tautline/testing";
import { describe, expect, it } from "vitest";
import { createPlay, failure, failureOf, result, welcome } from "../play.test-kit.js";
import type { ConnectionState } from "./state.js";

/** Names of the states a connection goes through from now on. */
function watch(play: ReturnType<typeof createPlay>) {
  const states: ConnectionState[] = [];
  play.connection.subscribe((state) => states.push(state));
  return { states, names: () => states.map(({ name }) => name) };
}

describe("a connection", () => {
  it("is made for the first call, and not before", async () => {
    const play = createPlay();
    const { names } = watch(play);
    await settled();
    expect(play.connection.state).toEqual({ name: "idle" });
    expect(play.sockets).toHaveLength(0);
    void play.api.now.query().catch(() => {});
    const socket = await play.socket();
    socket.welcome({ contract: "abc", revision: 2 });
    await settled();
    expect(names()).toEqual(["connecting", "open"]);
    expect(play.connection.state).toMatchObject({
      name: "open",
      limits: welcome.limits,
      contract: "abc",
      revision: 2,
    });
    expect(play.connection.state).toBe(play.connection.state);
  });

  it("is made at once when it is not lazy", async () => {
    const play = createPlay({ lazy: false });
    expect(play.connection.state).toEqual({ name: "connecting", attempt: 0 });
    await play.socket();
  });

  it("asks where and as whom each time", async () => {
    let n = 0;
    const play = createPlay({
      url: async () => `http://test/line${n}`,
      credentials: () => ({ token: `t${++n}` }),
    });
    const first = await play.open();
    expect(first.url).toBe("/line0");
    expect(first.messages[0].credentials).toEqual({ token: "t1" });
    first.cut();
    const second = await play.socket(1);
    expect(second.url).toBe("/line1");
    expect(second.messages[0].credentials).toEqual({ token: "t2" });
  });

  it("asks again later when whoever knows fails", async () => {
    let n = 0;
    const play = createPlay({
      credentials: () => {
        if (++n < 3) throw new Error("The token server is away");
        return { token: "t" };
      },
    });
    const { states } = watch(play);
    const socket = await play.open();
    expect(socket.messages[0].credentials).toEqual({ token: "t" });
    expect(states[1]).toMatchObject({
      name: "waiting",
      code: 1006,
      reason: "Error: The token server is away",
    });
  });

  it("closes for good when its address is no address", async () => {
    const play = createPlay({ url: "not a url" });
    const error = await failureOf(play.api.now.query());
    expect(error.data.app).toEqual({ code: "CLOSED", data: { closeCode: 4500 } });
    expect(error.message).toContain("not a url");
  });

  it("closes when it had nothing to do, and comes back for the next call", async () => {
    const play = createPlay({ idleMs: 1_000 });
    const socket = await play.open();
    await play.clock.advanceAsync(600);
    const call = play.api.now.query();
    await settled();
    await play.clock.advanceAsync(2_000);
    socket.say(result(1, 5));
    await call;
    await play.clock.advanceAsync(999);
    expect(play.connection.state.name).toBe("open");
    await play.clock.advanceAsync(1);
    expect(play.connection.state).toEqual({ name: "idle" });
    expect(socket.closed).toEqual({ code: 4004, reason: "Idle" });
    expect(play.clock.leftovers()).toEqual([]);
    const next = play.api.now.query();
    const second = await play.socket(1);
    second.welcome();
    second.say(result(1, 6));
    expect(await next).toBe(6);
    second.cut(); // nothing to do: no reason to come back
    await settled();
    expect(play.connection.state.name).toBe("idle");
  });

  it("stays open while something is subscribed", async () => {
    const play = createPlay({ idleMs: 1_000, heartbeat: { intervalMs: 60_000 } });
    await play.open();
    const ticks = play.api.ticks.subscribe();
    await play.clock.advanceAsync(10_000);
    expect(play.connection.state.name).toBe("open");
    await ticks.return();
    await play.clock.advanceAsync(1_000);
    expect(play.connection.state.name).toBe("idle");
  });

  it("waits at random below the server's window, then longer and longer", async () => {
    const play = createPlay();
    const { states } = watch(play);
    const socket = await play.open(); // reconnectWindowMs is 1,000 and every random number 0.5
    await play.clock.advanceAsync(5_000);
    play.network.refuse(true);
    socket.close(4000, "Draining");
    const delays = () => states.flatMap((state) => ("delayMs" in state ? [state.delayMs] : []));
    await until(() => delays().length === 8, { clock: play.clock, withinMs: 600_000 });
    expect(delays()).toEqual([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
    play.network.refuse(false);
    const second = await play.socket(1);
    second.welcome();
    await settled();
    expect(play.connection.stats.reconnects).toBe(1);
  });

  it("counts a connection that does not hold as one more failure", async () => {
    const play = createPlay();
    const { states } = watch(play);
    await play.open();
    for (let n = 0; n < 3; n++) {
      (await play.socket(n)).welcome();
      await settled();
      play.sockets[n]!.close(4003);
      await settled();
    }
    expect(states.filter(({ name }) => name === "waiting")).toMatchObject([
      { attempt: 1, delayMs: 500 },
      { attempt: 2, delayMs: 1_000 },
      { attempt: 3, delayMs: 2_000 },
    ]);
  });

  it("gives up an attempt that takes too long", async () => {
    const play = createPlay({ connectTimeoutMs: 3_000 });
    const { states } = watch(play);
    play.network.hang(true);
    play.connection.connect();
    await play.clock.advanceAsync(3_000);
    expect(states.at(-1)).toMatchObject({ name: "waiting", reason: "Not open within 3000 ms" });
    play.network.hang(false);
    const socket = await play.socket();
    await play.clock.advanceAsync(3_000); // said hello, was not welcomed
    expect(socket.closed).toBeDefined();
    expect(states.at(-1)).toMatchObject({ name: "waiting", attempt: 2 });
  });

  it.each([1002, 1003, 1007, 1010, 4500, 4501, 4503, 4502])("stays away after %i", async (code) => {
    const play = createPlay();
    const socket = await play.open();
    const mutation = failureOf(play.api.change.mutate({ n: 1 }));
    const subscription = play.api.deep.log.subscribe().next();
    await settled();
    socket.close(code, "Go");
    expect((await mutation).data.app).toEqual({ code: "OUTCOME_UNKNOWN", data: undefined });
    expect((await failureOf(subscription)).data.app).toEqual({
      code: "CLOSED",
      data: { closeCode: code },
    });
    expect(play.connection.state).toEqual({ name: "closed", code, reason: "Go" });
    const later = await failureOf(play.api.now.query());
    expect(later.data.app).toEqual({ code: "CLOSED", data: { closeCode: code } });
    expect(later.message).toBe("The connection is closed: Go");
    await play.clock.advanceAsync(600_000);
    expect(play.sockets).toHaveLength(1);
    play.connection.connect();
    (await play.socket(1)).welcome();
    await settled();
    expect(play.connection.state.name).toBe("open");
  });

  it("rejects everything with what the server said when it refuses the credentials", async () => {
    const play = createPlay();
    const calls = [play.api.now.query(), play.api.change.mutate({ n: 1 })].map(failureOf);
    const subscription = failureOf(play.api.ticks.subscribe().next());
    const socket = await play.socket();
    socket.say(failure(null, "UNAUTHORIZED"));
    socket.close(4502, "Unauthenticated");
    for (const error of await Promise.all([...calls, subscription])) {
      expect(error.data.code).toBe("UNAUTHORIZED");
    }
    expect(play.connection.state).toMatchObject({ name: "closed", code: 4502 });
    expect((await failureOf(play.api.now.query())).data.code).toBe("UNAUTHORIZED");
    play.connection.reconnect();
    (await play.socket(1)).welcome();
    await settled();
    expect(play.connection.state.name).toBe("open");
  });

  it("comes back when the server could not decide who the client is", async () => {
    const play = createPlay();
    const call = play.api.now.query();
    const socket = await play.socket();
    socket.say(failure(null, "INTERNAL_SERVER_ERROR"));
    socket.close(4005);
    const second = await play.socket(1);
    second.welcome();
    second.say(result(1, 4));
    expect(await call).toBe(4);
  });

  it("sends again what came too early for limits it could not know", async () => {
    const play = createPlay({ session: false });
    const calls = [1, 2].map((n) => play.api.change.mutate({ n }));
    const socket = await play.socket();
    const limit = (id: number) =>
      failure(id, "TOO_MANY_REQUESTS", { code: "TOO_MANY_CALLS", data: { limit: 1 } });
    socket.welcome({ limits: { ...welcome.limits, maxCallsInFlight: 1 } });
    socket.say(limit(2));
    await settled();
    expect(socket.messages).toHaveLength(3);
    socket.say(result(1, 1));
    await settled();
    expect(socket.messages.at(-1)).toMatchObject({ id: 3, params: { input: { json: { n: 2 } } } });
    socket.say(result(3, 2));
    expect(await Promise.all(calls)).toEqual([1, 2]);
  });

  it("sends little before it knows how large a frame may be, and no call larger than that", async () => {
    const play = createPlay();
    const small = play.api.greet.query({ name: "x".repeat(5_000) });
    const large = play.api.greet.query({ name: "x".repeat(20_000) });
    const tooLarge = failureOf(play.api.greet.query({ name: "x".repeat(70_000) }));
    const socket = await play.socket();
    expect(socket.messages).toHaveLength(2);
    expect(socket.frames.join("").length).toBeLessThan(16_384);
    socket.welcome({ limits: { ...welcome.limits, maxFrameBytes: 65_536 } });
    expect((await tooLarge).data.app).toMatchObject({
      code: "PAYLOAD_TOO_LARGE",
      data: { maxBytes: 65_536 },
    });
    socket.say(result(1, "small"), result(2, "large"));
    expect(await Promise.all([small, large])).toEqual(["small", "large"]);
  });

  it.each([
    ["a long string", "x".repeat(200)],
    ["a string of characters that take two bytes", "é".repeat(200)],
    ["a number", 7],
    ["nothing", null],
    ["a list of strings", ["x".repeat(200)]],
    ["a result that is none", { id: 1 }],
  ])("survives a server that sends %s", async (_, odd) => {
    const play = createPlay();
    const socket = await play.open();
    const call = play.api.now.query();
    await settled();
    socket.say(JSON.stringify(odd));
    const second = await play.socket(1);
    expect(socket.closed?.code).toBe(4500);
    second.welcome();
    second.say(result(1, 5));
    expect(await call).toBe(5);
  });

  it("takes no more calls than its owner allows while there is none", async () => {
    const play = createPlay({ maxWaitingCalls: 2 });
    play.network.refuse(true);
    const first = [1, 2].map(() => play.api.now.query());
    const error = await failureOf(play.api.now.query());
    expect(error.data).toMatchObject({ code: "SERVICE_UNAVAILABLE", app: { code: "NOT_SENT" } });
    play.network.refuse(false);
    const socket = await play.socket();
    socket.welcome();
    socket.say(result(1, 1), result(2, 2));
    expect(await Promise.all(first)).toEqual([1, 2]);
  });

  it("measures the round trip", async () => {
    const play = createPlay();
    expect((await failureOf(play.connection.ping())).data.app.code).toBe("NOT_SENT");
    const socket = await play.open();
    const trip = play.connection.ping();
    await play.clock.advanceAsync(40);
    expect(socket.frames.at(-1)).toBe("PING");
    socket.say("PONG", "PONG"); // the second answers nothing
    expect(await trip).toBe(40);
    await settled();
    expect(play.connection.stats.roundTripMs).toBe(40);
    const lost = failureOf(play.connection.ping());
    socket.cut();
    expect((await lost).data.app.code).toBe("NOT_SENT");
  });

  it("rejects a ping that is never answered", async () => {
    const play = createPlay({ heartbeat: { intervalMs: 100_000 } });
    await play.open();
    const trip = failureOf(play.connection.ping());
    await play.clock.advanceAsync(10_000);
    expect((await trip).data.app.code).toBe("NOT_SENT");
  });

  it("answers PING, before welcome too", async () => {
    const play = createPlay();
    play.connection.connect();
    const socket = await play.socket();
    socket.say("PING");
    await settled();
    expect(socket.frames.at(-1)).toBe("PONG");
  });

  it("abandons a server that has gone silent, and says so locally", async () => {
    const play = createPlay();
    const { states } = watch(play);
    const socket = await play.open({ heartbeat: { intervalMs: 2_000, timeoutMs: 1_000 } });
    await play.clock.advanceAsync(2_000);
    expect(socket.frames.at(-1)).toBe("PING");
    await play.clock.advanceAsync(1_000);
    expect(states.at(-1)).toMatchObject({ name: "waiting", code: 4001 });
    expect(socket.closed).toMatchObject({ code: 1006 });
  });

  it("keeps the server's heartbeat where its owner's is undefined", async () => {
    const heartbeat = { intervalMs: undefined } as object;
    const play = createPlay({ heartbeat });
    const socket = await play.open({ heartbeat: { intervalMs: 2_000, timeoutMs: 1_000 } });
    await play.clock.advanceAsync(1_999);
    expect(socket.frames.at(-1)).not.toBe("PING");
    await play.clock.advanceAsync(1);
    expect(socket.frames.at(-1)).toBe("PING");
  });

  it("prefers its owner's heartbeat to the server's", async () => {
    const play = createPlay({ heartbeat: { intervalMs: 500 } });
    const socket = await play.open();
    await play.clock.advanceAsync(500);
    expect(socket.frames.at(-1)).toBe("PING");
  });

  it("counts what goes in and out", async () => {
    const play = createPlay();
    const socket = await play.open();
    await play.clock.advanceAsync(1_000);
    const call = play.api.now.query();
    await settled();
    socket.say(result(1, 5));
    await call;
    const { framesIn, framesOut, charactersIn, charactersOut, openForMs, reconnects } =
      play.connection.stats;
    expect({ framesIn, framesOut, openForMs, reconnects }).toEqual({
      framesIn: 2,
      framesOut: 2,
      openForMs: 1_000,
      reconnects: 0,
    });
    expect(charactersOut).toBe(socket.frames.join("").length);
    expect(charactersIn).toBe(JSON.stringify([welcome, result(1, 5)]).length - 3);
  });
});

describe("a frame that no server sends", () => {
  const strange: [string, unknown][] = [
    ["text that is not JSON", "hello"],
    ["a number", "5"],
    ["null", "null"],
    ["an array of numbers", "[1]"],
    ["an answer without a result", { id: 1 }],
    ["a result that is none", { id: 1, result: 5 }],
  ];
  it.each(strange)("closes with 4500: %s", async (_, frame) => {
    const play = createPlay();
    const { states } = watch(play);
    const socket = await play.open();
    const call = play.api.now.query();
    await settled();
    await play.clock.advanceAsync(5_000);
    socket.say(frame);
    await settled();
    expect(socket.closed?.code).toBe(4500);
    expect(states.at(-1)).toMatchObject({ name: "waiting", code: 4500 });
    const second = await play.socket(1);
    second.welcome();
    second.say(result(1, 9));
    expect(await call).toBe(9);
  });

  it("of any shape does no more than that", async () => {
    const values = ["null", "true", "-1", '""', "[]", "{}", '{"id":1}', "[[]]", '{"limits":null}'];
    const shapes = values.flatMap((value) => [
      value,
      `[${value},${value}]`,
      ...["id", "method", "result", "error", "version", "limits"].map(
        (name) => `{"${name}":${value}}`,
      ),
      `{"id":1,"result":${value}}`,
      `{"id":1,"error":${value}}`,
      `{"id":1,"result":{"type":${value},"id":${value},"data":${value}}}`,
      `{"id":null,"error":${value}}`,
      `{"id":null,"method":${value}}`,
      `{"method":"welcome","version":1,"limits":${value},"heartbeat":${value}}`,
    ]);
    for (const dialect of ["tautline", "trpc"] as const) {
      for (const shape of shapes) {
        const play = createPlay({ dialect, deadlineMs: 1_000 });
        const call = Promise.allSettled([play.api.now.query()]);
        const ticks = play.api.ticks.subscribe();
        const socket = await play.socket();
        socket.say(shape);
        await settled(3);
        if (dialect === "tautline") socket.welcome();
        socket.say(shape, shape);
        await settled(3);
        await play.clock.advanceAsync(1_000);
        await call;
        await ticks.return();
        await play.connection.close();
      }
    }
  });

  it("closes with 1003 when it is binary", async () => {
    const play = createPlay();
    const socket = await play.open();
    socket.say(new Uint8Array([1]));
    await settled();
    expect(socket.closed?.code).toBe(1003);
  });

  it("keeps it away when it comes again at once", async () => {
    const play = createPlay();
    const call = failureOf(play.api.now.query());
    (await play.socket(0)).say({ id: null, result: {} });
    (await play.socket(1)).say("what?");
    expect((await call).data.app.code).toBe("CLOSED");
    expect(play.connection.state).toMatchObject({ name: "closed", code: 4500 });
  });

  it("is said to be another protocol's when it comes instead of welcome", async () => {
    const play = createPlay();
    const call = failureOf(play.api.now.query());
    (await play.socket(0)).say(result(1, 5));
    (await play.socket(1)).say(result(1, 5));
    expect((await call).message).toContain('dialect "trpc"');
  });

  it("is said to be another protocol's to a mutation, too, which is not sent again", async () => {
    const play = createPlay({ session: false });
    const call = failureOf(play.api.change.mutate({ n: 1 }));
    (await play.socket(0)).say(result(1, 5));
    expect((await call).message).toContain('dialect "trpc"');
  });

  it("is passed over when it is only a message of a newer version", async () => {
    const play = createPlay();
    const socket = await play.open();
    socket.say(
      { method: "hum" },
      { id: 4, method: "hum" },
      result(99, 1),
      failure(98, "NOT_FOUND"),
    );
    await settled();
    expect(play.connection.state.name).toBe("open");
    expect(socket.messages).toHaveLength(1);
  });
});

describe("closing", () => {
  it("fails what waits with CLOSED, and a mutation that was sent as one that may have run", async () => {
    const play = createPlay();
    const socket = await play.open();
    const sent = failureOf(play.api.change.mutate({ n: 1 }));
    await settled();
    const asked = failureOf(play.api.now.query());
    await settled();
    const waiting = failureOf(play.api.change.mutate({ n: 2 }));
    const closing = play.connection.close();
    expect(play.connection.state).toMatchObject({ name: "closed", code: 4503 });
    expect((await sent).data.app).toEqual({ code: "OUTCOME_UNKNOWN", data: undefined });
    for (const error of await Promise.all([asked, waiting])) {
      expect(error.data.app).toEqual({ code: "CLOSED", data: { closeCode: 4503 } });
    }
    await closing;
    await play.connection.close();
    await settled();
    expect(socket.closed).toEqual({ code: 4503, reason: "Closed by its owner" });
    for (const later of [play.api.now.query(), play.api.ticks.subscribe().next()]) {
      expect((await failureOf(later)).data.app.code).toBe("CLOSED");
    }
    expect(play.network.leftovers()).toEqual([]);
    expect(play.clock.leftovers()).toEqual([]);
  });

  it("ends iterators and callbacks without an error: their owner asked for it", async () => {
    const play = createPlay();
    const socket = await play.open();
    const ticks = play.api.ticks.subscribe();
    const heard: string[] = [];
    play.api.deep.log.subscribe(undefined, {
      onData() {},
      onError: () => heard.push("error"),
      onStopped: () => heard.push("stopped"),
      onComplete: () => heard.push(`complete while ${play.connection.state.name}`),
    });
    await settled();
    socket.say({ id: 1, result: { type: "started" } }, { id: 2, result: { type: "started" } });
    const waited = ticks.next();
    const unsent = play.api.ticks.subscribe().next();
    await play.connection.close();
    expect(await Promise.all([waited, unsent, ticks.next()])).toEqual(
      Array(3).fill({ value: undefined, done: true }),
    );
    expect(heard).toEqual(["complete while closed"]);
    expect(play.network.leftovers()).toEqual([]);
    expect(play.clock.leftovers()).toEqual([]);
  });

  it("before anything happened closes all the same", async () => {
    const play = createPlay();
    await play.connection.close();
    expect(play.connection.state.name).toBe("closed");
  });

  it("while connecting leaves no socket behind", async () => {
    const play = createPlay({ credentials: async () => ({ token: "t" }) });
    play.connection.connect();
    await play.connection.close();
    await settled();
    expect(play.network.leftovers()).toEqual([]);
    expect(play.clock.leftovers()).toEqual([]);
  });

  it("does not wait for a server that does not answer", async () => {
    const play = createPlay();
    await play.open();
    play.network.sockets[0]!.network.blackHole();
    const closing = play.connection.close();
    await play.clock.advanceAsync(2_000);
    await closing;
    expect(play.clock.leftovers()).toEqual([]);
  });

  it("happens at the end of a block", async () => {
    const play = createPlay();
    {
      await using connection = play.connection;
      await play.open();
      expect(connection.state.name).toBe("open");
    }
    expect(play.connection.state.name).toBe("closed");
  });

  it("is not for ever: its owner may connect again, from a listener too", async () => {
    const play = createPlay();
    const first = await play.open();
    let once = true;
    play.connection.subscribe(({ name }) => {
      if (name === "closed" && once) {
        once = false;
        play.connection.connect();
      }
    });
    await play.connection.close();
    expect(first.closed?.code).toBe(4503);
    (await play.socket(1)).welcome();
    await settled();
    expect(play.connection.state.name).toBe("open");
  });
});

describe("when the network or the page may be back", () => {
  function watched() {
    let look = () => {};
    const watching = { now: 0 };
    const play = createPlay({
      watchNetwork(given) {
        look = given;
        watching.now++;
        return () => watching.now--;
      },
    });
    return { play, watching, look: () => look() };
  }

  it("it tries again at once, not after its delay", async () => {
    const { play, look } = watched();
    (await play.open()).cut();
    await settled();
    expect(play.sockets).toHaveLength(1);
    look();
    await settled();
    expect(play.sockets).toHaveLength(2);
    look(); // it does already
    await settled();
    expect(play.sockets).toHaveLength(2);
  });

  it("it asks an open connection for a sign of life, and gives it up without one", async () => {
    const { play, look } = watched();
    const socket = await play.open();
    await play.clock.advanceAsync(10);
    look();
    look();
    await settled();
    expect(socket.frames.filter((frame) => frame === "PING")).toHaveLength(1);
    socket.say("PONG");
    await play.clock.advanceAsync(6_000);
    expect(play.connection.state.name).toBe("open");
    look();
    await play.clock.advanceAsync(5_400);
    expect(play.connection.state).toMatchObject({ name: "waiting", code: 4001 });
  });

  it("it watches from the first connection on, and not once it is closed", async () => {
    const { play, watching } = watched();
    expect(watching.now).toBe(0);
    await play.open();
    expect(watching.now).toBe(1);
    await play.connection.close();
    expect(watching.now).toBe(0);
  });
});

describe("a call that is made while the connection is lost", () => {
  it("waits for the next one", async () => {
    const play = createPlay();
    (await play.open()).cut();
    await settled();
    const call = play.api.now.query();
    const second = await play.socket(1);
    second.welcome();
    second.say(result(1, 5));
    expect(await call).toBe(5);
  });

  it("fails at once, if it is to; but not the first of all, nor one that was sent before", async () => {
    const play = createPlay({ offline: "fail" });
    const first = play.api.now.query();
    const socket = await play.socket();
    socket.welcome();
    await settled();
    socket.cut();
    await settled();
    expect((await failureOf(play.api.now.query())).data.app.code).toBe("NOT_SENT");
    const second = await play.socket(1);
    expect((await failureOf(play.api.now.query())).data.app.code).toBe("NOT_SENT");
    second.welcome();
    second.say(result(1, 5));
    expect(await first).toBe(5);
    const third = play.api.now.query();
    await settled();
    second.say(result(2, 6));
    expect(await third).toBe(6);
  });
});
