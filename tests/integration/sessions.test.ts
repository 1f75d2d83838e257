/** Sessions, spoken by hand: what a client may ask, and what becomes of one that asks wrongly. */
import { settled } from "@tautline/testing";
import { TRPCError } from "@trpc/server";
import { afterEach, describe, expect, it } from "vitest";
import { call, type Line, startService, told } from "./line.js";
import { contractRouter, createStage } from "./service.js";

let service: ReturnType<typeof startService> | undefined;

afterEach(async () => {
  await service?.server.close();
  service = undefined;
});

function start(options: Partial<Parameters<typeof startService>[0]> = {}) {
  const stage = createStage();
  service = startService({
    router: contractRouter,
    heartbeat: { intervalMs: 600_000 }, // whoever speaks by hand answers no PING
    createContext: ({ principal }) => ({ user: principal?.userId ?? "ana", stage }),
    ...options,
  });
  return { ...service, stage };
}

const welcomeOf = ({ heard }: Line) => heard.find(({ method }) => method === "welcome");

async function begin(world: ReturnType<typeof start>, credentials?: object) {
  const line = await world.connect({ hello: { session: {}, credentials } });
  return { line, session: welcomeOf(line).session };
}

/** Comes back for a session. */
async function back(
  world: ReturnType<typeof start>,
  { id, secret }: { id: string; secret: string },
  received: number,
  credentials?: object,
) {
  const line = await world.connect({ hello: { session: { id, secret, received }, credentials } });
  return { line, session: welcomeOf(line)?.session };
}

/** What the handlers that wait have lived through. */
const ran = ({ stage }: ReturnType<typeof start>) =>
  stage.story.filter((entry) => /^(start|abort) /.test(entry));

const cut = async ({ network }: Line) => {
  network.cut();
  await settled();
};

