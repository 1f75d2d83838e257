import type { Socket } from "@tautline/contracts/runtime";
import { describe, expect, it, vi } from "vitest";
import { createManualClock } from "../manual-clock.js";
import { settled } from "../settled.js";
import { createMemoryNetwork, type MemoryRequest } from "./network.js";

/** Starts a socket and keeps what it is told, in order. */
function listenTo(socket: Socket) {
  const told: unknown[] = [];
  socket.start({
    open: () => told.push("open"),
    frame: (frame) => told.push(frame),
    close: (code) => told.push(code),
  });
  return told;
}

describe("a memory network", () => {
  it("joins a client that dials with the server that listens", async () => {
    const network = createMemoryNetwork();
    network.listen((socket) => {
      socket.start({ frame: (frame) => socket.send(`echo ${frame}`), close() {} });
    });
    const client = network.connect("ws://test/line", []);
    const told = listenTo(client);
    client.send("dropped: not open yet");
    await settled();
    client.send("hello");
    await settled();
    expect(told).toEqual(["open", "echo hello"]);
  });

  it("shows the server the request as an upgrade has it", async () => {
    const network = createMemoryNetwork();
    const requests: MemoryRequest[] = [];
    network.listen((_, request) => void requests.push(request));
    network.connectWith({ Origin: "https://app.test" })("wss://test:1234/line?a=1#top", ["a", "b"]);
    network.connect("ws://test?b=2", []);
    await settled();
    expect(requests[0]).toEqual({
      url: "/line?a=1",
      protocols: ["a", "b"],
      headers: {
        host: "test:1234",
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-protocol": "a, b",
        origin: "https://app.test",
      },
    });
    expect(requests[1]!.url).toBe("/?b=2");
    expect(requests[1]!.headers).not.toHaveProperty("sec-websocket-protocol");
  });

  it("brings what the server sends first behind the client's open", async () => {
    const network = createMemoryNetwork();
    network.listen((socket) => {
      socket.send("welcome");
      socket.close(4000);
    });
    const told = listenTo(network.connect("ws://test", []));
    await settled();
    expect(told).toEqual(["open", "welcome", 4000]);
  });

  it("opens a client after a round trip on the clock", async () => {
    const clock = createManualClock();
    const network = createMemoryNetwork({ clock, latencyMs: 50 });
    const accepted = vi.fn();
    network.listen(accepted);
    const told = listenTo(network.connect("ws://test", []));
    await clock.advanceAsync(50);
    expect(accepted).toHaveBeenCalledOnce();
    expect(told).toEqual([]);
    await clock.advanceAsync(50);
    expect(told).toEqual(["open"]);
    expect(clock.pending).toBe(0);
  });

  it("refuses a latency that nothing can measure, and a URL that is none", () => {
    expect(() => createMemoryNetwork({ latencyMs: 1 })).toThrow(TypeError);
    const { connect } = createMemoryNetwork();
    expect(() => connect("http://test", [])).toThrow(SyntaxError);
    expect(() => connect("/line", [])).toThrow(SyntaxError);
  });
});

describe("the subprotocol", () => {
  it("is the first offered, unless the server says otherwise", async () => {
    const network = createMemoryNetwork();
    const seen: string[] = [];
    const stop = network.listen((socket) => void seen.push(socket.protocol));
    const first = network.connect("ws://test", ["one", "two"]);
    const none = network.connect("ws://test", []);
    expect(first.protocol).toBe("");
    await settled();
    stop();
    let server: Socket | undefined;
    network.listen((socket) => {
      server = socket;
      return { protocol: "two" };
    });
    const second = network.connect("ws://test", ["one", "two"]);
    await settled();
    expect(seen).toEqual(["one", ""]);
    expect([first.protocol, none.protocol, second.protocol]).toEqual(["one", "", "two"]);
    expect(server!.protocol).toBe("two");
  });

  it.each([
    ["one that was not offered", ["one"], "two"],
    ["none although some were offered", ["one"], ""],
    ["one although none was offered", [], "one"],
  ])("fails the client when the server chooses %s", async (_, offered, chosen) => {
    const network = createMemoryNetwork();
    let toServer: unknown[] = [];
    network.listen((socket) => {
      toServer = listenTo(socket);
      return { protocol: chosen };
    });
    const told = listenTo(network.connect("ws://test", offered));
    await settled();
    expect(told).toEqual([1006]);
    expect(toServer).toEqual([1006]);
    expect(network.leftovers()).toEqual([]);
  });
});

