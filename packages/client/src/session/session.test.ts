import { settled } from "@tautline/testing";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  createPlay,
  event,
  failure,
  failureOf,
  type PlayedSocket,
  result,
  welcome,
} from "../play.test-kit.js";

const given = {
  id: "S1",
  secret: "hush",
  resumed: false,
  graceMs: 30_000,
  maxUnackedBytes: 1_000_000,
  storeEpoch: "E1",
};
const fresh = (changes: object = {}) => ({ session: { ...given, ...changes } });
const resumed = (received: number, from = 0) => ({
  session: { ...given, secret: undefined, resumed: true, received, from },
});

/** A client in the session S1. */
async function inSession(changes: object = {}) {
  const play = createPlay();
  return { play, socket: await play.open(fresh(changes)) };
}

const tick = (id: number, n: number) => result(id, n);
const started = (id: number) => ({ id, result: { type: "started" } });

/** Follows the untracked subscription and writes down what it brings. */
function follow(play: ReturnType<typeof createPlay>) {
  const seen: unknown[] = [];
  play.api.ticks.subscribe(undefined, {
    onData: (n) => seen.push(n),
    onError: (error) => seen.push((error.data as any).app.code),
  });
  return seen;
}

async function next(play: ReturnType<typeof createPlay>, n: number): Promise<PlayedSocket> {
  const socket = await play.socket(n);
  await settled();
  return socket;
}

afterEach(() => void vi.useRealTimers());

