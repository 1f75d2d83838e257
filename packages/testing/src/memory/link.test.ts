import type { Socket } from "@tautline/contracts/runtime";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createManualClock } from "../manual-clock.js";
import { settled } from "../settled.js";
import { createMemorySocketPair, type MemorySocketPairOptions } from "./socket-pair.js";

/** Starts a socket and keeps what it is told, in order; `open` apart. */
function listenTo(socket: Socket) {
  const told: unknown[] = [];
  socket.start({
    frame: (frame) => told.push(frame),
    drain: () => told.push("drain"),
    close: (code) => told.push(code),
  });
  return told;
}

function startedPair(options: MemorySocketPairOptions = {}) {
  const pair = createMemorySocketPair(options);
  return { ...pair, toClient: listenTo(pair.client), toServer: listenTo(pair.server) };
}

describe("cut", () => {
  it("tells both ends 1006 once and loses what is on the way", async () => {
    const { client, server, network, toClient, toServer } = startedPair();
    client.send("arrived");
    await settled();
    client.send("lost");
    server.close(1000);
    network.cut();
    network.cut();
    expect(toServer).toEqual(["arrived"]);
    await settled();
    expect(toClient).toEqual([1006]);
    expect(toServer).toEqual(["arrived", 1006]);
  });

  it("leaves no timer of a frame that was on its way", async () => {
    const clock = createManualClock();
    const { client, network } = startedPair({ clock, latencyMs: 50 });
    client.send("lost");
    expect(clock.leftovers()).toEqual(["timer due in 50 ms: frameOnItsWay"]);
    network.cut();
    expect(clock.leftovers()).toEqual([]);
  });

  it("reaches ends whose way is paused or held", async () => {
    const { client, network, toClient, toServer } = startedPair();
    network.pause("toClient");
    network.blackHole("toServer");
    client.send("lost");
    network.cut();
    await settled();
    expect([toClient, toServer]).toEqual([[1006], [1006]]);
  });

  it("keeps what arrived before it for an owner that has not started", async () => {
    const { client, server, network } = createMemorySocketPair();
    client.send("arrived");
    await settled();
    network.cut();
    const toServer = listenTo(server);
    await settled();
    expect(toServer).toEqual(["arrived", 1006]);
  });
});

describe("cutAfterBytes", () => {
  it.each([
    [0, []],
    [2, []],
    [3, ["one"]],
    [7, ["one"]],
    [8, ["one", "three"]],
  ])("delivers the frames that fit %i bytes whole, then cuts both ends", async (bytes, arrive) => {
    const { client, network, toClient, toServer } = startedPair();
    network.cutAfterBytes(bytes, "toServer");
    client.sendAll(["one", "three", "x"]);
    await settled();
    expect(toServer).toEqual([...arrive, 1006]);
    expect(toClient).toEqual([1006]);
  });

  it("counts from the moment it is told, in one direction only", async () => {
    const { client, server, network, toClient, toServer } = startedPair();
    client.send("before");
    await settled();
    network.cutAfterBytes(4, "toServer");
    server.send("any number of bytes");
    client.send("1234");
    await settled();
    expect(toServer).toEqual(["before", "1234", 1006]);
    expect(toClient).toEqual(["any number of bytes", 1006]);
  });

  it("lets a closing frame through, for it carries no payload of ours", async () => {
    const { client, network, toServer } = startedPair();
    network.cutAfterBytes(1, "toServer");
    client.close(4000);
    await settled();
    expect(toServer).toEqual([4000]);
  });

  it("refuses what is no number of bytes", () => {
    const { network } = createMemorySocketPair();
    expect(() => network.cutAfterBytes(-1, "toClient")).toThrow(RangeError);
    expect(() => network.cutAfterBytes(1.5, "toClient")).toThrow(RangeError);
  });
});

describe("a black hole", () => {
  it("swallows one direction without a word, and heal brings what was held in order", async () => {
    const { client, server, network, toClient, toServer } = startedPair();
    network.blackHole("toServer");
    client.sendAll(["one", "two"]);
    server.send("heard");
    await settled();
    expect(toServer).toEqual([]);
    expect(toClient).toEqual(["heard"]);
    expect(client.bufferedBytes).toBe(0);
    network.heal();
    await settled();
    expect(toServer).toEqual(["one", "two"]);
  });

  it("hides a terminated peer until it heals: the link is half open", async () => {
    const { client, network, toClient, toServer } = startedPair();
    network.blackHole();
    client.terminate();
    await settled();
    expect(toClient).toEqual([1006]);
    expect(toServer).toEqual([]);
    network.heal();
    await settled();
    expect(toServer).toEqual([1006]);
  });

  it("holds frames beyond their latency", async () => {
    const clock = createManualClock();
    const { client, network, toServer } = startedPair({ clock, latencyMs: 50 });
    client.send("held");
    network.blackHole();
    await clock.advanceAsync(1_000);
    expect(toServer).toEqual([]);
    network.heal();
    await settled();
    expect(toServer).toEqual(["held"]);
  });
});

