import type { Socket } from "@tautline/contracts/runtime";
import { Ledger } from "@tautline/contracts/session";
import type { Dialect } from "@tautline/contracts/wire";
import { describe, expect, it } from "vitest";
import { Outbox, toFrames } from "./outbox.js";
import { Turn } from "./turn.js";

/** An outbox whose socket notes each write, and whose turns end when the test says so. */
function setUp({
  dialect = "full" as Dialect,
  maxOutboxBytes = 1_000,
  maxFrameBytes = 10_000,
} = {}) {
  const writes: (readonly unknown[])[] = [];
  const socket = {
    bufferedBytes: 0,
    send: (frame: unknown) => writes.push([frame]),
    sendAll: (frames: readonly unknown[]) => writes.push(frames),
  };
  let due: (() => void)[] = [];
  const outbox = new Outbox(
    socket as unknown as Socket,
    dialect,
    { maxOutboxBytes, maxFrameBytes },
    new Turn((run) => due.push(run), { now: () => 0 }),
  );
  return {
    outbox,
    socket,
    writes,
    endTurn() {
      const now = due;
      due = [];
      for (const run of now) run();
    },
  };
}

describe("an outbox", () => {
  it("sends what one turn made ready in order and as one write", () => {
    const { outbox, writes, endTurn } = setUp();
    for (const text of ['{"id":1}', '{"id":2}', '{"id":3}']) outbox.push(text);
    expect(writes).toEqual([]);
    endTurn();
    expect(writes).toEqual([['[{"id":1},{"id":2},{"id":3}]']]);
    outbox.push('{"id":4}');
    endTurn();
    expect(writes[1]).toEqual(['{"id":4}']);
  });

  it("joins no more than a megabyte, though a message alone may be larger", () => {
    const { outbox, writes, endTurn } = setUp({ maxFrameBytes: 67_108_864 });
    const [large, small] = ["x".repeat(2_000_000), "y".repeat(100_000)];
    for (const text of [large, large, small, small, small, small]) outbox.push(text);
    endTurn();
    const three = `[${small},${small},${small}]`;
    expect(writes[0]!.map((frame) => String(frame).length)).toEqual(
      [large, large, three, small].map(({ length }) => length),
    );
  });

  it("sends one message a frame in the base dialect, still as one write", () => {
    const { outbox, writes, endTurn } = setUp({ dialect: "base" });
    for (const text of ['{"id":1}', "PONG", '{"id":2}']) outbox.push(text);
    endTurn();
    expect(writes).toEqual([['{"id":1}', "PONG", '{"id":2}']]);
  });

  it("keeps PING and PONG in line and out of arrays", () => {
    const { outbox, writes, endTurn } = setUp();
    for (const text of ["1", "2", "PONG", "3", "PING", "PONG", "4", "5"]) outbox.push(text);
    endTurn();
    expect(writes).toEqual([["[1,2]", "PONG", "3", "PING", "PONG", "[4,5]"]]);
  });

  it("sends at once when told to, and nothing twice", () => {
    const { outbox, writes, endTurn } = setUp();
    outbox.push("1");
    outbox.flush();
    expect(writes).toEqual([["1"]]);
    endTurn();
    expect(writes).toEqual([["1"]]);
  });

  it("tells when its socket has taken enough, though nothing of it was acknowledged", () => {
    const { outbox, socket, endTurn } = setUp({ maxOutboxBytes: 10 });
    outbox.keep(new Ledger());
    const order: string[] = [];
    outbox.say("1234567890");
    outbox.whenRoom(() => order.push("room"));
    outbox.whenTaken(() => order.push("taken"));
    socket.bufferedBytes = 10;
    endTurn();
    expect(order).toEqual([]);
    socket.bufferedBytes = 0;
    outbox.drained();
    outbox.drained();
    expect(order).toEqual(["taken"]);
    expect(outbox.full).toBe(true);
  });

  it("acknowledges behind all that waits: an older ack, or a welcome, is to be heard first", () => {
    const { outbox, writes, endTurn } = setUp();
    const ledger = new Ledger();
    outbox.keep(ledger);
    ledger.hear(1);
    outbox.push(ledger.ack());
    for (let n = 0; n < 32; n++) ledger.hear(1);
    outbox.acknowledgeSoon();
    for (let id = 1; id <= 15; id++) outbox.push(`{"id":${id}}`);
    endTurn();
    expect(writes).toHaveLength(1);
    const messages: object[] = JSON.parse(writes[0]![0] as string);
    expect(messages[0]).toEqual({ method: "ack", received: 1 });
    expect(messages.slice(1, -1)).toHaveLength(15);
    expect(messages.at(-1)).toEqual({ method: "ack", received: 33 });
  });

  it("counts what it holds and what its socket holds", () => {
    const { outbox, socket, endTurn } = setUp({ maxOutboxBytes: 10 });
    outbox.push("12345");
    expect([outbox.bytes, outbox.full]).toEqual([5, false]);
    outbox.push("67890");
    expect([outbox.bytes, outbox.full]).toEqual([10, true]);
    socket.bufferedBytes = 9;
    endTurn();
    expect([outbox.bytes, outbox.full]).toEqual([9, false]);
  });

  it("is not full of what it hears: an ack that waits is one, however much came since", () => {
    const { outbox, writes, endTurn } = setUp();
    const ledger = new Ledger();
    outbox.keep(ledger);
    for (let n = 0; n < 600; n++) {
      ledger.hear(1);
      if (ledger.ackIsDue) outbox.acknowledgeSoon();
    }
    expect(outbox.full).toBe(false);
    endTurn();
    expect(writes).toEqual([['{"method":"ack","received":600}']]);
  });

  it("is full of tiny messages as well, until the turn ends", () => {
    const { outbox, writes, endTurn } = setUp({ maxOutboxBytes: 1_000_000 });
    for (let n = 0; n < 512; n++) outbox.push("1");
    expect(outbox.full).toBe(true);
    endTurn();
    expect(outbox.full).toBe(false);
    expect(writes).toHaveLength(32);
  });

  it("writes every sixteenth message at once: the client works on them meanwhile", () => {
    const { outbox, writes, endTurn } = setUp({ maxOutboxBytes: 1_000_000 });
    for (let n = 0; n < 20; n++) outbox.push("1");
    expect(writes).toEqual([[`[${Array(16).fill("1")}]`]]);
    endTurn();
    expect(writes).toEqual([[`[${Array(16).fill("1")}]`], ["[1,1,1,1]"]]);
  });

  it("gathers what a frame is answered with, and does not wait for the end of the turn", () => {
    const { outbox, writes, endTurn } = setUp();
    expect(outbox.gather()).toBe(true);
    outbox.push("1");
    outbox.push("2");
    expect(writes).toEqual([]);
    outbox.flush();
    expect(writes).toEqual([["[1,2]"]]);
    outbox.push("3");
    expect(outbox.gather()).toBe(false);
    expect(writes).toHaveLength(1);
    endTurn();
    expect(writes[1]).toEqual(["3"]);
  });

  it("sends what is said while it writes, in the next turn", () => {
    const { outbox, socket, writes, endTurn } = setUp();
    const { send } = socket;
    socket.send = (frame) => {
      if (frame === "1") outbox.push("2");
      return send(frame);
    };
    outbox.push("1");
    endTurn();
    endTurn();
    expect(writes).toEqual([["1"], ["2"]]);
  });
});

