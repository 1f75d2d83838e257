/**
 * WebSocket frames by hand, wrong ones too: every bit of RFC 6455 §5.2 can be set as no library
 * would. A client's frames are masked unless a test says otherwise.
 */

/** What the second nibble of a frame says. RFC 6455 §5.2 */
export const Opcode = {
  continuation: 0x0,
  text: 0x1,
  binary: 0x2,
  close: 0x8,
  ping: 0x9,
  pong: 0xa,
} as const;

/** One frame; what is left out is as it should be. */
export interface FrameParts {
  readonly opcode: number;
  readonly payload?: string | Uint8Array;
  /** Whether it is the last one of its message. @default true */
  readonly fin?: boolean;
  /** The three reserved bits, RSV1 being 4. @default 0 */
  readonly rsv?: number;
  /** Four bytes, or false for a frame without a mask. @default some bytes */
  readonly mask?: Uint8Array | false;
  /** The length that is written, whatever the payload has. */
  readonly length?: number | bigint;
  /** The bits it is written in. @default as few as hold it */
  readonly lengthBits?: 7 | 16 | 64;
}

const anyMask = Uint8Array.of(0x37, 0xfa, 0x21, 0x3d);

/** The bytes of one frame. */
export function frame(parts: FrameParts): Buffer {
  const { opcode, fin = true, rsv = 0, mask = anyMask } = parts;
  const payload = Buffer.from(parts.payload ?? ""); // a copy: it is masked in place
  const length = parts.length ?? payload.length;
  const head = Buffer.concat([
    Buffer.of((fin ? 0x80 : 0) | (rsv << 4) | opcode),
    lengthOf(length, parts.lengthBits ?? bitsFor(length), mask !== false),
    mask === false ? Buffer.alloc(0) : mask,
  ]);
  if (mask !== false) for (let i = 0; i < payload.length; i++) payload[i]! ^= mask[i % 4]!;
  return Buffer.concat([head, payload]);
}

function bitsFor(length: number | bigint) {
  if (length < 126) return 7;
  return length < 65_536 ? 16 : 64;
}

function lengthOf(length: number | bigint, bits: 7 | 16 | 64, masked: boolean): Buffer {
  const maskBit = masked ? 0x80 : 0;
  if (bits === 7) return Buffer.of(maskBit | Number(length));
  const bytes = Buffer.alloc(bits === 16 ? 3 : 9);
  bytes[0] = maskBit | (bits === 16 ? 126 : 127);
  if (bits === 16) bytes.writeUInt16BE(Number(length), 1);
  else bytes.writeBigUInt64BE(BigInt(length), 1);
  return bytes;
}

/** A whole text message. */
export const text = (payload: string | Uint8Array, more: Partial<FrameParts> = {}) =>
  frame({ opcode: Opcode.text, payload, ...more });

/** A message as JSON: one, or an array of several. */
export const json = (message: unknown) => text(JSON.stringify(message));

/** A control frame. */
export const ping = (payload: string | Uint8Array = "") => frame({ opcode: Opcode.ping, payload });
/** Another. */
export const pong = (payload: string | Uint8Array = "") => frame({ opcode: Opcode.pong, payload });

/** A closing frame, with a code and a reason or empty. RFC 6455 §5.5.1 */
export function close(code?: number, reason: string | Uint8Array = ""): Buffer {
  if (code === undefined) return frame({ opcode: Opcode.close });
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(code);
  return frame({ opcode: Opcode.close, payload: Buffer.concat([bytes, Buffer.from(reason)]) });
}

/** A message in pieces of so many bytes each, with something between them. RFC 6455 §5.4 */
export function fragments(
  message: string | Uint8Array,
  size: number,
  between: readonly Uint8Array[] = [],
): Buffer {
  const bytes = Buffer.from(message);
  const count = Math.max(1, Math.ceil(bytes.length / size));
  return Buffer.concat(
    Array.from({ length: count }, (_, i) => [
      ...(i === 0 ? [] : between),
      frame({
        opcode: i === 0 ? Opcode.text : Opcode.continuation,
        payload: bytes.subarray(i * size, (i + 1) * size),
        fin: i === count - 1,
      }),
    ]).flat(),
  );
}

/** A frame as a server sends it. */
export interface HeardFrame {
  readonly opcode: number;
  readonly fin: boolean;
  readonly rsv: number;
  readonly masked: boolean;
  readonly payload: Buffer;
}

/** Takes the frames that are complete, and what is left over. */
export function readFrames(bytes: Buffer): {
  readonly frames: HeardFrame[];
  readonly rest: Buffer;
} {
  const frames: HeardFrame[] = [];
  let at = 0;
  for (;;) {
    const read = readFrame(bytes, at);
    if (read === undefined) return { frames, rest: bytes.subarray(at) };
    frames.push(read.frame);
    at = read.end;
  }
}

function readFrame(bytes: Buffer, start: number) {
  if (bytes.length < start + 2) return undefined;
  const [first, second] = [bytes[start]!, bytes[start + 1]!];
  const masked = (second & 0x80) !== 0;
  const short = second & 0x7f;
  const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
  const from = start + 2 + lengthBytes + (masked ? 4 : 0);
  if (bytes.length < from) return undefined;
  let length = short;
  if (short === 126) length = bytes.readUInt16BE(start + 2);
  if (short === 127) length = Number(bytes.readBigUInt64BE(start + 2));
  const end = from + length;
  if (bytes.length < end) return undefined;
  const frame: HeardFrame = {
    opcode: first & 0x0f,
    fin: (first & 0x80) !== 0,
    rsv: (first >> 4) & 7,
    masked,
    payload: bytes.subarray(from, end),
  };
  return { frame, end };
}