describe("a session", () => {
  it("is given to who asks for one, with an id and a secret of 128 bits each", async () => {
    const { session } = await begin(start());
    expect(session).toEqual({
      id: expect.stringMatching(/^[\w-]{22}$/),
      secret: expect.stringMatching(/^[\w-]{22}$/),
      resumed: false,
      graceMs: 30_000,
      maxUnackedBytes: 1_048_576,
      storeEpoch: expect.any(String),
    });
    expect(session.id).not.toBe(session.secret);
  });

  it("is not given to who does not ask, nor by a server that keeps none", async () => {
    expect(welcomeOf(await start().connect()).session).toBeUndefined();
    await service?.server.close();
    const { session } = await begin(start({ session: false }));
    expect(session).toBeUndefined();
  });

  it("answers on the second socket what was asked on the first", async () => {
    const world = start();
    const { line, session } = await begin(world);
    line.say(call("query", 1, "wait", "a"));
    await settled();
    await cut(line);
    world.stage.waiting[0]!.finish("done");
    const { line: second, session: again } = await back(world, session, 0);
    expect(again).toMatchObject({ id: session.id, resumed: true, received: 1 });
    expect(again.secret).toBeUndefined();
    expect(told(second.about(1))).toEqual(["done"]);
    expect(ran(world)).toEqual(["start a"]);
  });

  it("says nothing again that was heard, and everything that was not", async () => {
    const world = start();
    const { line, session } = await begin(world);
    line.say(call("subscription", 1, "count", { to: 5 }));
    await settled();
    expect(told(line.about(1))).toEqual(["started", 1, 2, 3, 4, 5, "stopped"]);
    await cut(line);
    const { line: second } = await back(world, session, 4);
    expect(told(second.about(1))).toEqual([4, 5, "stopped"]);
    await cut(second);
    const { line: third } = await back(world, session, 7);
    expect(third.about(1)).toEqual([]);
  });

  it("counts what it refuses as well", async () => {
    const world = start();
    const { line, session } = await begin(world);
    line.say({ id: 1, method: "query" }, { id: 2, method: "dance" }, call("query", 3, "greet", 5));
    await settled();
    await cut(line);
    expect((await back(world, session, 3)).session).toMatchObject({ resumed: true, received: 3 });
  });

  it("acknowledges the 32nd message at once, and a few after a second", async () => {
    const world = start();
    const { line } = await begin(world);
    const acks = () => line.heard.filter(({ method }) => method === "ack");
    line.say(...Array.from({ length: 32 }, (_, n) => call("query", n + 1, "whoami")));
    await settled();
    expect(acks()).toEqual([{ method: "ack", received: 32 }]);
    line.say(call("query", 40, "whoami"));
    await settled();
    world.clock.advance(1_200);
    await settled();
    expect(acks().at(-1)).toEqual({ method: "ack", received: 33 });
  });

  it("is welcomed before anything is acknowledged, however much came before the welcome", async () => {
    const world = start();
    const line = await world.connect({ hello: false });
    const early = Array.from({ length: 40 }, (_, n) => call("query", n + 1, "wait", "a"));
    line.say({ method: "hello", version: 1, session: {} }, ...early);
    await settled();
    expect(line.heard[0]).toMatchObject({ method: "welcome" });
    expect(line.heard.slice(1)).toEqual([{ method: "ack", received: 40 }]);
  });

  it("hears why it ends as the last thing, though an ack is due", async () => {
    const { line } = await begin(start());
    const calls = Array.from({ length: 32 }, (_, n) => call("query", n + 1, "wait", "a"));
    line.say(...calls, { id: null, method: "dance" });
    await settled();
    expect(line.closed).toMatchObject({ code: 4500 });
    expect(line.heard.at(-1)).toMatchObject({ id: null, error: {} });
  });

  it("ends when its client acknowledges none of its answers, however slowly it asks", async () => {
    const world = start({ limits: { maxOutboxBytes: 1_000 } });
    const { line } = await begin(world);
    const name = "x".repeat(900);
    for (let n = 1; n <= 15; n++) {
      line.say(call("query", n, "greet", { name }));
      await settled();
      world.clock.advance(2_000);
      await settled();
    }
    expect(line.closed).toBeUndefined();
    for (let n = 16; n <= 18; n++) line.say(call("query", n, "greet", { name }));
    await settled();
    world.clock.advance(2_000);
    await settled();
    expect(line.closed).toMatchObject({ code: 4500 });
  });

  it("keeps a generator waiting when its client acknowledges nothing, and goes on when it does", async () => {
    const world = start({ limits: { maxOutboxBytes: 1_000 } });
    const { line, session } = await begin(world);
    line.say(call("subscription", 1, "count", { to: 100 }), {
      id: 1,
      method: "credit",
      count: 100,
    });
    await settled();
    const first = line.about(1).length;
    expect(first).toBeLessThan(40);
    line.say({ method: "ack", received: first });
    await settled();
    expect(line.about(1).length).toBeGreaterThan(first);
    expect(session.maxUnackedBytes).toBe(1_000);
  });

  it("ends when nobody came back within the grace, and then its handlers' signals abort", async () => {
    const world = start();
    const { line, session } = await begin(world);
    line.say(call("query", 1, "wait", "a"));
    await settled();
    await cut(line);
    world.clock.advance(29_000);
    await settled();
    expect(ran(world)).toEqual(["start a"]);
    world.clock.advance(1_200);
    await settled();
    expect(ran(world)).toEqual(["start a", "abort a"]);
    const { session: other } = await back(world, session, 0);
    expect(other).toMatchObject({ resumed: false });
    expect(other.id).not.toBe(session.id);
  });

  it.each([1000, 1001, 4004, 4503])("ends at once with a close of %i", async (code) => {
    const world = start();
    const { line, session } = await begin(world);
    line.say(call("query", 1, "wait", "a"));
    await settled();
    line.socket.close(code);
    await settled();
    expect(ran(world)).toEqual(["start a", "abort a"]);
    expect((await back(world, session, 0)).session.resumed).toBe(false);
  });

  it.each([
    ["closes the older socket when two want it: stay away", 0],
    ["also with messages on their way", 3],
  ])("%s", async (_, messages) => {
    const world = start();
    const { line, session } = await begin(world);
    line.say(call("query", 1, "wait", "a"));
    await settled();
    const resuming = back(world, session, 0);
    for (let n = 0; n < messages; n++) line.say(call("query", n + 2, "whoami"));
    const { line: second, session: again } = await resuming;
    await settled();
    expect(line.closed).toMatchObject({ code: 4504 });
    line.say(call("query", 50, "whoami")); // from a socket that has no say any more
    world.stage.waiting[0]!.finish("done");
    await settled();
    expect(told(second.about(1))).toEqual(["done"]);
    expect(second.about(50)).toEqual([]);
    expect(line.about(1)).toEqual([]);
    expect(again.received).toBeGreaterThanOrEqual(1);
  });

  it("is not given up by a socket it has left", async () => {
    const world = start();
    const { line, session } = await begin(world);
    const { line: second } = await back(world, session, 0);
    line.socket.close(1000);
    await settled();
    expect(told(await second.ask(call("query", 1, "whoami")))).toEqual(["ana via step"]);
    await cut(second);
    expect((await back(world, session, 1)).session.resumed).toBe(true);
  });

  describe("is begun anew, and the old one untouched, for who asks", () => {
    const authenticate = ({ credentials }: any) =>
      credentials?.user ? { userId: credentials.user } : null;

    it.each([
      ["with a wrong secret", { secret: "x".repeat(22) }, { user: "ana" }],
      ["with a secret of another length", { secret: "x" }, { user: "ana" }],
      ["with another user's credentials", {}, { user: "bob" }],
      ["for an id that nobody has", { id: "y".repeat(22) }, { user: "ana" }],
    ])("%s", async (_, wrong, credentials) => {
      const world = start({ authenticate });
      const { line, session } = await begin(world, { user: "ana" });
      line.say(call("query", 1, "wait", "a"));
      await settled();
      const stranger = await back(world, { ...session, ...wrong }, 0, credentials);
      expect(stranger.session).toMatchObject({ resumed: false });
      expect(stranger.session.id).not.toBe(session.id);
      expect(line.closed).toBeUndefined();
      world.stage.waiting[0]!.finish("done");
      await settled();
      expect(told(line.about(1))).toEqual(["done"]);
    });

    it("without credentials: they are refused, as they would be without a session", async () => {
      const world = start({ authenticate });
      const { line, session } = await begin(world, { user: "ana" });
      await cut(line);
      const { line: stranger } = await back(world, session, 0);
      expect(stranger.closed).toMatchObject({ code: 4502 });
      expect((await back(world, session, 0, { user: "ana" })).session.resumed).toBe(true);
    });
  });

  it("ends when its client says it heard what was not said", async () => {
    const world = start();
    const { line, session } = await begin(world);
    await cut(line);
    expect((await back(world, session, 7)).session.resumed).toBe(false);
    expect((await back(world, session, 0)).session.resumed).toBe(false);
  });

  it.each([
    ["an ack of what was not said", { method: "ack", received: 9 }],
    ["an ack that is no number", { method: "ack", received: -1 }],
    ["a second hello", { method: "hello", version: 1, session: {} }],
    ["a frame that is no JSON", "{"],
  ])("ends with 4500 for %s", async (_, frame) => {
    const world = start();
    const { line, session } = await begin(world);
    if (typeof frame === "string") line.raw(frame);
    else line.say(frame);
    await settled();
    expect(line.closed).toMatchObject({ code: 4500 });
    expect((await back(world, session, 0)).session.resumed).toBe(false);
  });

  it.each([
    ["no object", 5],
    ["an id alone", { id: "a" }],
    ["a count below 0", { id: "a", secret: "b", received: -1 }],
    ["half a count", { id: "a", secret: "b", received: 0.5 }],
    ["an id of a megabyte", { id: "a".repeat(100), secret: "b", received: 0 }],
  ])("can not be asked for with %s", async (_, session) => {
    const line = await start().connect({ hello: { session } });
    expect(line.closed).toMatchObject({ code: 4500 });
  });

  it("may be one of so many that wait: the one that has waited longest makes room", async () => {
    const world = start({ session: { maxSuspended: 2 } });
    const opened = [await begin(world), await begin(world), await begin(world)];
    for (const { line } of opened) await cut(line);
    const resumed = [];
    for (const { session } of opened) resumed.push((await back(world, session, 0)).session.resumed);
    expect(resumed).toEqual([false, true, true]);
  });

  it("may be one of so many of its user's: the sessions of others stay", async () => {
    const world = start({
      session: { maxSuspendedPerUser: 2 },
      authenticate: ({ credentials }: any) => ({ userId: credentials.user }),
    });
    const users = ["bob", "ana", "ana", "ana"].map((user) => ({ user }));
    const opened = [];
    for (const user of users) opened.push(await begin(world, user));
    for (const { line } of opened) await cut(line);
    const resumed = [];
    for (const [index, { session }] of opened.entries()) {
      resumed.push((await back(world, session, 0, users[index])).session.resumed);
    }
    expect(resumed).toEqual([true, false, true, true]);
  });

  it("may hold so much with the others that wait: the one that has waited longest ends", async () => {
    const world = start({ session: { maxSuspendedBytes: 1_000 } });
    const opened = [await begin(world), await begin(world), await begin(world)];
    for (const { line } of opened) {
      line.say(call("query", 1, "wait", "a"));
      await settled();
      await cut(line);
    }
    for (const { finish } of world.stage.waiting) finish("x".repeat(600));
    await settled();
    world.clock.advance(2_000);
    await settled();
    const resumed = [];
    for (const { session } of opened) resumed.push((await back(world, session, 0)).session.resumed);
    expect(resumed).toEqual([false, false, true]);
  });

  it("leaves nothing behind when the server closes", async () => {
    const world = start();
    const { line } = await begin(world);
    line.say(call("query", 1, "wait", "a"));
    await settled();
    await cut(line);
    await world.server.close();
    await settled();
    expect(ran(world)).toEqual(["start a", "abort a"]);
    expect(world.leftovers()).toEqual([]);
  });
});

