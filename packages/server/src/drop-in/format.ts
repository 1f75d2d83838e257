/**
 * Formats: how a connection of the drop-in makes frames. Without an encoder, or with the JSON one,
 * messages are joined from JSON texts as everywhere else; any other encoder is given values.
 */
import { jsonWriter, type MessageWriter } from "../connection/writer.js";
import { jsonEncoder } from "./encoder.js";
import type { Encoder } from "./stock.js";
import { createValueWriter } from "./value-writer.js";

/**
 * Reads and writes frames.
 *
 * @typeParam Payload What serialized values become before they are written.
 */
export interface Format<Payload> {
  readonly encoder: Encoder;
  /** May throw. */
  toPayload(serialized: unknown): Payload;
  /** For one connection: `failed` and `fallback` are as in {@link createValueWriter}. */
  createWriter(failed: (cause: unknown) => void, fallback: () => Payload): MessageWriter<Payload>;
}

/** Chooses the format for an encoder. */
export function chooseFormat(encoder: Encoder = jsonEncoder): Format<unknown> {
  return encoder === jsonEncoder ? json : toValueFormat(encoder);
}

// JSON has no word for undefined, and the writer leaves it out.
const json: Format<string | undefined> = {
  encoder: jsonEncoder,
  toPayload: (serialized) => JSON.stringify(serialized),
  createWriter: () => jsonWriter,
};

function toValueFormat(given: Encoder): Format<unknown> {
  const encoder = checked(given);
  return {
    encoder,
    toPayload: (serialized) => serialized,
    createWriter: (failed, fallback) => createValueWriter(encoder, failed, fallback),
  };
}

/** The same encoder, but what it makes that is no frame fails where the call can still be told. */
function checked(encoder: Encoder): Encoder {
  return {
    encode(message) {
      const frame = encoder.encode(message);
      if (typeof frame === "string" || ArrayBuffer.isView(frame)) return frame;
      throw new TypeError(
        `Cannot send a frame of type ${typeof frame}: the encoder's encode() must make text or bytes`,
      );
    },
    decode: (frame) => encoder.decode(frame),
  };
}