describe("waiting for room", () => {
  it("ends at once where there is room", () => {
    const { outbox } = setUp();
    let told = 0;
    outbox.whenRoom(() => told++);
    expect(told).toBe(1);
  });

  it("ends with the turn when the socket takes everything", () => {
    const { outbox, endTurn } = setUp({ maxOutboxBytes: 3 });
    let told = 0;
    outbox.push("123");
    outbox.whenRoom(() => told++);
    expect(told).toBe(0);
    endTurn();
    expect(told).toBe(1);
  });

  it("lasts until the socket has handed on what it held, and calls everyone once, in order", () => {
    const { outbox, socket, endTurn } = setUp({ maxOutboxBytes: 3 });
    const told: string[] = [];
    outbox.push("123");
    socket.bufferedBytes = 3;
    for (const name of ["a", "b"]) outbox.whenRoom(() => told.push(name));
    endTurn();
    outbox.drained(); // not yet
    expect(told).toEqual([]);
    socket.bufferedBytes = 0;
    outbox.drained();
    outbox.drained();
    expect(told).toEqual(["a", "b"]);
  });

  it("goes on for who asks again while being told", () => {
    const { outbox, socket, endTurn } = setUp({ maxOutboxBytes: 3 });
    socket.bufferedBytes = 3;
    let told = 0;
    outbox.whenRoom(() => {
      told++;
      socket.bufferedBytes = 3;
      outbox.whenRoom(() => told++);
    });
    socket.bufferedBytes = 0;
    outbox.drained();
    endTurn();
    expect(told).toBe(1);
  });
});

