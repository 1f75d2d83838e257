import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { ClientSocket, Frame } from "@tautline/contracts/runtime";
import { until } from "@tautline/testing";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import * as browser from "./browser.js";
import * as node from "./node.js";

let server: WebSocketServer;
let url: string;
/** The server's ends, and what they heard. */
let peers: { socket: WebSocket; heard: string[]; closed?: string }[] = [];

beforeAll(async () => {
  server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  server.on("connection", (socket) => {
    const peer: (typeof peers)[number] = { socket, heard: [] };
    peers.push(peer);
    socket.on("message", (data) => peer.heard.push(String(data)));
    socket.on("close", (code, reason) => {
      peer.closed = `${code} ${reason}`;
    });
    socket.on("error", () => {});
  });
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  url = typeof address === "object" ? `ws://127.0.0.1:${address?.port}` : "";
  // On Node the browser's adapter is tried on the WebSocket of `ws`, which has the same interface.
  vi.stubGlobal("WebSocket", WebSocket);
});
afterEach(() => {
  for (const { socket } of peers) socket.terminate();
  peers = [];
});
afterAll(() => {
  vi.unstubAllGlobals();
  server.close();
});

type Open = (url: string, protocols: readonly string[]) => ClientSocket;
const adapters: [string, Open][] = [
  ["a browser", browser.openSocket],
  ["Node", (at, protocols) => node.openSocket(at, protocols, 100)],
];

/** Opens a socket and notes what it tells. */
function start(open: Open, at = url, protocols: string[] = []) {
  const told: (Frame | string)[] = [];
  const socket = open(at, protocols);
  socket.start({
    open: () => told.push("open"),
    frame: (frame) => told.push(frame),
    close: (code, reason) => told.push(`close ${code} ${reason}`),
  });
  return { socket, told };
}

describe.each(adapters)("a socket of %s", (name, open) => {
  it("carries frames both ways, and agrees on a subprotocol", async () => {
    const { socket, told } = start(open, url, ["tautline.1"]);
    socket.send("too early");
    await until(() => told.includes("open"));
    expect(socket.protocol).toBe("tautline.1");
    socket.send("ä");
    socket.send("b");
    socket.send("c");
    peers[0]!.socket.send("hello");
    peers[0]!.socket.send(new Uint8Array([1, 2]));
    await until(() => told.length === 3 && peers[0]!.heard.length === 3);
    expect(told.slice(0, 2)).toEqual(["open", "hello"]);
    expect([...(told[2] as Uint8Array)]).toEqual([1, 2]);
    expect(peers[0]!.heard).toEqual(["ä", "b", "c"]);
  });

  it("closes with the code given, and is told it", async () => {
    const { socket, told } = start(open);
    await until(() => told.includes("open"));
    socket.close(4503, "Done");
    await until(() => peers[0]!.closed && told.length === 2);
    expect(peers[0]!.closed).toBe("4503 Done");
    expect(told[1]).toBe("close 4503 Done");
    socket.send("late");
    socket.close(4503);
    socket.terminate();
    expect(told).toHaveLength(2);
  });

  it("cuts a reason to the 123 bytes a close frame holds, between two characters", async () => {
    const { socket, told } = start(open);
    await until(() => told.includes("open"));
    socket.close(4500, `x${"é".repeat(200)}`);
    await until(() => peers[0]!.closed);
    expect(peers[0]!.closed).toBe(`4500 x${"é".repeat(61)}`);
  });

  it("is told how the server closed", async () => {
    const { told } = start(open);
    await until(() => told.includes("open"));
    peers[0]!.socket.close(4000, "Draining");
    await until(() => told.length === 2);
    expect(told[1]).toBe("close 4000 Draining");
  });

  it("is told 1006, once, when nobody answers, and where that can be known, why", async () => {
    const { told } = start(open, "ws://127.0.0.1:1");
    await until(() => told.length > 0);
    const why = name === "Node" ? "connect ECONNREFUSED 127.0.0.1:1" : "";
    expect(told).toEqual([`close 1006 ${why}`]);
  });

  it("can be given up before it is open", async () => {
    const { socket, told } = start(open);
    socket.terminate();
    await until(() => told.length > 0);
    expect(told).toEqual(["close 1006 "]);
  });

  it("is dropped without waiting for the server", async () => {
    const { socket, told } = start(open);
    await until(() => told.includes("open"));
    peers[0]!.socket.pause();
    socket.terminate();
    await until(() => told.length === 2);
    expect(told[1]).toBe("close 1006 ");
  });

  it("throws on an address that is none", () => {
    expect(() => open("nowhere", [])).toThrow(SyntaxError);
  });

  if (name === "a browser") {
    it("says 4500 for the codes a page may not send", async () => {
      const { socket, told } = start(open);
      await until(() => told.includes("open"));
      socket.close(1003, "Binary");
      await until(() => peers[0]!.closed);
      expect(peers[0]!.closed).toBe("4500 Binary");
    });
  } else {
    it("closes with 1009 on a frame that is too large", async () => {
      const { told } = start(open);
      await until(() => told.includes("open"));
      peers[0]!.socket.send("x".repeat(101));
      await until(() => peers[0]!.closed && told.length === 2);
      expect(peers[0]!.closed).toContain("1009");
      expect(told[1]).toBe("close 1009 Max payload size exceeded");
    });

    it("is told why there was no upgrade", async () => {
      const http = createServer((_, response) => response.writeHead(404).end());
      await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
      const { told } = start(open, `ws://127.0.0.1:${(http.address() as AddressInfo).port}`);
      await until(() => told.length > 0);
      expect(told).toEqual(["close 1006 Unexpected server response: 404"]);
      http.close();
    });

    it("survives a server that breaks the protocol of WebSocket itself", async () => {
      const { told } = start(open);
      await until(() => told.includes("open"));
      (peers[0]!.socket as any)._socket.write(Buffer.from([0xff, 0xff, 0xff]));
      await until(() => told.length === 2);
      expect(told[1]).toMatch(/^close 1002 Invalid WebSocket frame/);
    });
  }
});

describe("watching the network", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("of a browser looks when it is online again, and when the page is shown", () => {
    const page = Object.assign(new EventTarget(), { hidden: true });
    const global = new EventTarget();
    vi.stubGlobal("document", page);
    vi.stubGlobal("addEventListener", global.addEventListener.bind(global));
    vi.stubGlobal("removeEventListener", global.removeEventListener.bind(global));
    let looks = 0;
    const stop = browser.watchNetwork(() => looks++);
    global.dispatchEvent(new Event("online"));
    expect(looks).toBe(1);
    page.dispatchEvent(new Event("visibilitychange"));
    expect(looks).toBe(1);
    page.hidden = false;
    page.dispatchEvent(new Event("visibilitychange"));
    expect(looks).toBe(2);
    stop();
    global.dispatchEvent(new Event("online"));
    page.dispatchEvent(new Event("visibilitychange"));
    expect(looks).toBe(2);
  });

  it("does no harm where there is neither a page nor events, nor on Node", () => {
    browser.watchNetwork(() => {})();
    node.watchNetwork(() => {})();
  });
});
