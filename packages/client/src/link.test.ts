import type { RouterOf } from "@tautline/contracts";
import { settled } from "@tautline/testing";
import { createTRPCClient, TRPCClientError, type TRPCLink } from "@trpc/client";
import { observable } from "@trpc/server/observable";
import { describe, expect, it } from "vitest";
import { link } from "./link.js";
import { createPlay, event, failure, failureOf, type played, result } from "./play.test-kit.js";

type Router = RouterOf<typeof played>;

function setUp() {
  const play = createPlay();
  return { ...play, play, trpc: createTRPCClient<Router>({ links: [link(play.api)] }) };
}

describe("a tRPC client over the link", () => {
  it("shares the connection, and encodes as the client does", async () => {
    const { play, trpc, api } = setUp();
    const both = [trpc.greet.query({ name: "a" }), api.greet.query({ name: "b" })];
    const socket = await play.socket();
    expect(socket.messages.slice(1).map((m) => m.params.input.json.name)).toEqual(["a", "b"]);
    socket.welcome();
    socket.say(result(1, "A"), result(2, "B"));
    expect(await Promise.all(both)).toEqual(["A", "B"]);
  });

  it("gets errors of tRPC's own class, local ones too", async () => {
    const { play, trpc } = setUp();
    const socket = await play.open();
    const call = trpc.change.mutate({ n: 1 });
    await settled();
    socket.say(failure(1, "UNPROCESSABLE_CONTENT", { code: "TOO_MANY", data: { most: 3 } }));
    const error = await failureOf(call);
    expect(error).toBeInstanceOf(TRPCClientError);
    expect(error.data.app).toEqual({ code: "TOO_MANY", data: { most: 3 } });
    const lost = failureOf(trpc.change.mutate({ n: 2 }));
    await settled();
    socket.cut();
    expect(await lost).toBeInstanceOf(TRPCClientError);
    expect((await lost).data.app.code).toBe("OUTCOME_UNKNOWN");
  });

  it("leaves no timer behind when a link closes the connection for a call that was too late", async () => {
    const { play, connection, clock } = setUp();
    const closing: TRPCLink<Router> =
      () =>
      ({ op, next }) =>
        observable((observer) =>
          next(op).subscribe({
            ...observer,
            error(error) {
              void connection.close();
              observer.error(error);
            },
          }),
        );
    const trpc = createTRPCClient<Router>({ links: [closing, link(play.api)] });
    await play.open();
    const late = failureOf(trpc.now.query());
    await settled();
    clock.advance(1_000);
    const later = failureOf(trpc.now.query());
    await settled();
    clock.advance(10_000);
    play.sockets[0]!.say("PONG"); // it is there, and only slow
    clock.advance(19_000);
    expect((await late).data.app.code).toBe("DEADLINE_EXCEEDED");
    expect((await later).data.app.code).toBe("CLOSED");
    await connection.close();
    expect(clock.pending).toBe(0);
  });

  it("cancels with its signal", async () => {
    const { play, trpc } = setUp();
    const socket = await play.open();
    const abort = new AbortController();
    const call = failureOf(trpc.now.query(undefined, { signal: abort.signal }));
    await settled();
    abort.abort();
    expect((await call).data.app.code).toBe("CANCELLED");
    await settled();
    expect(socket.messages.at(-1)).toEqual({ id: 1, method: "cancel" });
  });

  it("follows subscriptions, with ids where there are any, and restarts plain ones", async () => {
    const { play, trpc } = setUp();
    const first = await play.open();
    const heard: unknown[] = [];
    const subscription = trpc.ticks.subscribe(undefined, {
      onStarted: () => heard.push("started"),
      onData: (n) => heard.push(n),
      onStopped: () => heard.push("stopped"),
      onComplete: () => heard.push("complete"),
      onConnectionStateChange: ({ state }) => heard.push(state),
    });
    const log = trpc.deep.log.subscribe();
    await settled();
    first.say({ id: 1, result: { type: "started" } }, result(1, 5), event(2, "1", 10));
    const { value } = await log.next();
    expect(value).toEqual({ id: "1", data: 10 });
    first.cut();
    const second = await play.socket(1);
    second.welcome();
    await settled();
    expect(second.messages.slice(1).map(({ params }) => params)).toEqual([
      { path: "ticks" },
      { path: "deep.log", lastEventId: "1" },
    ]);
    second.say({ id: 1, result: { type: "started" } }, { id: 1, result: { type: "stopped" } });
    await settled();
    expect(heard).toEqual([
      "pending",
      "started",
      5,
      "connecting",
      "connecting",
      "pending",
      "started",
      "stopped",
      "complete",
    ]);
    await log.return!();
    await settled();
    expect(second.messages.at(-1)).toEqual({ id: 2, method: "subscription.stop" });
    subscription.unsubscribe();
  });

  it("can be made from options alone", async () => {
    const play = createPlay();
    const trpc = createTRPCClient<Router>({
      links: [link({ url: "ws://test/line", connect: play.network.connect, clock: play.clock })],
    });
    const call = trpc.now.query();
    const socket = await play.socket();
    socket.welcome();
    socket.say(result(1, 5));
    expect(await call).toBe(5);
    expect(() => link(() => {})).toThrow(TypeError);
  });
});