describe("credentials that expire", () => {
  const expiring = (holdsMs: number) => ({
    authenticate: ({ credentials }: any) => {
      if (credentials?.token === "bad") throw new TRPCError({ code: "UNAUTHORIZED" });
      if (credentials?.token === "down") throw new Error("The database is away");
      const userId = credentials?.user ?? "ana";
      return { userId, expiresAt: new Date(Date.now() + holdsMs) };
    },
  });
  const reauths = (line: Line) => line.heard.filter(({ method }) => method === "reauth");

  it("are asked for anew on the live connection, and calls go on meanwhile", async () => {
    const world = start(expiring(60_000));
    const { line } = await begin(world, { token: "t1" });
    line.say(call("query", 1, "wait", "a"));
    world.clock.advance(59_000);
    await settled();
    expect(reauths(line)).toEqual([]);
    world.clock.advance(1_500);
    await settled();
    expect(reauths(line)).toEqual([{ method: "reauth", withinMs: 25_000 }]);
    world.clock.advance(20_000);
    line.say({ method: "auth", credentials: { token: "t2" } });
    await settled();
    world.clock.advance(20_000);
    await settled();
    expect(line.closed).toBeUndefined();
    world.stage.waiting[0]!.finish("done");
    await settled();
    expect(told(line.about(1))).toEqual(["done"]);
    world.clock.advance(41_000);
    await settled();
    expect(reauths(line)).toHaveLength(2);
  });

  it("that do not come in time close the connection, to come back with them", async () => {
    const world = start(expiring(10_000));
    const { line } = await begin(world);
    world.clock.advance(10_500);
    await settled();
    world.clock.advance(26_000);
    await settled();
    expect(line.closed).toMatchObject({ code: 4006 });
  });

  it.each([
    ["are refused", { token: "bad" }, 4502],
    ["are another user's", { user: "bob" }, 4502],
    ["can not be checked now, wait for better ones", { token: "down" }, undefined],
  ])("that %s", async (_, credentials, code) => {
    const world = start(expiring(10_000));
    const { line } = await begin(world);
    world.clock.advance(10_500);
    line.say({ method: "auth", credentials });
    await settled();
    expect(line.closed?.code).toBe(code);
  });

  it("and have when they are taken are asked for once, and not again and again", async () => {
    let checks = 0;
    const { authenticate } = expiring(-10_000);
    const world = start({
      authenticate(request) {
        checks++;
        return authenticate(request);
      },
    });
    const { line } = await begin(world);
    for (let turn = 0; turn < 100; turn++) {
      const before = reauths(line).length;
      world.clock.advance(300);
      await settled();
      if (reauths(line).length > before) line.say({ method: "auth", credentials: {} });
      await settled();
    }
    expect(checks).toBe(2);
    expect(line.closed).toMatchObject({ code: 4006 });
  });

  it("at no time that can be told are not let in, for they would hold for ever", async () => {
    const world = start({
      authenticate: () => ({ userId: "ana", expiresAt: new Date(Number.NaN) }),
    });
    const line = await world.connect({ hello: {} });
    expect(line.closed).toMatchObject({ code: 4005 });
    const told = world.log.filter(({ fields }) => fields.event === "auth.failed");
    expect(told.map(({ fields }) => fields.err.message)).toEqual([
      "Cannot tell when the credentials expire: `expiresAt` is no valid Date",
    ]);
  });

  it("make a client of the base dialect connect anew", async () => {
    const world = start(expiring(10_000));
    const line = await world.connect({ dialect: "base" });
    world.clock.advance(10_500);
    await settled();
    expect(line.heard).toContainEqual({ id: null, method: "reconnect" });
  });

  it("of which new ones were not asked for are taken all the same", async () => {
    const world = start(expiring(60_000));
    const { line } = await begin(world);
    world.clock.advance(40_000);
    line.say({ method: "auth", credentials: { token: "t2" } });
    await settled();
    world.clock.advance(40_000);
    await settled();
    expect(reauths(line)).toEqual([]);
  });

  it("are checked one at a time, and only the last of many that came meanwhile", async () => {
    const checks: { readonly token: string; readonly signal: AbortSignal; done(): void }[] = [];
    const world = start({
      authenticate: async ({ credentials, signal }: any) => {
        const token = credentials?.token;
        if (token !== undefined) {
          await new Promise<void>((done) => void checks.push({ token, signal, done }));
        }
        return { userId: "ana", expiresAt: new Date(Date.now() + 10_000) };
      },
    });
    const { line } = await begin(world);
    for (let n = 1; n <= 500; n++) line.say({ method: "auth", credentials: { token: `t${n}` } });
    await settled();
    expect(checks.map(({ token, signal }) => [token, signal.aborted])).toEqual([["t1", true]]);
    checks[0]!.done();
    await settled();
    expect(checks.map(({ token }) => token)).toEqual(["t1", "t500"]);
    world.clock.advance(9_000);
    checks[1]!.done();
    await settled();
    world.clock.advance(9_000);
    await settled();
    expect(reauths(line)).toEqual([]);
    line.network.cut();
    await settled();
  });

  it.each([
    ["no object", { method: "auth", credentials: 5 }],
    ["nothing", { method: "auth" }],
    ["numbers", { method: "auth", credentials: { a: 1 } }],
  ])("that are %s end the session", async (_, message) => {
    const { line } = await begin(start());
    line.say(message);
    await settled();
    expect(line.closed).toMatchObject({ code: 4500 });
  });
});

