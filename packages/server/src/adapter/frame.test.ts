import type { Writable } from "node:stream";
import { expect, it } from "vitest";
import * as ws from "ws";
import { toBytes } from "./frame.js";

// ws exports its reader of frames, but its type declarations do not know of it.
const { Receiver } = ws as unknown as {
  readonly Receiver: new (options: { readonly isServer: boolean }) => Writable;
};

/** What a peer makes of the bytes. */
function read(bytes: Buffer) {
  const messages: unknown[] = [];
  const receiver = new Receiver({ isServer: false });
  receiver.on("message", (data: Buffer, isBinary: boolean) =>
    messages.push(isBinary ? new Uint8Array(data) : data.toString()),
  );
  receiver.write(bytes);
  return messages;
}

it.each([
  ["nothing", ""],
  ["the longest with a length of seven bits", "x".repeat(125)],
  ["the shortest with a length of two bytes", "x".repeat(126)],
  ["the longest with a length of two bytes", "x".repeat(65_535)],
  ["the shortest with a length of eight bytes", "x".repeat(65_536)],
  ["what takes more bytes than characters", "é漢😀".repeat(30)],
  ["bytes", new Uint8Array([0, 255, 129])],
])("writes %s", (_what, message) => {
  expect(read(toBytes([message]))).toEqual([message]);
});

it("writes the frames that RFC 6455 §5.7 gives as examples", () => {
  expect(toBytes(["Hello"]).toString("hex")).toBe("810548656c6c6f");
  expect(
    toBytes([new Uint8Array(256)])
      .subarray(0, 4)
      .toString("hex"),
  ).toBe("827e0100");
  expect(
    toBytes([new Uint8Array(65_536)])
      .subarray(0, 10)
      .toString("hex"),
  ).toBe("827f0000000000010000");
});

it("writes several messages in order", () => {
  const messages = ["one", "", new Uint8Array([1]), "é"];
  expect(read(toBytes(messages))).toEqual(messages);
});

it("writes half of a surrogate pair as a stranger's reader takes it", () => {
  expect(read(toBytes(["\ud800", "after"]))).toEqual(["\ufffd", "after"]);
});