describe("a client that does not get in", () => {
  it("is told 1006 and never open when nobody listens, or no longer", async () => {
    const network = createMemoryNetwork();
    const early = listenTo(network.connect("ws://test", []));
    await settled();
    const stop = network.listen(() => {});
    stop();
    stop();
    const late = listenTo(network.connect("ws://test", []));
    expect(late).toEqual([]);
    await settled();
    expect([early, late]).toEqual([[1006], [1006]]);
    expect(network.leftovers()).toEqual([]);
  });

  it("is told 1006 while the network refuses, and gets in afterwards", async () => {
    const network = createMemoryNetwork();
    const accepted = vi.fn();
    network.listen(accepted);
    network.refuse(true);
    const refused = listenTo(network.connect("ws://test", []));
    await settled();
    network.refuse(false);
    const welcome = listenTo(network.connect("ws://test", []));
    await settled();
    expect(refused).toEqual([1006]);
    expect(welcome).toEqual(["open"]);
    expect(accepted).toHaveBeenCalledOnce();
  });

  it("is told 1006 when the server terminates it before it was let in", async () => {
    const network = createMemoryNetwork();
    network.listen((socket) => socket.terminate());
    const told = listenTo(network.connect("ws://test", []));
    await settled();
    expect(told).toEqual([1006]);
    expect(network.leftovers()).toEqual([]);
  });

  it("is told 1006 when the server throws instead of letting it in, and the process hears why", async () => {
    const network = createMemoryNetwork();
    network.listen(() => {
      throw new Error("a bug in a server");
    });
    const errors: unknown[] = [];
    const others = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    process.on("uncaughtException", (error) => errors.push(error));
    const told = listenTo(network.connect("ws://test", []));
    await settled();
    process.removeAllListeners("uncaughtException");
    for (const other of others) process.on("uncaughtException", other);
    expect(told).toEqual([1006]);
    expect(errors).toEqual([new Error("a bug in a server")]);
    expect(network.leftovers()).toEqual([]);
  });

  it("hears nothing while the network hangs, and gets in when that ends", async () => {
    const network = createMemoryNetwork();
    const accepted = vi.fn();
    network.listen(accepted);
    network.hang(true);
    const patient = listenTo(network.connect("ws://test", []));
    const impatient = network.connect("ws://test", []);
    const told = listenTo(impatient);
    await settled();
    expect(patient).toEqual([]);
    impatient.terminate();
    await settled();
    expect(told).toEqual([1006]);
    network.hang(false);
    await settled();
    expect(patient).toEqual(["open"]);
    expect(accepted).toHaveBeenCalledOnce();
  });

  it("may give up before it is open, by close as well, and the server sees it go", async () => {
    const clock = createManualClock();
    const network = createMemoryNetwork({ clock, latencyMs: 50 });
    const toServer: unknown[][] = [];
    network.listen((socket) => void toServer.push(listenTo(socket)));
    const client = network.connect("ws://test", []);
    const told = listenTo(client);
    await clock.advanceAsync(60);
    client.close(1000);
    await clock.advanceAsync(60);
    expect(told).toEqual([1006]);
    expect(toServer).toEqual([[1006]]);
    expect([...network.leftovers(), ...clock.leftovers()]).toEqual([]);
  });
});

describe("a listener", () => {
  it("is alone", () => {
    const network = createMemoryNetwork();
    network.listen(() => {});
    expect(() => network.listen(() => {})).toThrow("something listens already");
  });

  it("keeps the sockets it accepted when it stops", async () => {
    const network = createMemoryNetwork();
    const stop = network.listen((socket) => {
      socket.start({ frame: (frame) => socket.send(frame), close() {} });
    });
    const client = network.connect("ws://test", []);
    const told = listenTo(client);
    await settled();
    stop();
    client.send("still here");
    await settled();
    expect(told).toEqual(["open", "still here"]);
  });
});

describe("the sockets of a network", () => {
  it("are listed while an end is alive, with their ends and commands", async () => {
    const network = createMemoryNetwork();
    const accepted: Socket[] = [];
    network.listen((socket) => void accepted.push(socket));
    const first = network.connect("ws://test/1", []);
    const second = network.connect("ws://test/2", []);
    await settled();
    expect(network.sockets.map(({ url, client, server }) => [url, client, server])).toEqual([
      ["ws://test/1", first, accepted[0]],
      ["ws://test/2", second, accepted[1]],
    ]);
    const told = listenTo(second);
    network.sockets[1]!.network.cut();
    await settled();
    expect(told).toEqual(["open", 1006]);
    expect(network.sockets.map(({ url }) => url)).toEqual(["ws://test/1"]);
  });

  it("are all cut by cutAll, and new ones may be dialled", async () => {
    const network = createMemoryNetwork();
    const toServer: unknown[][] = [];
    network.listen((socket) => void toServer.push(listenTo(socket)));
    const clients = [1, 2, 3].map((n) => listenTo(network.connect(`ws://test/${n}`, [])));
    await settled();
    network.cutAll();
    expect(network.sockets).toEqual([]);
    await settled();
    expect(clients).toEqual(Array(3).fill(["open", 1006]));
    expect(toServer).toEqual(Array(3).fill([1006]));
    const again = listenTo(network.connect("ws://test", []));
    await settled();
    expect(again).toEqual(["open"]);
  });

  it("are leftovers, end by end, until both are closed", async () => {
    const network = createMemoryNetwork();
    network.listen(() => {});
    const client = network.connect("ws://test/line", []);
    expect(network.leftovers()).toEqual(["client socket to ws://test/line is connecting"]);
    await settled();
    expect(network.leftovers()).toEqual([
      "client socket to ws://test/line is open",
      "server socket from ws://test/line is open",
    ]);
    network.sockets[0]!.network.blackHole();
    client.close(1000);
    await settled();
    expect(network.leftovers()[0]).toBe("client socket to ws://test/line is closing");
    client.terminate();
    await settled();
    expect(network.leftovers()).toEqual(["server socket from ws://test/line is open"]);
    network.sockets[0]!.network.heal();
    await settled();
    expect(network.leftovers()).toEqual([]);
    expect(network.sockets).toEqual([]);
  });
});