describe("revoke", () => {
  const authenticate = ({ credentials }: any) => ({ userId: credentials?.user ?? "nobody" });

  it("ends a user's sessions, waiting ones too, and nobody else's", async () => {
    const world = start({ authenticate });
    const ana = await begin(world, { user: "ana" });
    const away = await begin(world, { user: "ana" });
    const bob = await begin(world, { user: "bob" });
    for (const { line } of [ana, away, bob]) line.say(call("query", 1, "wait", "x"));
    await settled();
    await cut(away.line);
    expect(await world.server.revoke({ userId: "ana" })).toBe(2);
    await settled();
    expect(ana.line.closed).toMatchObject({ code: 4505 });
    expect(bob.line.closed).toBeUndefined();
    expect(ran(world).filter((entry) => entry === "abort x")).toHaveLength(2);
    expect((await back(world, away.session, 0, { user: "ana" })).session.resumed).toBe(false);
  });
});

describe("drain", () => {
  it("asks clients to leave, lets them finish, and closes when the last has gone", async () => {
    const world = start();
    const { line } = await begin(world);
    line.say(call("query", 1, "wait", "a"));
    await settled();
    const drained = world.server.drain({ windowMs: 1_000 });
    await settled();
    expect(world.server.state).toBe("draining");
    expect(line.heard.at(-1)).toEqual({ method: "goaway", delayMs: 100 });
    world.clock.advance(5_000);
    await settled();
    expect(line.closed).toBeUndefined();
    world.stage.waiting[0]!.finish("done");
    await settled();
    expect(told(line.about(1))).toEqual(["done"]);
    line.socket.close(1000);
    await settled();
    world.clock.advance(100);
    await drained;
    expect(world.server.state).toBe("closed");
  });

  it("closes with 4000 who is still there at the deadline", async () => {
    const world = start();
    const { line } = await begin(world);
    line.say(call("query", 1, "wait", "a"));
    await settled();
    const drained = world.server.drain({ deadlineMs: 10_000 });
    world.clock.advance(11_000);
    await drained;
    expect(line.closed).toMatchObject({ code: 4000 });
    expect(ran(world)).toEqual(["start a", "abort a"]);
  });

  it("asks a few at a time, over the window", async () => {
    const world = start();
    const lines: Line[] = [];
    for (let n = 0; n < 20; n++) lines.push((await begin(world)).line);
    void world.server.drain({ windowMs: 1_000, deadlineMs: 5_000 });
    const asked = () => lines.filter(({ heard }) => heard.at(-1)?.method === "goaway").length;
    await settled();
    expect(asked()).toBe(2);
    world.clock.advance(500);
    await settled();
    expect(asked()).toBeGreaterThanOrEqual(8);
    expect(asked()).toBeLessThanOrEqual(12);
    world.clock.advance(6_000);
    await settled();
  });
});
