import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import type { Socket } from "@tautline/contracts/runtime";
import { until } from "@tautline/testing";
import { afterEach, expect, it } from "vitest";
import { createAcceptor } from "./ws.js";

const opened: (() => unknown)[] = [];
afterEach(() => {
  for (const close of opened.splice(0)) close();
});

/** A frame with a mask of zeros. RFC 6455 §5.2 */
const frame = (first: number, payload = "") =>
  Buffer.concat([Buffer.from([first, 0x80 | payload.length, 0, 0, 0, 0]), Buffer.from(payload)]);
const ping = (payload = "") => frame(0x89, payload);
const pong = (payload: string) =>
  Buffer.concat([Buffer.from([0x8a, payload.length]), Buffer.from(payload)]);

const handshake = (version = 13) =>
  "Host: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
  `Sec-WebSocket-Version: ${version}\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`;

/** Whoever asked with `request`, and what the acceptor made of it. */
async function asked(request: string) {
  const acceptor = createAcceptor({ maxFrameBytes: 1_000 });
  const http = createServer().listen(0, "127.0.0.1");
  opened.push(() => http.close());
  await once(http, "listening");
  const told: unknown[] = [];
  let socket: Socket | undefined;
  http.on("upgrade", (request, stream, head) =>
    acceptor.accept(request, stream, head, {
      socket(accepted) {
        socket = accepted;
        socket.start({
          frame: (text) => told.push(text),
          control: () => told.push("a control frame"),
          close: (code, reason) => told.push([code, reason]),
        });
      },
      refused(status) {
        told.push(status);
        stream.destroy();
      },
    }),
  );

  const peer = connect((http.address() as AddressInfo).port, "127.0.0.1");
  opened.push(() => peer.destroy());
  let heard = Buffer.alloc(0);
  peer.on("data", (bytes) => {
    heard = Buffer.concat([heard, bytes]);
  });
  peer.on("error", () => {});
  peer.write(request);
  await until(() => told.length > 0 || heard.includes("\r\n\r\n"));
  const from = heard.indexOf("\r\n\r\n") + 4;
  return { socket: socket!, peer, told, heard: () => heard.subarray(from) };
}

/** A socket that was accepted, what its owner is told, and its peer's bare connection. */
const accepted = () => asked(`GET / HTTP/1.1\r\n${handshake()}`);

it.each([
  [405, "POST", "HTTP/1.1", 13],
  [400, "GET", "HTTP/1.0", 13],
  [426, "GET", "HTTP/1.1", 8],
  [426, "GET", "HTTP/1.1", 14],
])("refuses with %i what ws would let through: %s %s, version %i", async (...row) => {
  const [status, method, http, version] = row;
  const { told } = await asked(`${method} / ${http}\r\n${handshake(version)}`);
  expect(told).toEqual([status]);
});

it("says what ws refuses, rather than let it go unheard", async () => {
  const { told } = await asked(`GET / HTTP/1.1\r\n${handshake().replace("bXBsZSB", "")}`);
  expect(told).toEqual([400]);
});

it("answers a ping with what it carried, and tells its owner of it", async () => {
  const { peer, told, heard } = await accepted();
  peer.write(ping("still there?"));
  await until(() => heard().equals(pong("still there?")));
  expect(told).toEqual(["a control frame"]);
});

it("answers a flood of pings once a turn, the latest of them, and tells of each", async () => {
  const { peer, told, heard } = await accepted();
  peer.write(Buffer.concat([...Array.from({ length: 5_000 }, () => ping("x")), ping("last")]));
  await until(() => heard().includes(pong("last")));
  expect(told).toHaveLength(5_001);
  expect(heard().length).toBeLessThan(100 * pong("x").length);
});

it("tells of a pong that nobody asked for, and answers nothing", async () => {
  const { peer, told, heard } = await accepted();
  peer.write(Buffer.concat([frame(0x8a, "x"), frame(0x81, "text")]));
  await until(() => told.length === 2);
  expect(told).toEqual(["a control frame", "text"]);
  expect(heard()).toHaveLength(0);
});

it.each([
  ["a reserved bit", frame(0xc1, "x"), 1002, "Invalid WebSocket frame: RSV1 must be clear"],
  ["an unknown opcode", frame(0x83), 1002, "Invalid WebSocket frame: invalid opcode 3"],
  [
    "no UTF-8",
    Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0xff]),
    1007,
    "Invalid WebSocket frame: invalid UTF-8 sequence",
  ],
  ["too many bytes", Buffer.from([0x81, 0xfe, 0xff, 0xff]), 1009, "Max payload size exceeded"],
  [
    "too many pieces",
    Buffer.concat([frame(0x01), ...Array.from({ length: 1_100 }, () => frame(0x00))]),
    1008,
    "Too many message fragments",
  ],
])("tells the code and what was wrong of a frame with %s", async (_what, bytes, code, reason) => {
  const { peer, told } = await accepted();
  peer.write(bytes);
  const [ending] = await until(() => told.length > 0 && told);
  expect(ending).toEqual([code, reason]);
});

it("tells 1006 of a peer that is gone", async () => {
  const { peer, told } = await accepted();
  peer.resetAndDestroy();
  await until(() => told.length > 0);
  expect(told).toEqual([[1006, ""]]);
});

it("hears nothing more once it closes", async () => {
  const { socket, peer, told, heard } = await accepted();
  socket.close(4_500, "Enough");
  await until(() => heard().length > 0);
  peer.write(frame(0x81, "too late"));
  peer.write(frame(0x88, "\x0f\xa0"));
  await until(() => told.length > 0);
  expect(told).toHaveLength(1);
});
