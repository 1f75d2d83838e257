import type { Socket } from "@tautline/contracts/runtime";
import { describe, expect, it } from "vitest";
import { createManualClock } from "../manual-clock.js";
import { settled } from "../settled.js";
import { createMemorySocketPair } from "./socket-pair.js";

/** Starts a socket and keeps what it is told, in order. */
function listenTo(socket: Socket) {
  const told: unknown[] = [];
  socket.start({
    open: () => told.push("open"),
    frame: (frame) => told.push(frame),
    drain: () => told.push("drain"),
    close: (code, reason) => told.push([code, reason]),
  });
  return told;
}

function startedPair() {
  const { client, server, network } = createMemorySocketPair();
  return { client, server, network, toClient: listenTo(client), toServer: listenTo(server) };
}

describe("a pair of memory sockets", () => {
  it("tells the client that it is open, and never the server", async () => {
    const { toClient, toServer } = startedPair();
    expect(toClient).toEqual([]);
    await settled();
    expect(toClient).toEqual(["open"]);
    expect(toServer).toEqual([]);
  });

  it("has agreed on the subprotocol it was made with, or on none", () => {
    const { client, server } = createMemorySocketPair({ protocol: "tautline.v1" });
    expect([client.protocol, server.protocol]).toEqual(["tautline.v1", "tautline.v1"]);
    expect(createMemorySocketPair().client.protocol).toBe("");
  });

  it("delivers text and bytes in order, both ways, never inside a send", async () => {
    const { client, server, toClient, toServer } = startedPair();
    client.send("one");
    client.sendAll([new Uint8Array([1, 2]), "three", ""]);
    server.send("back");
    expect(toServer).toEqual([]);
    await settled();
    expect(toServer).toEqual(["one", new Uint8Array([1, 2]), "three", ""]);
    expect(toClient).toEqual(["open", "back"]);
  });

  it("gives each call a microtask of its own, so promises go on between two frames", async () => {
    const { client, server } = createMemorySocketPair();
    const seen: string[] = [];
    server.start({
      frame(frame) {
        seen.push(`frame ${frame}`);
        void Promise.resolve().then(() => seen.push(`then ${frame}`));
      },
      close() {},
    });
    client.sendAll(["1", "2"]);
    await settled();
    expect(seen).toEqual(["frame 1", "then 1", "frame 2", "then 2"]);
  });

  it("keeps frames and a close that arrive before start, and tells them in order", async () => {
    const { client, server } = createMemorySocketPair();
    client.send("early");
    client.close(4000, "bye");
    await settled();
    const toServer = listenTo(server);
    expect(toServer).toEqual([]);
    client.send("after close");
    await settled();
    expect(toServer).toEqual(["early", [4000, "bye"]]);
  });

  it("has one owner: a second start changes nothing", async () => {
    const { client, toServer, server } = startedPair();
    const second = listenTo(server);
    client.send("once");
    await settled();
    expect(toServer).toEqual(["once"]);
    expect(second).toEqual([]);
  });

  it("copies bytes, so neither end sees the other write", async () => {
    const { client, toServer } = startedPair();
    const bytes = new Uint8Array([1, 2, 3]);
    client.send(bytes);
    bytes.fill(9);
    await settled();
    expect(toServer).toEqual([new Uint8Array([1, 2, 3])]);
  });

  it("goes on telling after a handler throws", async () => {
    const errors = takeUncaught();
    const { client, server } = createMemorySocketPair();
    const heard: unknown[] = [];
    server.start({
      frame(frame) {
        heard.push(frame);
        if (frame === "bad") throw new Error("a bug in a handler");
      },
      close: (code) => heard.push(code),
    });
    client.sendAll(["bad", "good"]);
    client.close(1000);
    await settled();
    expect(heard).toEqual(["bad", "good", 1000]);
    expect(errors()).toEqual([new Error("a bug in a handler")]);
  });

  it("travels on the clock when it has latency, and keeps its order", async () => {
    const clock = createManualClock();
    const { client, server } = createMemorySocketPair({ clock, latencyMs: 50 });
    const toServer = listenTo(server);
    client.send("first");
    await clock.advanceAsync(30);
    client.send("second");
    await clock.advanceAsync(19);
    expect(toServer).toEqual([]);
    await clock.advanceAsync(1);
    expect(toServer).toEqual(["first"]);
    await clock.advanceAsync(30);
    expect(toServer).toEqual(["first", "second"]);
    expect(clock.pending).toBe(0);
  });

  it("answers at the moment a frame arrived, so a round trip takes two latencies", async () => {
    const clock = createManualClock();
    const { client, server } = createMemorySocketPair({ clock, latencyMs: 50 });
    server.start({ frame: (frame) => server.send(frame), close() {} });
    let backAtMs = 0;
    client.start({
      frame() {
        backAtMs = clock.now();
      },
      close() {},
    });
    client.send("ping");
    await clock.advanceAsync(1_000);
    expect(backAtMs).toBe(100);
  });

  it("refuses a latency that nothing can measure", () => {
    expect(() => createMemorySocketPair({ latencyMs: 10 })).toThrow(TypeError);
    const clock = createManualClock();
    expect(() => createMemorySocketPair({ clock, latencyMs: -1 })).toThrow(RangeError);
    expect(() => createMemorySocketPair().network.delay(10)).toThrow(TypeError);
  });
});