describe("a paused direction", () => {
  it("lets the writer's bufferedBytes grow, and tells it drain once when they fall", async () => {
    const { client, server, network, toClient, toServer } = startedPair();
    network.pause("toClient");
    server.send("12345");
    server.send(new Uint8Array(10));
    client.send("free");
    await settled();
    expect(server.bufferedBytes).toBe(15);
    expect(toClient).toEqual([]);
    network.resume("toClient");
    expect(server.bufferedBytes).toBe(0);
    await settled();
    expect(toClient).toEqual(["12345", new Uint8Array(10)]);
    expect(toServer).toEqual(["free", "drain"]);
  });

  it("tells no drain when nothing was waiting, or when it is full again by then", async () => {
    const { server, network, toServer } = startedPair();
    network.pause();
    network.resume();
    await settled();
    expect(toServer).toEqual([]);
    network.pause();
    server.send("x");
    network.resume();
    network.pause();
    server.send("y");
    await settled();
    expect(toServer).toEqual([]);
    network.resume();
    await settled();
    expect(toServer).toEqual(["drain"]);
  });

  it("keeps a close waiting behind the frames", async () => {
    const { server, network, toClient } = startedPair();
    network.pause("toClient");
    server.send("before");
    server.close(4000);
    await settled();
    expect(toClient).toEqual([]);
    network.resume();
    await settled();
    expect(toClient).toEqual(["before", 4000]);
  });

  it("leaves what was sent before it with the reader's kernel: unread, and not in the buffer", async () => {
    const clock = createManualClock();
    const { server, network, toClient } = startedPair({ clock, latencyMs: 50 });
    server.send("on its way");
    network.pause("toClient");
    server.send("waiting");
    expect(server.bufferedBytes).toBe(7);
    await clock.advanceAsync(100);
    expect(toClient).toEqual([]);
    network.resume();
    await settled();
    expect(toClient).toEqual(["on its way"]);
    await clock.advanceAsync(50);
    expect(toClient).toEqual(["on its way", "waiting"]);
  });
});

describe("a delay", () => {
  it("holds from the next frame on and lets none overtake another", async () => {
    const clock = createManualClock();
    const { client, network, toServer } = startedPair({ clock });
    client.send("at once");
    await settled();
    network.delay(100);
    client.send("slow");
    network.delay(10);
    client.send("quick");
    await clock.advanceAsync(99);
    expect(toServer).toEqual(["at once"]);
    await clock.advanceAsync(1);
    expect(toServer).toEqual(["at once", "slow", "quick"]);
  });
});

describe("the transcript", () => {
  it("holds every frame that was handed over, in order, and no other", async () => {
    const { client, server, network } = createMemorySocketPair();
    client.start({ frame() {}, close() {} });
    server.start({ frame: (frame) => server.send(`${frame}!`), close() {} });
    client.send("one");
    await settled();
    client.send("two");
    await settled();
    client.send("lost");
    network.cut();
    await settled();
    expect(network.transcript).toEqual([
      { direction: "toServer", frame: "one" },
      { direction: "toClient", frame: "one!" },
      { direction: "toServer", frame: "two" },
      { direction: "toClient", frame: "two!" },
    ]);
  });

  it("is not kept when it is not wanted", async () => {
    const { client, network, toServer } = startedPair({ keepsTranscript: false });
    client.send("one");
    await settled();
    expect(toServer).toEqual(["one"]);
    expect(network.transcript).toEqual([]);
  });
});

describe("whatever the network does", () => {
  const anyWay = fc.constantFrom("toServer" as const, "toClient" as const, "both" as const);
  const anyCommand = fc.oneof(
    fc.record({ do: fc.constantFrom("send" as const, "heal" as const) }),
    fc.record({
      do: fc.constantFrom("blackHole" as const, "pause" as const, "resume" as const),
      way: anyWay,
    }),
    fc.record({ do: fc.constantFrom("delay" as const, "advance" as const), ms: fc.nat(100) }),
  );
  const anyEnd = fc.constantFrom("close" as const, "terminate" as const, "cut" as const);

  it("frames arrive once and in order, then the end is told once and nothing after it", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyCommand, { maxLength: 40 }), anyEnd, async (commands, end) => {
        const clock = createManualClock();
        const { client, server, network, toClient, toServer } = startedPair({ clock });
        let sent = 0;
        for (const command of commands) {
          if ("way" in command) network[command.do](command.way);
          else if (command.do === "delay") network.delay(command.ms);
          else if (command.do === "advance") await clock.advanceAsync(command.ms);
          else if (command.do === "heal") network.heal();
          else {
            client.send(`${++sent}`);
            server.send(`${sent}`);
          }
        }
        if (end === "cut") network.cut();
        else client[end](1000);
        network.heal();
        network.resume();
        await clock.advanceAsync(1_000);

        const frames = (told: unknown[]) => told.filter((each) => each !== "drain").slice(0, -1);
        const everything = Array.from({ length: sent }, (_, n) => `${n + 1}`);
        for (const told of [toClient, toServer]) {
          expect(told.at(-1)).toBe(end === "close" ? 1000 : 1006);
          expect(frames(told)).toEqual(everything.slice(0, frames(told).length));
        }
        if (end === "close") expect(frames(toServer)).toEqual(everything);
        expect([client.bufferedBytes, server.bufferedBytes, clock.pending]).toEqual([0, 0, 0]);
      }),
    );
  });
});
