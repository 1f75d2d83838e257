import { connect } from "node:net";
import { until } from "@tautline/testing";
import { afterEach, describe, expect, it } from "vitest";
import { listenForUpgrades } from "./listen.js";

const opened: (() => unknown)[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((close) => close()));
});

/** Listens, sends `text`, and says what came back when the port had ended it, and what was told. */
async function talk(text: string, requestTimeoutMs = 60_000) {
  const told: (string | undefined)[] = [];
  const listening = await listenForUpgrades(0, "127.0.0.1", {
    upgrade: (_request, stream) => stream.end("upgraded"),
    requestTimeoutMs,
    onError: () => told.push("an error"),
    onBadRequest: (_error, remoteAddress) => told.push(remoteAddress),
  });
  const socket = connect(listening.port, "127.0.0.1");
  opened.push(listening.stop, () => socket.destroy());
  let heard = "";
  let ended = false;
  socket.setEncoding("latin1").on("data", (part) => {
    heard += part;
  });
  socket.on("error", () => {});
  socket.on("close", () => {
    ended = true;
  });
  socket.write(text);
  await until(() => ended);
  return { status: heard.split("\r\n")[0], told };
}

describe("a port of its own", () => {
  it.each([
    ["nothing", ""],
    ["half a request line", "GET / HT"],
    ["half of the headers", "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: web"],
  ])("waits for a request as long as it was told, not for ever: %s", async (_what, text) => {
    const { status, told } = await talk(text, 50);
    expect(status).toBe("HTTP/1.1 408 Request Timeout");
    expect(told).toEqual(["127.0.0.1"]);
  });

  it.each([
    ["HTTP/1.1 400 Bad Request", "\x16\x03\x01 is how TLS begins\r\n\r\n"],
    ["HTTP/1.1 400 Bad Request", "GET / HTTP/1.1\nHost: localhost\n\n"],
    [
      "HTTP/1.1 431 Request Header Fields Too Large",
      `GET / HTTP/1.1\r\nX: ${"x".repeat(20_000)}\r\n\r\n`,
    ],
  ])("answers %s and tells of it", async (line, text) => {
    const { status, told } = await talk(text);
    expect(status).toBe(line);
    expect(told).toEqual(["127.0.0.1"]);
  });

  it("keeps nobody who has no upgrade to ask for", async () => {
    const request = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n";
    const { status, told } = await talk(request);
    expect(status).toBe("HTTP/1.1 426 Upgrade Required");
    expect(told).toEqual([]);
  });

  it("may wait without a limit", async () => {
    const { status } = await talk("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", Infinity);
    expect(status).toBe("HTTP/1.1 426 Upgrade Required");
  });
});