describe("closing", () => {
  it("tells both ends the code and the reason, once, behind the frames sent before", async () => {
    const { client, server, toClient, toServer } = startedPair();
    client.send("last words");
    client.close(4500, "protocol error");
    client.close(1000, "again");
    await settled();
    server.close(1000, "too late");
    client.terminate();
    await settled();
    expect(toServer).toEqual(["last words", [4500, "protocol error"]]);
    expect(toClient).toEqual(["open", [4500, "protocol error"]]);
  });

  it("drops what is sent afterwards, by either end", async () => {
    const { client, server, toClient, toServer } = startedPair();
    client.close(1000);
    client.send("after my close");
    await settled();
    server.send("after yours");
    await settled();
    expect(toServer).toEqual([[1000, ""]]);
    expect(toClient).toEqual(["open", [1000, ""]]);
  });

  it("still brings what the other end sent before it knew", async () => {
    const { client, server, toClient } = startedPair();
    await settled();
    client.close(1000);
    server.send("crossed");
    await settled();
    expect(toClient).toEqual(["open", "crossed", [1000, ""]]);
  });

  it("tells each end the other's code when both close at once", async () => {
    const { client, server, toClient, toServer } = startedPair();
    client.close(4001, "client");
    server.close(4002, "server");
    await settled();
    expect(toClient).toEqual(["open", [4002, "server"]]);
    expect(toServer).toEqual([[4001, "client"]]);
  });

  it("tells 1005 when no code could be sent", async () => {
    const { client, toClient, toServer } = startedPair();
    client.close(1005);
    await settled();
    expect(toServer).toEqual([[1005, ""]]);
    expect(toClient).toEqual(["open", [1005, ""]]);
  });

  it("takes a round trip on the clock", async () => {
    const clock = createManualClock();
    const { client, server } = createMemorySocketPair({ clock, latencyMs: 50 });
    const [toClient, toServer] = [listenTo(client), listenTo(server)];
    client.close(1000);
    await clock.advanceAsync(50);
    expect(toServer).toEqual([[1000, ""]]);
    expect(toClient).toEqual(["open"]);
    await clock.advanceAsync(50);
    expect(toClient).toEqual(["open", [1000, ""]]);
  });
});

describe("terminating", () => {
  it("tells both ends 1006, and brings the peer what was sent before", async () => {
    const { client, toClient, toServer } = startedPair();
    await settled();
    client.send("sent");
    client.terminate();
    client.send("not sent");
    expect(toClient).toEqual(["open"]);
    await settled();
    expect(toClient).toEqual(["open", [1006, ""]]);
    expect(toServer).toEqual(["sent", [1006, ""]]);
  });

  it("tells its owner nothing more of what had arrived", async () => {
    const { client, server, toClient } = startedPair();
    server.sendAll(["one", "two", "three"]);
    client.terminate();
    await settled();
    expect(toClient).toEqual([[1006, ""]]);
  });

  it("ends the wait for a closing handshake", async () => {
    const { client, network, toClient } = startedPair();
    await settled();
    network.blackHole();
    client.close(1000);
    await settled();
    expect(toClient).toEqual(["open"]);
    client.terminate();
    await settled();
    expect(toClient).toEqual(["open", [1006, ""]]);
  });

  it("is told after start when it came before", async () => {
    const { client, server } = createMemorySocketPair();
    client.terminate();
    await settled();
    const [toClient, toServer] = [listenTo(client), listenTo(server)];
    await settled();
    expect(toClient).toEqual([[1006, ""]]);
    expect(toServer).toEqual([[1006, ""]]);
  });
});

describe("a socket that pauses", () => {
  it("holds its peer's frames back, and the peer sees them pile up", async () => {
    const { client, server, toClient, toServer } = startedPair();
    server.pause();
    client.send("12345");
    client.send("€");
    await settled();
    expect(toServer).toEqual([]);
    expect(client.bufferedBytes).toBe(8);
    expect(server.bufferedBytes).toBe(0);
    server.send("the other way is free");
    server.resume();
    expect(client.bufferedBytes).toBe(0);
    await settled();
    expect(toServer).toEqual(["12345", "€"]);
    expect(toClient).toEqual(["open", "drain", "the other way is free"]);
  });

  it("pauses from within a frame, whatever had been sent by then", async () => {
    const { client, server } = createMemorySocketPair();
    const read: unknown[] = [];
    server.start({
      frame(frame) {
        read.push(frame);
        server.pause();
      },
      close() {},
    });
    client.sendAll(Array.from({ length: 100 }, (_, n) => `${n}`));
    await settled();
    expect(read.length).toBeLessThanOrEqual(2); // one more may have been read already
    for (let n = 0; n < 100; n++) {
      server.resume();
      await settled();
    }
    expect(read).toHaveLength(100);
  });

  it("stays held back until both it and the test have resumed", async () => {
    const { client, server, network, toServer } = startedPair();
    server.pause();
    network.pause("toServer");
    client.send("x");
    server.resume();
    await settled();
    expect(toServer).toEqual([]);
    network.resume("toServer");
    await settled();
    expect(toServer).toEqual(["x"]);
  });

  it("is told at once when the peer is gone, without what it did not read", async () => {
    const { client, server, toServer } = startedPair();
    client.send("unread");
    server.pause();
    client.send("lost");
    client.terminate();
    await settled();
    expect(toServer).toEqual([[1006, ""]]);
  });
});

/** Catches what handlers throw, as a process would see it. */
function takeUncaught() {
  const errors: unknown[] = [];
  const others = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  process.on("uncaughtException", (error) => errors.push(error));
  return () => {
    process.removeAllListeners("uncaughtException");
    for (const other of others) process.on("uncaughtException", other);
    return errors;
  };
}