describe("a session", () => {
  it("is asked for by hello, and a mutation waits until it is known", async () => {
    const play = createPlay();
    const greeting = play.api.greet.query({ name: "Ana" });
    void play.api.change.mutate({ n: 1 });
    const socket = await play.socket();
    expect(socket.messages).toMatchObject([
      { method: "hello", session: {} },
      { id: 1, method: "query" },
    ]);
    socket.welcome(fresh());
    await settled();
    expect(socket.messages.at(-1)).toMatchObject({ id: 2, method: "mutation" });
    socket.say(result(1, "hello Ana"));
    expect(await greeting).toBe("hello Ana");
  });

  it("is not asked for by a client that wants none", async () => {
    const play = createPlay({ session: false });
    await play.open();
    expect(play.sockets[0]!.messages[0].session).toBeUndefined();
  });

  it("tells what it heard when it resumes, and repeats what was not heard", async () => {
    const { play, socket } = await inSession();
    const first = play.api.change.mutate({ n: 1 });
    const second = play.api.change.mutate({ n: 2 });
    await settled();
    socket.say(result(1, 10));
    expect(await first).toBe(10);
    socket.cut();
    const again = await next(play, 1);
    expect(again.messages).toMatchObject([
      { method: "hello", session: { id: "S1", secret: "hush", received: 1 } },
    ]);
    again.welcome(resumed(1, 1));
    await settled();
    expect(again.messages[1]).toMatchObject({ id: 2, method: "mutation" });
    again.say(result(2, 20));
    expect(await second).toBe(20);
    expect(play.connection.stats).toMatchObject({ resumes: 1, messagesRepeated: 1 });
  });

  it("goes on with a plain subscription as if nothing had happened", async () => {
    const { play, socket } = await inSession();
    const seen = follow(play);
    await settled();
    socket.say(started(1), tick(1, 1), tick(1, 2));
    await settled();
    socket.cut();
    const again = await next(play, 1);
    expect(again.messages[0].session.received).toBe(3);
    again.welcome(resumed(1, 3));
    again.say(tick(1, 3));
    await settled();
    expect(seen).toEqual([1, 2, 3]);
    expect(again.messages).toHaveLength(1);
  });

  it("is resuming meanwhile, until the server must have given it up", async () => {
    const { play, socket } = await inSession();
    socket.cut();
    await settled();
    expect(play.connection.state).toMatchObject({ name: "resuming", attempt: 1, code: 1006 });
    for (let n = 1; n <= 2; n++) {
      (await next(play, n)).cut();
      await settled();
      expect(play.connection.state).toMatchObject({ name: "resuming", attempt: n + 1 });
    }
    play.clock.advance(60_000);
    await settled();
    expect(play.connection.state.name).not.toBe("resuming");
  });

  it("is begun anew where the server does not know it: queries go again, mutations with where they were first", async () => {
    const { play, socket } = await inSession();
    const query = play.api.now.query();
    const mutation = play.api.change.mutate({ n: 1 });
    const seen = follow(play);
    await settled();
    socket.say(started(3));
    socket.cut();
    const second = await next(play, 1);
    second.welcome(fresh({ id: "S2", secret: "other" }));
    await settled();
    expect(second.messages.slice(1)).toMatchObject([
      { id: 1, method: "query" },
      {
        id: 2,
        method: "mutation",
        first: { session: "S1", n: 2, storeEpoch: "E1", ageMs: expect.any(Number) },
      },
    ]);
    expect(seen).toEqual(["STREAM_LOST"]);
    second.say(result(1, 7), result(2, 8));
    expect(await Promise.all([query, mutation])).toEqual([7, 8]);
  });

  it("remembers the first sending of a mutation over any number of sessions", async () => {
    const { play, socket } = await inSession();
    void failureOf(play.api.change.mutate({ n: 1 }));
    await settled();
    socket.cut();
    const second = await next(play, 1);
    second.welcome(fresh({ id: "S2", secret: "x", storeEpoch: "E2" }));
    await settled();
    second.cut();
    const third = await next(play, 2);
    third.welcome(fresh({ id: "S3", secret: "y", storeEpoch: "E3" }));
    await settled();
    expect(third.messages[1].first).toEqual({
      session: "S1",
      n: 1,
      storeEpoch: "E1",
      ageMs: 1_500,
    });
  });

  it("tells how old a mutation is by the day's clock too: the machine's stands still while it sleeps", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const { play, socket } = await inSession();
    void failureOf(play.api.change.mutate({ n: 1 }));
    await settled();
    vi.setSystemTime(Date.now() + 3_600_000); // the lid was closed for an hour
    socket.cut();
    const second = await next(play, 1);
    second.welcome(fresh({ id: "S2", secret: "other" }));
    await settled();
    expect(second.messages[1].first.ageMs).toBeGreaterThanOrEqual(3_600_000);
    // Set back, it tells nothing; then the other one counts.
    vi.setSystemTime(Date.now() - 7_200_000);
    second.cut();
    const third = await next(play, 2);
    third.welcome(fresh({ id: "S3", secret: "another" }));
    await settled();
    expect(third.messages[1].first.ageMs).toBe(1_500);
  });

  it("leaves a mutation unknown where the next server keeps no records", async () => {
    const { play, socket } = await inSession();
    const mutation = failureOf(play.api.change.mutate({ n: 1 }));
    await settled();
    socket.cut();
    (await next(play, 1)).welcome(fresh({ id: "S2", storeEpoch: undefined }));
    expect((await mutation).data.app.code).toBe("OUTCOME_UNKNOWN");
  });

  it("asks what became of a mutation sent in it, whatever the next one refuses, and says nothing less", async () => {
    const { play, socket } = await inSession();
    const late = failureOf(play.api.change.mutate({ n: 1 }, { deadlineMs: 2_000 }));
    const closed = failureOf(play.api.change.mutate({ n: 2 }));
    await settled();
    socket.cut();
    const second = await next(play, 1);
    second.welcome(fresh({ id: "S2", secret: "other" }));
    await settled();
    const limit = { code: "TOO_MANY_CALLS", data: { limit: 64 } };
    for (const id of [1, 2]) second.say(failure(id, "TOO_MANY_REQUESTS", limit));
    await settled();
    // It was sent to the first session, which may have run it: this refusal is of the second sending.
    play.network.refuse(true);
    second.cut();
    await play.clock.advanceAsync(2_000);
    expect((await late).data.app.code).toBe("DEADLINE_EXCEEDED");
    await play.connection.close();
    expect((await closed).data.app.code).toBe("OUTCOME_UNKNOWN");
  });

  it("tells the oldest mutation without an answer beside each later one", async () => {
    const { play, socket } = await inSession();
    const first = play.api.change.mutate({ n: 1 });
    for (const n of [2, 3]) void failureOf(play.api.change.mutate({ n }));
    await settled();
    socket.say(result(1, 1));
    await first;
    void failureOf(play.api.change.mutate({ n: 4 }));
    await settled();
    const lows = socket.messages.filter(({ id }) => id).map(({ id, low }) => [id, low]);
    expect(lows).toEqual([
      [1, 1],
      [2, 1],
      [3, 1],
      [4, 2],
    ]);
  });

  it("acknowledges 32 messages at once, and fewer after a second", async () => {
    const { play, socket } = await inSession();
    // Nobody reads them, so no credit leaves that an ack could go along with.
    play.api.ticks.subscribe();
    await settled();
    const acks = () => socket.messages.filter(({ method }) => method === "ack");
    socket.say(started(1), ...Array.from({ length: 31 }, (_, n) => tick(1, n)));
    await settled();
    expect(acks()).toEqual([{ method: "ack", received: 32 }]);
    socket.say(tick(1, 31));
    await settled();
    play.clock.advance(999);
    await settled();
    expect(acks()).toHaveLength(1);
    play.clock.advance(200);
    await settled();
    expect(acks().at(-1)).toEqual({ method: "ack", received: 33 });
  });

  it("acknowledges 16 along with a credit, and then counts the second anew", async () => {
    const { play, socket } = await inSession();
    follow(play);
    await settled();
    const acks = () => socket.messages.filter(({ method }) => method === "ack");
    socket.say(started(1));
    play.clock.advance(900);
    socket.say(...Array.from({ length: 16 }, (_, n) => tick(1, n)));
    await settled();
    expect(socket.messages.slice(-2)).toEqual([
      { method: "ack", received: 17 },
      { id: 1, method: "credit", count: 16 },
    ]);
    play.clock.advance(50);
    socket.say(tick(1, 16));
    await settled();
    play.clock.advance(900);
    await settled();
    expect(acks()).toHaveLength(1);
    play.clock.advance(200);
    await settled();
    expect(acks().at(-1)).toEqual({ method: "ack", received: 18 });
  });

  it("holds calls back while the server could not keep their count, and goes on with its ack", async () => {
    const { play, socket } = await inSession({ maxUnackedBytes: 300 });
    for (let n = 1; n <= 6; n++) void failureOf(play.api.change.mutate({ n }));
    await settled();
    const sent = socket.messages.length - 1;
    expect(sent).toBeLessThan(6);
    socket.say({ method: "ack", received: sent });
    await settled();
    expect(socket.messages.length - 1).toBeGreaterThan(sent);
  });

  it.each([
    ["an ack of more than was said", { method: "ack", received: 9 }],
    ["an ack without a number", { method: "ack" }],
  ])("is not believed: %s", async (_, message) => {
    const { socket } = await inSession();
    socket.say(message);
    await settled();
    expect(socket.closed?.code).toBe(4500);
  });

  it.each([
    ["a count of what was not said", 2, 0],
    ["a place that was not heard", 1, 1],
  ])("is not believed when it resumes with %s", async (_, received, from) => {
    const { play, socket } = await inSession();
    const query = play.api.now.query();
    await settled();
    socket.cut();
    const second = await next(play, 1);
    second.welcome(resumed(received, from));
    await settled();
    expect(second.closed?.code).toBe(4500);
    const third = await next(play, 2);
    third.welcome(fresh({ id: "S2" }));
    third.say(result(1, 5));
    expect(await query).toBe(5);
  });

  it("moves to another socket of its server, and hears nothing twice though both speak", async () => {
    const { play, socket } = await inSession();
    const seen = follow(play);
    await settled();
    socket.say(started(1), tick(1, 1));
    play.connection.reconnect();
    const second = await next(play, 1);
    expect(second.messages[0].session.received).toBe(2);
    socket.say(tick(1, 2)); // after hello, before the old socket was fenced
    await settled();
    second.welcome(resumed(1, 2));
    second.say(tick(1, 2), tick(1, 3)); // repeated from what hello told
    await settled();
    expect(seen).toEqual([1, 2, 3]);
    expect(socket.closed).toMatchObject({ code: 1000 });
  });

  it("goes on where it is when the socket it would move to fails", async () => {
    const { play, socket } = await inSession();
    const seen = follow(play);
    await settled();
    socket.say(started(1));
    play.connection.reconnect();
    (await next(play, 1)).cut();
    socket.say(tick(1, 1));
    await settled();
    expect(seen).toEqual([1]);
    expect(play.connection.state.name).toBe("open");
  });

  it("on goaway begins another one elsewhere, and finishes here what was begun here", async () => {
    const { play, socket } = await inSession();
    const slow = play.api.change.mutate({ n: 1 });
    await settled();
    socket.say({ method: "goaway", delayMs: 1_000 });
    await settled();
    expect(play.sockets).toHaveLength(1);
    const second = await next(play, 1);
    expect(second.messages[0].session).toEqual({});
    second.welcome(fresh({ id: "S2" }));
    await settled();
    void failureOf(play.api.change.mutate({ n: 2 }));
    await settled();
    expect(second.messages.at(-1)).toMatchObject({ params: { input: { json: { n: 2 } } } });
    socket.say(result(1, 1));
    expect(await slow).toBe(1);
    await settled();
    expect(socket.closed).toMatchObject({ code: 1000 });
  });

  it("sends new credentials when it is asked for them", async () => {
    let token = 0;
    const play = createPlay({ credentials: () => ({ token: `t${++token}` }) });
    const socket = await play.open(fresh());
    socket.say({ method: "reauth", withinMs: 25_000 });
    await settled();
    expect(socket.messages.at(-1)).toEqual({ method: "auth", credentials: { token: "t2" } });
  });

  it("keeps a tracked subscription where it is: no lastEventId is needed", async () => {
    const { play, socket } = await inSession();
    const seen: unknown[] = [];
    play.api.deep.log.subscribe(undefined, { onData: ({ id }) => seen.push(id) });
    await settled();
    socket.say({ id: 1, result: { type: "started", tracked: true } }, event(1, "a", 1));
    await settled();
    socket.cut();
    const again = await next(play, 1);
    again.welcome(resumed(1, 2));
    again.say(event(1, "b", 2));
    await settled();
    expect(seen).toEqual(["a", "b"]);
    expect(again.messages).toHaveLength(1);
  });

  it("ends with the client: nothing is resumed after close()", async () => {
    const { play, socket } = await inSession();
    await play.connection.close();
    expect(socket.closed?.code).toBe(4503);
    play.connection.connect();
    expect((await play.socket(1)).messages[0].session).toEqual({});
  });

  it("does not outlive a server that says nothing of it", async () => {
    const play = createPlay();
    const socket = await play.open();
    const mutation = failureOf(play.api.change.mutate({ n: 1 }));
    await settled();
    socket.cut();
    expect((await mutation).data.app.code).toBe("OUTCOME_UNKNOWN");
    expect(welcome).not.toHaveProperty("session");
  });
});
