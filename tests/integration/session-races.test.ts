/** What comes at the wrong moment: while a client is let in, while it is told to leave. */
import { settled } from "@tautline/testing";
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
  const events: any[] = [];
  service = startService({
    router: contractRouter,
    heartbeat: { intervalMs: 600_000 },
    authenticate: ({ credentials }) => ({ userId: credentials?.user ?? "ana" }),
    createContext: ({ principal }) => ({ user: principal.userId, stage }),
    onEvent: (event) => events.push(event),
    ...options,
  });
  return { ...service, stage, events };
}

const sessionOf = ({ heard }: Line) => heard.find(({ method }) => method === "welcome")?.session;
const hello = (session: object) => ({ hello: { session } });

/** A client that has been authenticated, and is in when the test lets it. */
async function atTheDoor() {
  const stage = createStage();
  let letIn = () => {};
  const world = start({
    createContext: () =>
      new Promise((resolve) => {
        letIn = () => resolve({ user: "ana", stage });
      }),
  });
  const line = await world.connect(hello({}));
  return { world, line, letIn: () => letIn() };
}

describe("revoke", () => {
  it("reaches who has been authenticated and is not let in yet", async () => {
    const { world, line, letIn } = await atTheDoor();
    await world.server.revoke({ userId: "ana" });
    letIn();
    await settled();
    expect(sessionOf(line)).toBeUndefined();
    expect(line.closed).toMatchObject({ code: 4505 });
  });

  it.each([0, 1, 2, 3, 4])("reaches who was let in %i turns of promises before", async (turns) => {
    const { world, line, letIn } = await atTheDoor();
    letIn();
    for (let turn = 0; turn < turns; turn++) await null;
    await world.server.revoke({ userId: "ana" });
    await settled();
    expect(line.closed).toMatchObject({ code: 4505 });
    expect(world.server.connections.size).toBe(0);
  });

  it("reaches who is taking a session over, when it is asked for by whoever hears of that", async () => {
    const world = start({
      onDisconnect({ code }) {
        if (code === 4504) void world.server.revoke({ userId: "ana" });
      },
    });
    const line = await world.connect(hello({}));
    const second = await world.connect(hello({ ...sessionOf(line), received: 0 }));
    second.say(call("query", 1, "maybe", "a"));
    await settled();
    expect(second.closed).toMatchObject({ code: 4505 });
    expect(world.stage.story).toEqual([]);
    expect(world.server.connections.size).toBe(0);
    // It waited for nobody, so there are not fewer now that wait.
    const ended = world.events.filter(({ type }) => type === "session.ended");
    expect(ended).toMatchObject([{ reason: "revoked", suspended: false }]);
  });

  it("does not reach others meanwhile, nor who comes after", async () => {
    const world = start();
    const opening = world.connect(hello({}));
    await world.server.revoke({ userId: "bob" });
    expect(sessionOf(await opening)).toBeDefined();
    await world.server.revoke({ userId: "ana" });
    expect(sessionOf(await world.connect(hello({})))).toBeDefined();
  });
});

describe("a session", () => {
  it("tells in its events on which connection it is", async () => {
    const world = start();
    const line = await world.connect(hello({}));
    line.network.cut();
    await settled();
    await world.connect(hello({ ...sessionOf(line), received: 0 }));
    const opened = world.events.filter(({ type }) => type === "connection.opened");
    const carried = world.events.filter(({ type }) => /^session.(started|resumed)$/.test(type));
    expect(carried.map(({ connectionId }) => connectionId)).toEqual(
      opened.map(({ connectionId }) => connectionId),
    );
  });

  it("whose client has counted wrongly ends with the socket that it still has", async () => {
    const world = start();
    const line = await world.connect(hello({}));
    const second = await world.connect(hello({ ...sessionOf(line), received: 99 }));
    expect(sessionOf(second).resumed).toBe(false);
    expect(line.closed).toMatchObject({ code: 4504 });
  });
});

