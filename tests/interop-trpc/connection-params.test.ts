/** connectionParams: the first message of a connection, and how it can go wrong. */
import { until } from "@tautline/testing";
import { TRPCError } from "@trpc/server";
import { describe, expect, it } from "vitest";
import { failure, follow } from "./clients.js";
import { connectRaw } from "./raw.js";
import { startServer } from "./servers.js";
import { allServers, dropIns, inPairings, startWorld } from "./world.js";

inPairings(allServers, (pairing) => {
  describe("reach the context", () => {
    it.each([
      ["as a value", { user: "Ana" }],
      ["from a function", () => ({ user: "Ana" })],
      ["from a promise", () => new Promise((resolve) => setTimeout(resolve, 5, { user: "Ana" }))],
    ])("%s", async (_how, connectionParams) => {
      await using world = await startWorld(pairing, { client: { connectionParams } as never });
      expect(await world.api.whoami.query()).toBe("Ana");
    });
  });

  it("are null where there are none", async () => {
    await using world = await startWorld(pairing, { client: { connectionParams: () => null } });
    expect(await world.api.whoami.query()).toBeNull();
  });

  it("are asked for again at each connection, as the URL is", async () => {
    let connections = 0;
    let urls = 0;
    const server = await startServer(pairing.server);
    await using world = await startWorld(pairing, {
      client: {
        url: () => {
          urls++;
          return `${server.url}/?v=1`;
        },
        connectionParams: () => ({ user: `Ana ${++connections}` }),
      },
    });
    expect(await world.api.whoami.query()).toBe("Ana 1");
    server.cut();
    await until(() => world.story.filter((line) => line === "open").length === 2);
    expect(await world.api.whoami.query()).toBe("Ana 2");
    expect([urls, connections]).toEqual([2, 2]);
    await server.close();
  });

  it("are asked for again when they could not be had", async () => {
    let asked = 0;
    await using world = await startWorld(pairing, {
      client: {
        connectionParams() {
          if (++asked < 3) throw new Error("no token yet");
          return { user: "Ana" };
        },
      },
    });
    expect(await world.api.whoami.query()).toBe("Ana");
    expect(asked).toBe(3);
    expect(world.states).toContain("connecting: Initialization error");
    await until(() => world.server.clients === 1);
  });

  it("may take their time, while calls wait", async () => {
    let give = (_params: { user: string }) => {};
    const connectionParams = () =>
      new Promise<{ user: string }>((resolve) => {
        give = resolve;
      });
    await using world = await startWorld(pairing, { client: { connectionParams } });
    const { told } = follow(world.api.count, { to: 1 });
    const whoami = world.api.whoami.query();
    await until(() => world.story.includes("open"));
    give({ user: "Ana" });
    expect(await whoami).toBe("Ana");
    await until(() => told.includes("complete"));
  });
});

inPairings(dropIns, (pairing) => {
  it("that are refused grow the delay of the client, attempt by attempt", async () => {
    const attempts: number[] = [];
    await using world = await startWorld(pairing, {
      admit(user) {
        if (user !== "Ana") throw new TRPCError({ code: "UNAUTHORIZED", message: "Who are you?" });
      },
      client: {
        connectionParams: () => ({ user: attempts.length < 3 ? "Ben" : "Ana" }),
        retryDelayMs(attempt) {
          attempts.push(attempt);
          return 1;
        },
      },
    });
    await until(() => attempts.length >= 3);
    expect(await world.api.whoami.query()).toBe("Ana");
    expect(attempts).toEqual([1, 2, 3]);
    expect(world.server.told.map(({ message }) => message)).toContain("Who are you?");
  });
});

