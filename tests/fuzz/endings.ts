/**
 * The last thing a client does on a connection: leaves, goes, or breaks RFC 6455. Each says how the
 * server has to end it.
 */
import { close, fragments, frame, json, Opcode, ping, pong, text } from "../hostile/frames.js";
import type { RawClient } from "../hostile/raw-client.js";
import { inTurn, type Random } from "./random.js";

/** An ending and what it comes to. */
export interface Ending {
  readonly name: string;
  /** The code the server has to close with; 1006 where it can not say one. */
  readonly code: number;
  readonly run: (client: RawClient, random: Random) => void;
}

const bytes = (...values: number[]) => Uint8Array.from(values);
const begun = (payload: string | Uint8Array = "") =>
  frame({ opcode: Opcode.text, payload, fin: false });
const continued = (payload: string | Uint8Array, fin = true) =>
  frame({ opcode: Opcode.continuation, payload, fin });

const sends = (
  name: string,
  code: number,
  make: (random: Random) => readonly Uint8Array[],
): Ending => ({ name, code, run: (client, random) => client.write(...make(random)) });

// maxFrameBytes of the server that all of these are sent to.
const maxFrameBytes = 1_048_576;
const notUtf8 = [bytes(0xff), bytes(0xc0, 0xaf), bytes(0xed, 0xa0, 0x80), bytes(0xe2, 0x82)];
const noCodes = [0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65_535];

const endings: readonly Ending[] = [
  sends("a closing frame", 1000, () => [close(1000)]),
  sends("a closing frame of an application", 4321, () => [close(4321, "bye")]),
  sends("a closing frame without a code", 1005, () => [close()]),
  { name: "a reset", code: 1006, run: (client) => client.reset() },
  { name: "half a close", code: 1006, run: (client) => void client.socket.end() },
  {
    name: "a reset in mid-frame",
    code: 1006,
    run(client, random) {
      const whole = text("x".repeat(200));
      client.socket.write(whole.subarray(0, 1 + random.below(whole.length - 1)), () =>
        client.reset(),
      );
    },
  },
  sends("reserved bits", 1002, (random) => [text("PING", { rsv: 1 + random.below(7) })]),
  sends("an unknown opcode", 1002, (random) => [
    frame({ opcode: random.pick([3, 4, 5, 6, 7, 11, 12, 13, 14, 15]) }),
  ]),
  sends("no mask", 1002, () => [text("PING", { mask: false })]),
  sends("a long control frame", 1002, () => [ping("x".repeat(126))]),
  sends("a control frame in pieces", 1002, () => [frame({ opcode: Opcode.ping, fin: false })]),
  sends("a piece of nothing", 1002, () => [continued("x")]),
  sends("a message inside of another", 1002, () => [begun("["), text("]")]),
  sends("a closing frame of one byte", 1002, () => [frame({ opcode: Opcode.close, payload: "x" })]),
  sends("a closing frame with no code", 1002, (random) => [close(random.pick(noCodes))]),
  sends("garbage", 1002, (random) => [
    Buffer.concat([bytes(0x70), ...Array.from({ length: 9 }, () => bytes(random.below(256)))]),
  ]),
  sends("bytes", 1003, () => [frame({ opcode: Opcode.binary, payload: "x" })]),
  sends("no UTF-8", 1007, (random) => [text(random.pick(notUtf8))]),
  sends("no UTF-8 in pieces", 1007, (random) => [begun("["), continued(random.pick(notUtf8))]),
  sends("a reason that is no UTF-8", 1007, (random) => [close(1000, random.pick(notUtf8))]),
  sends("a thousand empty pieces", 1008, () => [
    begun(),
    Buffer.concat(new Array<Uint8Array>(1_030).fill(continued("", false))),
  ]),
  sends("a frame too large", 1009, (random) => [
    frame({ opcode: Opcode.text, length: maxFrameBytes + 1 + random.below(1e9) }),
  ]),
  sends("a frame beyond counting", 1009, () => [frame({ opcode: Opcode.text, length: 2n ** 63n })]),
  sends("pieces too large together", 1009, () => [
    begun("x"),
    frame({ opcode: 0, length: maxFrameBytes }),
  ]),
  sends("a flood of pings", 4003, () => [Buffer.concat(new Array(400).fill(ping("x")))]),
  sends("a flood of pongs", 4003, () => [Buffer.concat(new Array(400).fill(pong()))]),
  sends("a flood of PING", 4003, () => [Buffer.concat(new Array(400).fill(text("PING")))]),
  sends("a flood of cancels", 4003, () => [
    json(new Array(400).fill({ id: "never", method: "cancel" })),
  ]),
];

const isFlood = ({ code }: Ending) => code === 4003;
const isPolite = (code: number) => code === 1000 || code === 1005 || code === 4321;

/** Takes an ending of each code in turn. */
export const takeEnding = inTurn(
  endings.filter((ending) => !isFlood(ending)),
  ({ code }) => (isPolite(code) ? "polite" : code),
);
/** Floods are for servers with a rate that can be exceeded. */
export const takeFlood = inTurn(endings.filter(isFlood), ({ code }) => code);

/** A text frame, in one of the many ways in which it may travel. */
export function wrapped(random: Random, message: string): Uint8Array {
  const kind = random.next();
  if (kind < 0.8) return text(message);
  if (kind < 0.9) {
    const between = random.chance(0.5) ? [ping("x"), pong()] : [];
    // A thousand pieces, where there may be 1,024.
    const least = 1 + Math.ceil(Buffer.byteLength(message) / 1_000);
    return fragments(
      message,
      random.chance(0.5) ? least : least + random.below(message.length + 1),
      between,
    );
  }
  const mask = random.pick([bytes(0, 0, 0, 0), bytes(255, 255, 255, 255), bytes(1, 2, 3, 4)]);
  return text(message, { mask, lengthBits: 64 });
}