describe("close", () => {
  it("ends the session that is being taken over, when it is asked for by whoever hears of that", async () => {
    const world = start({
      onDisconnect({ code }) {
        if (code === 4504) void world.server.close();
      },
    });
    const line = await world.connect(hello({}));
    line.say(call("mutation", 1, "work", "a"));
    await settled();
    const second = await world.connect(hello({ ...sessionOf(line), received: 0 }));
    expect(second.closed).toMatchObject({ code: 4000 });
    expect(world.stage.story.at(-1)).toBe("abort a");
    expect(world.leftovers()).toEqual([]);
  });
});

describe("new credentials", () => {
  it("change nothing of what the context knows of its connection", async () => {
    const stage = createStage();
    const seen: { id: string; client: string | undefined }[] = [];
    const world = start({
      authenticate: () => ({ userId: "ana", expiresAt: new Date(Date.now() + 10_000) }),
      createContext({ connection: { id, client } }) {
        seen.push({ id, client });
        return { user: "ana", stage };
      },
    });
    const line = await world.connect({ hello: { session: {}, client: "tab 1" } });
    line.say({ method: "auth", credentials: {} });
    await settled();
    const id = [...world.server.connections][0]?.id;
    expect(seen).toEqual([
      { id, client: "tab 1" },
      { id, client: "tab 1" },
    ]);
  });
});

describe("drain", () => {
  it("lets the calls end whose client has just lost its socket", async () => {
    const world = start();
    const line = await world.connect(hello({}));
    line.say(call("mutation", 1, "work", "a"));
    await settled();
    line.network.cut();
    await settled();
    let isOver = false;
    void world.server.drain().then(() => {
      isOver = true;
    });
    await world.clock.advanceAsync(1_000);
    expect(isOver).toBe(false);
    world.stage.waiting[0]!.finish("done");
    await world.clock.advanceAsync(1_000);
    expect(isOver).toBe(true);
    expect(world.stage.story).toEqual(["work", "start a"]);
    expect(world.leftovers()).toEqual([]);
  });

  it("waits for nobody's streams, and for nobody's calls beyond its deadline", async () => {
    const world = start();
    const line = await world.connect(hello({}));
    line.say(call("subscription", 1, "forever"));
    await settled();
    line.network.cut();
    await settled();
    await world.server.drain();

    const other = start();
    const second = await other.connect(hello({}));
    second.say(call("mutation", 1, "work", "a"));
    await settled();
    second.network.cut();
    await settled();
    const drained = other.server.drain({ deadlineMs: 5_000 });
    await other.clock.advanceAsync(5_100);
    await drained;
    expect(other.stage.story.at(-1)).toBe("abort a");
  });

  it("leaves no timer once all have left", async () => {
    const world = start();
    const line = await world.connect(hello({}));
    const drained = world.server.drain();
    line.socket.close(1000);
    await settled();
    world.clock.advance(100);
    await drained;
    expect(world.leftovers()).toEqual([]);
  });
});

it("a call behind an acknowledgement that can not be true is not run", async () => {
  const world = start();
  const line = await world.connect(hello({}));
  line.say({ method: "ack", received: 5 }, call("query", 1, "wait", "a"));
  await settled();
  expect(line.closed).toMatchObject({ code: 4500 });
  expect(world.stage.story).toEqual([]);
  expect(told(line.about(1))).toEqual([]);
});

it("a call that shows that its client acknowledges nothing is not run", async () => {
  const world = start({ limits: { maxOutboxBytes: 65_536 } });
  const line = await world.connect(hello({}));
  const large = "x".repeat(50_000);
  for (let id = 1; id <= 40; id++) {
    line.say(call("query", id, "maybe", large));
    await settled();
  }
  expect(line.closed).toMatchObject({ code: 4500 });
  const answers = line.heard.filter((message) => message.result !== undefined);
  expect(answers.length).toBeGreaterThan(16);
  expect(world.stage.story).toHaveLength(answers.length);
});
