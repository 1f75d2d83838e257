import { describe, expect, it } from "vitest";
import { createManualClock } from "../manual-clock.js";
import { settled } from "../settled.js";
import { createMemoryNetwork } from "./network.js";

const ignore = { frame() {}, close() {} };

describe("the transcript of a network", () => {
  it("has what arrived, in that order, with the time it took", async () => {
    const clock = createManualClock(5_000);
    const network = createMemoryNetwork({ clock, latencyMs: 10 });
    network.listen((socket) => {
      socket.start({ ...ignore, frame: (frame) => socket.send(`echo ${frame}`) });
    });
    const client = network.connect("ws://test/line", []);
    client.start({ ...ignore, open: () => client.send("hello") });
    await clock.advanceAsync(60);
    client.close(4_000, "Enough");
    await clock.advanceAsync(20);
    expect(network.transcript()).toBe(
      [
        "C1 dials ws://test/line",
        "@ 30 ms",
        "C1: hello",
        "@ 40 ms",
        "S1: echo hello",
        "@ 70 ms",
        "S1! 4000 Enough",
        "@ 80 ms",
        "C1! 4000 Enough",
      ].join("\n"),
    );
  });

  it("numbers the sockets, and leaves out what was lost on the way", async () => {
    const network = createMemoryNetwork();
    network.listen((socket) => socket.start(ignore));
    const [first, second] = ["a", "b"].map((name) => network.connect(`ws://test/${name}`, []));
    for (const client of [first!, second!]) client.start(ignore);
    await settled();
    second!.send(new Uint8Array(12));
    await settled();
    first!.send("lost");
    network.cutAll();
    await settled();
    expect(network.transcript()).toBe(
      [
        "C1 dials ws://test/a",
        "C2 dials ws://test/b",
        "C2: 12 bytes, binary",
        "C1! 1006",
        "S1! 1006",
        "C2! 1006",
        "S2! 1006",
      ].join("\n"),
    );
  });

  it("shows the beginning of what is long, as much as is asked for", async () => {
    const network = createMemoryNetwork();
    network.listen((socket) => socket.start(ignore));
    const client = network.connect("ws://test", []);
    client.start(ignore);
    await settled();
    client.send("x".repeat(1_000));
    await settled();
    const [, cut] = network.transcript({ maxCharacters: 5 }).split("\n");
    expect(cut).toBe("C1: xxxxx… (1000 characters)");
    const whole = network.transcript({ maxCharacters: Number.POSITIVE_INFINITY });
    expect(whole).toHaveLength("C1 dials ws://test\nC1: ".length + 1_000);
  });

  it("has names for what a server makes up", async () => {
    const network = createMemoryNetwork();
    const given = [
      { id: "Kx1", secret: "s3cr3t", storeEpoch: "e1" },
      { id: "Lz2", secret: "0th3r", storeEpoch: "e1" },
    ];
    network.listen((socket) => {
      socket.start(ignore);
      for (const session of given) socket.send(JSON.stringify([{ method: "welcome", session }]));
      socket.send('{ "session":{ is no JSON');
      socket.send('{"method":"ack","of":"Lz2"}');
    });
    network.connect("ws://test", []).start(ignore);
    await settled();
    expect(network.transcript().split("\n").slice(1)).toEqual([
      'S1: [{"method":"welcome","session":{"id":"<session>","secret":"<secret>","storeEpoch":"<epoch>"}}]',
      'S1: [{"method":"welcome","session":{"id":"<session 2>","secret":"<secret 2>","storeEpoch":"<epoch>"}}]',
      'S1: { "session":{ is no JSON',
      'S1: {"method":"ack","of":"<session 2>"}',
    ]);
  });

  it("is not kept when it is not wanted", async () => {
    const network = createMemoryNetwork({ keepsTranscript: false });
    network.connect("ws://test", []).start(ignore);
    await settled();
    expect(network.transcript()).toBe("");
  });
});

describe("the latency of a network", () => {
  it("can be changed, for the sockets there are and those to come", async () => {
    const clock = createManualClock();
    const network = createMemoryNetwork({ clock });
    const heard: unknown[] = [];
    network.listen((socket) => socket.start({ ...ignore, frame: (frame) => heard.push(frame) }));
    const first = network.connect("ws://test", []);
    first.start(ignore);
    await settled();
    network.latencyMs = 20;
    expect(network.latencyMs).toBe(20);
    first.send("of the first");
    const second = network.connect("ws://test", []);
    second.start({ ...ignore, open: () => second.send("of the second") });
    await clock.advanceAsync(19);
    expect(heard).toEqual([]);
    await clock.advanceAsync(1);
    expect(heard).toEqual(["of the first"]);
    await clock.advanceAsync(40);
    expect(heard).toEqual(["of the first", "of the second"]);
  });

  it("has to be a time, and needs a clock", () => {
    const network = createMemoryNetwork();
    expect(() => {
      network.latencyMs = 20;
    }).toThrow(TypeError);
    expect(() => {
      network.latencyMs = -1;
    }).toThrow(RangeError);
    expect(network.latencyMs).toBe(0);
  });
});
