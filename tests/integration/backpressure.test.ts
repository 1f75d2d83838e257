import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { contract, subscription } from "@tautline/contracts";
import type { Dialect } from "@tautline/contracts/wire";
import { createServer, implement, type ServerOptions } from "@tautline/server";
import { settled, until } from "@tautline/testing";
import { describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { z } from "zod";

// Real sockets here: what a paused reader costs is decided by the kernel's buffers as well.

const kib64 = 64 * 1024;
const mib2 = 2 * 1024 * 1024;

const app = contract({
  /** 64 KiB each, as fast as it is asked. */
  large: subscription({ output: z.string() }),
  /** The same, a turn of the event loop apart. */
  largeLater: subscription({ output: z.string() }),
  /** Counts, an event a turn. */
  ticks: subscription({ output: z.number() }),
  small: subscription({ output: z.string() }),
});

async function startService(limits: ServerOptions<null>["limits"] = {}) {
  const story = { pulled: 0 };
  const item = "x".repeat(kib64);
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
  const router = implement(app).router({
    async *large() {
      for (;;) {
        story.pulled++;
        yield item;
      }
    },
    async *largeLater() {
      for (;;) {
        await turn();
        story.pulled++;
        yield item;
      }
    },
    async *ticks() {
      for (let n = 1; ; n++) {
        await turn();
        yield n;
      }
    },
    async *small() {
      for (;;) {
        story.pulled++;
        yield "x".repeat(1_000);
      }
    },
  });
  // On an http server of the test's own, to look at the sockets from the server's side.
  const http = createHttpServer();
  const sockets: Socket[] = [];
  http.on("connection", (socket) => sockets.push(socket));
  const server = createServer({ router, createContext: () => ({}), limits });
  server.attach(http);
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const { port } = http.address() as AddressInfo;
  const clients: WebSocket[] = [];

  async function connect(dialect: Dialect) {
    const client = new WebSocket(
      `ws://127.0.0.1:${port}/line`,
      dialect === "full" ? ["tautline.1"] : [],
    );
    clients.push(client);
    const heard: any[] = [];
    client.on("message", (data) => heard.push(...[JSON.parse(String(data))].flat()));
    const say = (message: object) => client.send(JSON.stringify(message));
    await once(client, "open");
    if (dialect === "full") {
      say({ method: "hello", version: 1 });
      await until(() => heard.length === 1);
    }
    return {
      client,
      heard,
      say,
      end: sockets.at(-1)!,
      subscribe(id: number, path: string) {
        say({ id, method: "subscription", params: { path } });
        // So that credit is not what holds back.
        if (dialect === "full") say({ id, method: "credit", count: 1_000_000 });
      },
      /** The events of one subscription. */
      events: (id: number) =>
        heard.flatMap((message) =>
          message.id === id && message.result?.type === "data" ? [message.result.data.json] : [],
        ),
    };
  }

  return {
    story,
    connect,
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.terminate();
      await server.close();
      http.close();
    },
  };
}

/** Waits until `value` has not changed for 30 looks, each a millisecond apart. */
async function atRest(value: () => number) {
  let [last, looks] = [value(), 0];
  await until(() => {
    looks = value() === last ? looks + 1 : 0;
    last = value();
    return looks >= 130; // the first hundred looks of `until` take no time
  });
}

/** What the kernel has taken of a socket: less by what is still being written, never more. */
const takenFrom = (end: Socket) => end.bytesWritten - end.writableLength;

describe.each<Dialect>(["base", "full"])("a paused reader (%s dialect)", (dialect) => {
  it.each([
    ["large", 1],
    ["large", 32],
    ["largeLater", 32],
    ["large", 256],
  ])("of %s, %d times, costs less than 2 MiB beyond what the kernel took", async (path, count) => {
    await using service = await startService();
    const reader = await service.connect(dialect);
    reader.client.pause();
    for (let id = 1; id <= count; id++) reader.subscribe(id, path);
    await until(() => reader.end.writableLength > 0);
    await atRest(() => service.story.pulled);
    const held = service.story.pulled * kib64 - takenFrom(reader.end);
    expect(held).toBeLessThan(mib2);
    expect(reader.end.writableLength).toBeGreaterThan(0); // it really was the reader that waited
  });

  it("gets everything once it reads on, in order and without a gap", async () => {
    await using service = await startService();
    const reader = await service.connect(dialect);
    reader.subscribe(1, "ticks");
    await until(() => reader.events(1).length > 10);
    reader.client.pause();
    reader.subscribe(2, "large");
    await until(() => reader.end.writableLength > 0);
    const { pulled } = service.story;
    reader.client.resume();
    await until(() => reader.events(2).length > pulled);
    const ticks = reader.events(1);
    expect(ticks).toEqual(ticks.map((_, index) => index + 1));
  });

  it("costs a healthy reader beside it nothing but time", async () => {
    await using service = await startService();
    const paused = await service.connect(dialect);
    const healthy = await service.connect(dialect);
    paused.client.pause();
    for (let id = 1; id <= 4; id++) paused.subscribe(id, "large");
    await until(() => paused.end.writableLength > 0);
    healthy.subscribe(1, "ticks");
    await until(() => healthy.events(1).length >= 1_000);
    const ticks = healthy.events(1);
    expect(ticks).toEqual(ticks.map((_, index) => index + 1));
    expect(paused.end.writableLength).toBeGreaterThan(0);
  });

  it("goes on with an outbox smaller than the stream's own buffer", async () => {
    await using service = await startService({ maxOutboxBytes: 4_096 });
    const reader = await service.connect(dialect);
    reader.client.pause();
    reader.subscribe(1, "small");
    await until(() => reader.end.writableLength > 0);
    await atRest(() => service.story.pulled);
    const { pulled } = service.story;
    reader.client.resume();
    await until(() => service.story.pulled > pulled + 100);
    await settled();
  });
});