describe("room set aside for events that are being pulled", () => {
  it("counts until the event is there", () => {
    const { outbox } = setUp({ maxOutboxBytes: 100 });
    const first = outbox.reserve(60);
    expect(outbox.full).toBe(false);
    const second = outbox.reserve(60);
    expect(outbox.full).toBe(true);
    outbox.unreserve(60, first);
    expect(outbox.full).toBe(false);
    outbox.unreserve(60, second);
    expect(outbox.bytes).toBe(0);
  });

  it("is given to others two turns later, when no event came", () => {
    const { outbox, endTurn } = setUp({ maxOutboxBytes: 100 });
    const idle = outbox.reserve(100);
    let told = 0;
    outbox.whenRoom(() => told++);
    endTurn();
    expect([told, outbox.full]).toEqual([0, true]);
    endTurn();
    expect([told, outbox.full]).toEqual([1, false]);
    outbox.reserve(99);
    outbox.unreserve(100, idle); // forgotten: what others have reserved since stays
    expect(outbox.full).toBe(false);
    outbox.reserve(1);
    expect(outbox.full).toBe(true);
  });

  it("is not given away while what was sent before still fills the socket", () => {
    const { outbox, socket, endTurn } = setUp({ maxOutboxBytes: 100 });
    outbox.reserve(100);
    socket.bufferedBytes = 100;
    let told = 0;
    outbox.whenRoom(() => told++);
    for (let turn = 0; turn < 5; turn++) endTurn();
    expect(told).toBe(0);
    socket.bufferedBytes = 0;
    outbox.drained();
    expect(told).toBe(1);
  });
});

describe("frames", () => {
  it.each<[string, string[], number, string[]]>([
    ["are none for nothing", [], 100, []],
    ["are arrays only of two and more", ["1"], 100, ["1"]],
    ["hold as much as fits", ["1", "2", "3"], 100, ["[1,2,3]"]],
    ["are split before they could be too large", ["11", "22", "33"], 14, ["[11,22]", "33"]],
    [
      "hold a message alone that would fill one",
      ["1", `"${"x".repeat(50)}"`, "2"],
      60,
      ["1", `"${"x".repeat(50)}"`, "2"],
    ],
    ["end at a heartbeat text", ["1", "PING", "2", "3"], 100, ["1", "PING", "[2,3]"]],
    [
      "hold a string that reads PING like any other",
      ['"PING"', '"PONG"'],
      100,
      ['["PING","PONG"]'],
    ],
  ])("%s", (_sentence, texts, maxFrameBytes, expected) => {
    expect(toFrames(texts, maxFrameBytes)).toEqual(expected);
  });

  it("never exceed the limit in bytes, whatever the characters", () => {
    for (const unit of ["a", "é", "€", "🦊"]) {
      const texts = Array.from({ length: 40 }, (_, n) => JSON.stringify(unit.repeat(n)));
      const frames = toFrames(texts, 400);
      for (const frame of frames) expect(Buffer.byteLength(frame)).toBeLessThanOrEqual(400);
      expect(frames.flatMap((frame) => JSON.parse(frame))).toEqual(
        texts.map((text) => JSON.parse(text)),
      );
    }
  });
});
