/**
 * Frames as they go over the wire. A server's carry no mask, so a frame is a few bytes before what
 * is to be said, and all that is said at once is one buffer: `ws` makes two for each message, which
 * costs a microsecond more of the four that it takes without the kernel. RFC 6455 §5.2
 */
import type { Frame } from "@tautline/contracts/runtime";

// The last frame of a message, and its first: FIN with the opcode. RFC 6455 §11.8
const wholeText = 0x81;
const wholeBinary = 0x82;

/** Messages as the bytes to write, each in one frame. */
export function toBytes(messages: readonly Frame[]): Buffer {
  let size = 0;
  for (const message of messages) {
    const length = lengthOf(message);
    size += headerLength(length) + length;
  }
  const bytes = Buffer.allocUnsafe(size);
  let at = 0;
  for (const message of messages) at = write(message, bytes, at);
  return bytes;
}

function lengthOf(message: Frame): number {
  return typeof message === "string" ? Buffer.byteLength(message) : message.length;
}

// The length takes seven bits, or a mark in their place and two or eight bytes.
function headerLength(length: number): 2 | 4 | 10 {
  if (length < 126) return 2;
  return length < 65_536 ? 4 : 10;
}

/** Writes one frame, and says where the next one begins. */
function write(message: Frame, bytes: Buffer, at: number): number {
  const length = lengthOf(message);
  const header = headerLength(length);
  bytes[at] = typeof message === "string" ? wholeText : wholeBinary;
  if (header === 2) bytes[at + 1] = length;
  else if (header === 4) {
    bytes[at + 1] = 126;
    bytes.writeUInt16BE(length, at + 2);
  } else {
    bytes[at + 1] = 127;
    bytes.writeBigUInt64BE(BigInt(length), at + 2);
  }
  const start = at + header;
  if (typeof message === "string") bytes.write(message, start);
  else bytes.set(message, start);
  return start + length;
}
