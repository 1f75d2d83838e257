/** experimental_encoder: frames of bytes, and values that no JSON text could carry. */
import { deserialize, serialize } from "node:v8";
import * as ours from "@tautline/server/trpc";
import { until } from "@tautline/testing";
import type { Encoder } from "@trpc/server/adapters/ws";
import * as stock from "@trpc/server/adapters/ws";
import { describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { write } from "./app.js";
import { clientModules, failure, follow, startClient } from "./clients.js";
import { startServer } from "./servers.js";
import { dropIns, inPairings, startWorld } from "./world.js";

/** Node's own binary format: Maps, bytes, cycles and all. */
const v8: Encoder = {
  encode: (message) => new Uint8Array(serialize(message)),
  decode(frame) {
    if (typeof frame === "string") throw new Error("expected bytes");
    return deserialize(new Uint8Array(frame));
  },
};

inPairings(dropIns, (pairing) => {
  const start = (transformer: "none" | "superjson" = "none") =>
    startWorld(pairing, {
      transformer,
      options: { experimental_encoder: v8 },
      client: { experimental_encoder: v8 },
    });

  it("carries what JSON could not", async () => {
    await using world = await start();
    const cycle: { self?: object; bytes: Uint8Array } = { bytes: new Uint8Array([1, 2, 255]) };
    cycle.self = cycle;
    const value = { map: new Map([[{ a: 1 }, new Set([2n])]]), at: new Date(5), none: undefined };
    expect(await world.api.echo.query(value)).toEqual(value);
    expect(await world.api.echo.query(cycle)).toEqual(cycle);
    expect(await world.api.nothing.query()).toBeUndefined();
    expect(world.server.frames.every((frame) => Buffer.isBuffer(frame))).toBe(true);
  });

  it("carries mutations, errors and subscriptions", async () => {
    await using world = await start();
    expect(await world.api.add.mutate("rope")).toBe(1);
    const error = await failure(world.api.fail.forbidden.query());
    expect([error.message, error.data.code]).toEqual(["not you", "FORBIDDEN"]);
    write(world.stage, "a");
    const numbered = follow(world.api.numbered);
    await until(() => numbered.told.length === 2);
    expect(numbered.told).toEqual(["started", { id: "1", data: "a" }]);
    const between = follow(world.api.failing.between);
    await until(() => between.told.length === 3);
    expect(between.told).toEqual(["started", 1, "failed: after the first"]);
  });

  it("works over a transformer", async () => {
    await using world = await start("superjson");
    expect(await world.api.nextDay.query({ at: new Date(0) })).toEqual({
      at: new Date(86_400_000),
    });
  });

  it("carries connectionParams, and the request to move", async () => {
    await using world = await startWorld(pairing, {
      options: { experimental_encoder: v8 },
      client: { experimental_encoder: v8, connectionParams: { user: "Ana" } },
    });
    expect(await world.api.whoami.query()).toBe("Ana");
    const numbered = follow(world.api.numbered);
    await until(() => numbered.told.length === 1);
    world.server.askToReconnect();
    await until(() => world.story.length === 3);
    write(world.stage, "a");
    await until(() => numbered.told.length === 2);
    expect(world.story).toEqual(["open", "open", "close"]);
  });

  // One end asks at a time: what one asks counts as a sign of life, so of two the slower may never have to.
  it.each(["PING", "PONG"])("%s stays a text", async (text) => {
    const isAsking = text === "PING";
    await using world = await startWorld(pairing, {
      options: {
        experimental_encoder: v8,
        keepAlive: { enabled: !isAsking, pingMs: 5, pongWaitMs: 10_000 },
      },
      client: {
        experimental_encoder: v8,
        keepAlive: { enabled: isAsking, intervalMs: 5, pongTimeoutMs: 10_000 },
      },
    });
    await until(() => world.server.frames.includes(text));
    expect(world.story).toEqual(["open"]);
  });

  it("an answer that the encoder refuses fails its call, and no other", async () => {
    const picky: Encoder = {
      decode: v8.decode,
      encode(message: any) {
        if (message.result?.data === "refused") throw new Error("the encoder refuses");
        return v8.encode(message);
      },
    };
    await using world = await startWorld(pairing, {
      options: { experimental_encoder: picky },
      client: { experimental_encoder: v8 },
    });
    const [kept, refused] = await Promise.allSettled([
      world.api.echo.query("kept"),
      world.api.echo.query("refused"),
    ]);
    expect(kept).toMatchObject({ value: "kept" });
    expect(refused).toMatchObject({ reason: { message: "the encoder refuses" } });
  });

  it("an error that the encoder refuses is replaced by one that says nothing", async () => {
    const picky: Encoder = {
      decode: v8.decode,
      encode(message: any) {
        if (message.error?.message === "not you") throw new Error("the encoder refuses");
        return v8.encode(message);
      },
    };
    await using world = await startWorld(pairing, {
      options: { experimental_encoder: picky },
      client: { experimental_encoder: v8 },
    });
    const error = await failure(world.api.fail.forbidden.query());
    expect(error.message).toBe("Internal server error");
    expect(world.server.told.map(({ message }) => message)).toContain("the encoder refuses");
  });
});

describe.each(["stock", "drop-in"] as const)("the %s server", (server) => {
  it("answers a frame of bytes with PARSE_ERROR where it reads JSON, and goes on", async () => {
    const running = await startServer(server);
    const socket = new WebSocket(running.url);
    const heard: any[] = [];
    socket.on("message", (data: Buffer) => heard.push(JSON.parse(data.toString())));
    await until(() => socket.readyState === WebSocket.OPEN);
    socket.send(Buffer.from('{"id":1,"method":"query","params":{"path":"greet"}}'));
    socket.send('{"id":2,"method":"query","params":{"path":"greet"}}');
    await until(() => heard.length === 2);
    expect(heard[0]).toMatchObject({ id: null, error: { data: { code: "PARSE_ERROR" } } });
    expect(heard[0].error.message).toMatch(/^jsonEncoder received binary data/);
    expect(heard[1]).toMatchObject({ id: 2 });
    socket.terminate();
    await running.close();
  });

  it("answers a text with PARSE_ERROR where it reads bytes, in bytes", async () => {
    const running = await startServer(server, { options: { experimental_encoder: v8 } });
    const socket = new WebSocket(running.url);
    const heard: any[] = [];
    socket.on("message", (data: Buffer) => heard.push(v8.decode(new Uint8Array(data))));
    await until(() => socket.readyState === WebSocket.OPEN);
    socket.send("{}");
    await until(() => heard.length === 1);
    expect(heard[0]).toMatchObject({ id: null, error: { data: { code: "PARSE_ERROR" } } });
    socket.terminate();
    await running.close();
  });
});

describe.each([
  ["stock server", stock.jsonEncoder],
  ["drop-in server", ours.jsonEncoder],
  ["stock client", clientModules.stock.jsonEncoder],
  ["drop-in client", clientModules["drop-in"].jsonEncoder],
])("jsonEncoder of the %s", (_name, encoder) => {
  it("writes and reads texts, and refuses bytes", () => {
    const text = encoder.encode({ a: [1, null] });
    expect(text).toBe('{"a":[1,null]}');
    expect(encoder.decode(text as string)).toEqual({ a: [1, null] });
    const bytes = new TextEncoder().encode("{}");
    expect(() => encoder.decode(bytes)).toThrow("jsonEncoder received binary data");
    expect(() => encoder.decode(bytes.buffer as ArrayBuffer)).toThrow(
      "jsonEncoder received binary data",
    );
  });
});

it("the JSON encoder of either package may be given to either end", async () => {
  for (const server of ["stock", "drop-in"] as const) {
    for (const client of ["stock", "drop-in"] as const) {
      for (const encoder of [stock.jsonEncoder, ours.jsonEncoder]) {
        const running = await startServer(server, { options: { experimental_encoder: encoder } });
        const { api, ws } = startClient(client, running.url, "none", {
          experimental_encoder: encoder,
        });
        expect(await api.greet.query("Ana")).toBe("Hello Ana");
        expect(await api.nothing.query()).toBeUndefined();
        await ws.close();
        await running.close();
      }
    }
  }
});
