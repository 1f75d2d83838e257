/** What a server tells of its sessions, its credentials, its records and its end. */
import type { ServerEvent } from "@tautline/server";
import { settled } from "@tautline/testing";
import { afterEach, expect, it } from "vitest";
import { call, type Line, startService } from "./line.js";
import { contractRouter, createStage } from "./service.js";

let service: ReturnType<typeof startService> | undefined;
afterEach(() => service?.server.close());

function start(options: object = {}) {
  const told: ServerEvent[] = [];
  const stage = createStage();
  service = startService({
    router: contractRouter,
    createContext: () => ({ user: "ana", stage }),
    heartbeat: { intervalMs: 600_000 },
    onEvent: (event: ServerEvent) => told.push(event),
    ...options,
  });
  const of = (prefix: string) => told.filter(({ type }) => type.startsWith(prefix)) as any[];
  return { ...service, told, of, stage };
}

type World = ReturnType<typeof start>;

async function begin(world: World, more: object = {}) {
  const line = await world.connect({ hello: { session: {}, ...more } });
  return { line, session: line.heard[0].session };
}

const back = (world: World, { id, secret }: any, received = 0) =>
  world.connect({ hello: { session: { id, secret, received } } });

async function cut({ network }: Line) {
  network.cut();
  await settled();
}

it("a session: started, suspended, resumed, fenced and ended", async () => {
  const world = start();
  const { line, session } = await begin(world);
  line.say(call("query", 1, "whoami"));
  await settled();
  await cut(line);
  world.clock.advance(2_000);
  const second = await back(world, session);
  const third = await back(world, session, 1);
  third.socket.close(1000);
  await settled();
  const { id: sessionId } = session;
  expect(world.of("session.")).toMatchObject([
    { type: "session.started", sessionId, connectionId: expect.any(String) },
    { type: "session.suspended", sessionId, generation: 1, code: 1006, unacknowledged: 1 },
    {
      type: "session.resumed",
      sessionId,
      generation: 2,
      suspended: true,
      suspendedMs: 2_000,
      replayedOut: 1,
    },
    { type: "session.fenced", sessionId, generation: 2 },
    { type: "session.resumed", generation: 3, suspended: false, suspendedMs: 0, replayedOut: 0 },
    { type: "session.ended", sessionId, reason: "closed", suspended: false, durationMs: 2_000 },
  ]);
  expect(second.closed?.code).toBe(4504);
});

it.each([
  ["unclaimed", (world: World) => world.clock.advance(31_000)],
  ["drained", (world: World) => void world.server.close()],
])("a session that waits ends %s", async (reason, end) => {
  const world = start();
  await cut((await begin(world)).line);
  end(world);
  await settled();
  expect(world.of("session.ended")).toMatchObject([{ reason, suspended: true }]);
});

it("a session that is asked for wrongly", async () => {
  const world = start();
  const { session } = await begin(world);
  await back(world, { ...session, secret: "wrong" });
  await back(world, { id: "nobody's", secret: "x" });
  await back(world, session, 9);
  expect(world.of("session.refused").map(({ reason }) => reason)).toEqual([
    "secret",
    "unknown",
    "counts",
  ]);
});

it("credentials that expire: asked, renewed and expired", async () => {
  const world = start({
    authenticate: () => ({ userId: "ana", expiresAt: new Date(Date.now() + 10_000) }),
  });
  const { line } = await begin(world);
  world.clock.advance(10_500);
  line.say({ method: "auth", credentials: null });
  await settled();
  world.clock.advance(11_000);
  await settled();
  world.clock.advance(26_000);
  await settled();
  expect(world.of("auth.")).toMatchObject([
    { type: "auth.asked", userId: "ana" },
    { type: "auth.renewed", userId: "ana" },
    { type: "auth.asked" },
    { type: "auth.expired" },
  ]);
});

it("access that is taken back, and a drain", async () => {
  const world = start({ authenticate: () => ({ userId: "ana" }) });
  await begin(world);
  await world.server.revoke({ userId: "ana" });
  await settled();
  const drained = world.server.drain({ deadlineMs: 9_000 });
  world.clock.advance(100);
  await drained;
  expect(world.of("revoked")).toMatchObject([{ userId: "ana", sessions: 1 }]);
  expect(world.of("drain.")).toMatchObject([
    { type: "drain.began", connections: 0, deadlineMs: 9_000 },
    { type: "drain.ended", left: 0 },
  ]);
});

it("a mutation that was asked for again, and what its record said", async () => {
  const world = start();
  const { line } = await begin(world);
  const add = (id: number, name: string, more: object) =>
    line.say(call("mutation", id, "post.comment.add", { name }, more));
  add(1, "a", { key: "k" });
  await settled();
  add(2, "a", { key: "k" });
  add(3, "b", { key: "k" });
  add(4, "c", { first: { session: "s", n: 1, storeEpoch: "old", ageMs: 5 } });
  await settled();
  expect(world.of("request.repeated")).toMatchObject([
    { path: "post.comment.add", outcome: "replayed", keyed: true },
    { outcome: "conflict", keyed: true },
    { outcome: "unknown", keyed: false },
  ]);
});

it("a mutation that was asked for again while it ran", async () => {
  const world = start();
  const { line } = await begin(world);
  for (const id of [1, 2]) line.say(call("mutation", id, "work", "a", { key: "k" }));
  await settled();
  expect(world.stage.waiting).toHaveLength(1);
  world.stage.waiting[0]!.finish("done");
  await settled();
  expect(world.of("request.repeated")).toMatchObject([{ outcome: "joined", keyed: true }]);
});

it("a stalled event loop, once for all connections that notice", async () => {
  const world = start({ heartbeat: { intervalMs: 1_000, timeoutMs: 60_000 } });
  for (let n = 0; n < 3; n++) await begin(world);
  world.clock.sleep(10_000);
  await settled();
  expect(world.of("loop.stalled")).toEqual([{ type: "loop.stalled", stalledMs: 9_000 }]);
});