describe.each(["stock", "drop-in"] as const)("the %s server refuses", (server) => {
  it.each([
    ["no JSON", "not json", "Malformed TRPCConnectionParamsMessage"],
    ["no object", "[]", "Malformed TRPCConnectionParamsMessage"],
    [
      "no strings",
      '{"method":"connectionParams","data":{"n":1}}',
      "Invalid connection params shape",
    ],
    ["no data", '{"method":"connectionParams"}', "Invalid connection params shape"],
    [
      "a call",
      '{"id":1,"method":"query","params":{"path":"greet"}}',
      "Invalid connection params shape",
    ],
  ])("connectionParams that are %s", async (_what, text, message) => {
    const running = await startServer(server);
    using raw = await connectRaw(`${running.url}/?connectionParams=1`);
    raw.say(text);
    await until(() => raw.closed);
    expect(raw.heard).toMatchObject([
      { id: null, error: { message, data: { code: "PARSE_ERROR" } } },
    ]);
    expect(running.told).toMatchObject([{ message, type: "unknown" }]);
    await running.close();
  });

  it("nobody for PING before them", async () => {
    const running = await startServer(server);
    using raw = await connectRaw(`${running.url}/?a=b&connectionParams=1`);
    raw.say("PONG");
    raw.say("PING");
    raw.say({ method: "connectionParams", data: { user: "Ana" } });
    const answer = await raw.ask({ id: 1, method: "query", params: { path: "whoami" } });
    expect(answer).toEqual({ id: 1, result: { type: "data", data: "Ana" } });
    expect(raw.heard[0]).toBe("PONG");
    await running.close();
  });
});

describe.each(["stock", "drop-in"] as const)("createContext of the %s server", (server) => {
  it("gets the request, the socket and what is known of the connection", async () => {
    let given: any;
    const running = await startServer(server, {
      options: {
        createContext(options) {
          given = options;
          return { user: options.info.connectionParams?.user ?? null, stage: running.stage };
        },
      },
    });
    const raw = await connectRaw(`${running.url}/path?x=1`);
    await raw.ask({ id: 1, method: "query", params: { path: "whoami" } });
    expect(given.req.url).toBe("/path?x=1");
    expect([...running.sockets]).toEqual([given.res]);
    const { signal, ...info } = given.info;
    expect(info).toEqual({
      connectionParams: null,
      calls: [],
      isBatchCall: false,
      accept: null,
      type: "unknown",
      url: null,
    });
    expect(signal.aborted).toBe(false);
    raw.socket.terminate();
    await until(() => signal.aborted);
    expect(signal.reason.name).toBe("AbortError");
    await running.close();
  });

  it("may take its time: what came meanwhile is answered in order", async () => {
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const running = await startServer(server, { admit: () => gate });
    using raw = await connectRaw(running.url);
    for (const id of [1, 2, 3]) {
      raw.say({ id, method: "query", params: { path: "echo", input: id } });
    }
    raw.say("PING");
    await until(() => raw.heard.length > 0);
    expect(raw.heard).toEqual(["PONG"]);
    open();
    await until(() => raw.heard.length === 4);
    expect(raw.heard.slice(1).map(({ id }) => id)).toEqual([1, 2, 3]);
    await running.close();
  });

  it("that is slow does not start a subscription that was stopped meanwhile", async () => {
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const running = await startServer(server, { admit: () => gate });
    using raw = await connectRaw(running.url);
    raw.say({ id: 1, method: "subscription", params: { path: "feed", input: "news" } });
    raw.say({ id: 1, method: "subscription.stop" });
    raw.say({ id: 2, method: "query", params: { path: "greet" } });
    await until(() => running.frames.length === 3);
    open();
    await until(() => raw.heard.length === 2);
    expect(raw.about(1)).toEqual([{ id: 1, result: { type: "stopped" } }]);
    expect(running.stage.story).toEqual([]);
    await running.close();
  });
});

it("a failure of one call does not look like a refusal of the connection", async () => {
  await using world = await startWorld({ client: "drop-in", server: "drop-in" });
  expect((await failure(world.api.fail.forbidden.query())).message).toBe("not you");
  expect(world.story).toEqual(["open"]);
});
