/**
 * Frames that break RFC 6455 §5, §7 and §8.1: each ends its own connection with the code that says
 * why, and the log has the reason.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Arena } from "./arena.js";
import { close, fragments, frame, Opcode, ping, text } from "./frames.js";
import { open } from "./raw-client.js";

let arena: Arena;
let port: number;
beforeAll(async () => {
  arena = await Arena.open();
  port = await arena.start();
  await arena.begin();
});
afterAll(async () => {
  await arena.end("frames that break RFC 6455");
  await arena.close();
});

/** Sends bytes on a welcomed connection, and holds its end to a code, also in the log. */
async function refuses(bytes: Uint8Array, code: number) {
  await arena.log();
  const client = await open(port);
  client.write(bytes);
  expect((await client.ended()).code).toBe(code);
  await arena.settled();
  const { lines, endings } = await arena.log();
  expect(endings).toContain(code);
  expect(
    lines.filter(({ level, fields }) => level === "warn" && fields.code === code),
  ).toHaveLength(1);
}

const utf8 = (...bytes: number[]) => Uint8Array.from(bytes);
const begun = (payload: string | Uint8Array = "") =>
  frame({ opcode: Opcode.text, payload, fin: false });
const continued = (payload: string | Uint8Array, fin = true) =>
  frame({ opcode: Opcode.continuation, payload, fin });
const join = (...frames: readonly Uint8Array[]) => Buffer.concat(frames);

describe("the first bytes of a frame, §5.2", () => {
  it.each([1, 2, 3, 4, 5, 6, 7])("with the reserved bits %i end it with 1002", async (rsv) => {
    await refuses(text("PING", { rsv }), 1002);
  });

  it.each([3, 4, 5, 6, 7, 11, 12, 13, 14, 15])(
    "with the opcode %i end it with 1002",
    async (opcode) => {
      await refuses(frame({ opcode, payload: "x" }), 1002);
    },
  );

  it.each([
    ["text", text("PING", { mask: false })],
    ["ping", frame({ opcode: Opcode.ping, mask: false })],
    ["close", frame({ opcode: Opcode.close, mask: false })],
  ])("of a %s frame without a mask end it with 1002, §5.1", async (_what, bytes) => {
    await refuses(bytes, 1002);
  });

  it.each([
    ["one byte over maxFrameBytes", 1_048_577],
    ["four gigabytes", 2 ** 32],
    ["more than a double can count", 2n ** 53n],
    ["the highest number there may be", 2n ** 63n - 1n],
    ["a number whose highest bit must not be set", 2n ** 64n - 1n],
  ])("that announce %s end it with 1009, before a byte of it", async (_what, length) => {
    await refuses(frame({ opcode: Opcode.text, length }), 1009);
  });
});

describe("control frames, §5.5", () => {
  it.each([Opcode.ping, Opcode.pong, Opcode.close])(
    "of 126 bytes end it with 1002: %i",
    async (opcode) => {
      const payload = Buffer.concat([Buffer.of(3, 232), Buffer.alloc(124, "x")]);
      await refuses(frame({ opcode, payload }), 1002);
    },
  );

  it.each([Opcode.ping, Opcode.pong, Opcode.close])(
    "in pieces end it with 1002: %i",
    async (opcode) => {
      await refuses(frame({ opcode, fin: false }), 1002);
    },
  );
});

describe("pieces of a message, §5.4", () => {
  it.each([
    ["a last piece of none", continued("x")],
    ["a first piece of none that goes on", continued("x", false)],
    ["a piece after a whole message", join(text("PING"), continued("x"))],
    ["a message inside of another", join(begun("["), text("PING"))],
    ["a message that begins twice", join(begun("["), begun("["))],
    ["bytes inside of text", join(begun("["), frame({ opcode: Opcode.binary, payload: "x" }))],
    ["a piece with a reserved bit", join(begun("["), frame({ opcode: 0, rsv: 4, payload: "]" }))],
  ])("%s ends it with 1002", async (_what, bytes) => {
    await refuses(bytes, 1002);
  });

  it.each([
    ["a byte each", fragments(" ".repeat(1_025), 1)],
    ["nothing at all", join(begun(), ...Array.from({ length: 1_100 }, () => continued("", false)))],
    [
      "nothing at all, with pings between them",
      join(begun(), ...Array.from({ length: 1_100 }, () => join(ping(), continued("", false)))),
    ],
  ])("beyond 1,024, of %s, end it with 1008", async (_what, bytes) => {
    await refuses(bytes, 1008);
  });

  it("end it with 1009 as soon as they announce more than maxFrameBytes together", async () => {
    const half = Buffer.alloc(524_288, " ");
    const bytes = join(begun(half), continued(half, false), frame({ opcode: 0, length: 1 }));
    await refuses(bytes, 1009);
  });
});

describe("text that is not UTF-8, §8.1, ends it with 1007:", () => {
  it.each([
    ["a byte that never is in UTF-8", utf8(0xff)],
    ["a piece of a character without its beginning", utf8(0x80)],
    ["a character that breaks off", utf8(0xe2, 0x82)],
    ["a longer form than there must be", utf8(0xc0, 0xaf)],
    ["NUL in two bytes", utf8(0xc0, 0x80)],
    ["half of a surrogate pair", utf8(0xed, 0xa0, 0x80)],
    ["both halves, each by itself", utf8(0xed, 0xa1, 0x80, 0xed, 0xb0, 0x80)],
    ["beyond the last character", utf8(0xf4, 0x90, 0x80, 0x80)],
    ["five bytes for one", utf8(0xf8, 0x88, 0x80, 0x80, 0x80)],
  ])("%s", async (_what, bytes) => {
    await refuses(text(bytes), 1007);
    await refuses(join(text("PING"), text(join(Buffer.from('{"a":"'), bytes))), 1007);
  });

  it.each([
    ["in one of the pieces", join(begun("["), continued(utf8(0xff), false), continued("]"))],
    ["broken off between two", join(begun(utf8(0xe2, 0x82)), continued("]"))],
    ["broken off at the end", join(begun("["), continued(utf8(0xe2, 0x82)))],
    ["overlong across two", join(begun(utf8(0xc0)), continued(utf8(0xaf)))],
  ])("%s", async (_what, bytes) => {
    await refuses(bytes, 1007);
  });
});

describe("a closing frame, §7.4", () => {
  it.each([0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535])(
    "with the code %i is answered with 1002",
    async (code) => {
      await refuses(close(code), 1002);
    },
  );

  it("of a single byte is answered with 1002", async () => {
    await refuses(frame({ opcode: Opcode.close, payload: "x" }), 1002);
  });

  it.each([
    ["no UTF-8", utf8(0xc3, 0x28)],
    ["a character that breaks off", utf8(0xf0, 0x9f, 0x98)],
    ["half of a surrogate pair", utf8(0xed, 0xa0, 0x80)],
  ])("with a reason that is %s is answered with 1007", async (_what, reason) => {
    await refuses(close(1000, reason), 1007);
  });
});

describe("what is no frame", () => {
  it.each([
    ["another HTTP request", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"],
    ["zeros", Buffer.alloc(1_000)],
    ["the first bytes of TLS", Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00])],
  ])("%s ends it with 1002", async (_what, bytes) => {
    await refuses(Buffer.from(bytes), 1002);
  });
});

it("bytes, which this version has no use for, end it with 1003", async () => {
  await refuses(frame({ opcode: Opcode.binary, payload: utf8(0, 1, 2) }), 1003);
  await refuses(frame({ opcode: Opcode.binary }), 1003);
});
