/**
 * Encoders: what turns messages into frames and back, where an application does not want JSON.
 */
import type { Encoder } from "./stock.js";

/** JSON in text frames: what is spoken when no encoder is given. */
export const jsonEncoder: Encoder = {
  encode: (message) => JSON.stringify(message),
  decode(frame) {
    if (typeof frame === "string") return JSON.parse(frame);
    // Tests of applications look for how tRPC's sentence begins.
    throw new Error(
      "jsonEncoder received binary data, but reads text: give both ends an encoder of bytes",
    );
  },
};
