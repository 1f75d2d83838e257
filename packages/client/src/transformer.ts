/** How values become JSON text, and come back. Both ends must agree on it. PROTOCOL.md §1.1 */
import { readValue, stringifyValue } from "@tautline/contracts/wire";

/** One direction of a transformer, as tRPC has it. */
export interface DataTransformer {
  serialize(value: any): any;
  deserialize(value: any): any;
}

/** A transformer as tRPC takes it: one for both directions, or one for each. */
export type Transformer =
  | DataTransformer
  | { readonly input: DataTransformer; readonly output: DataTransformer };

/** What the client does with a transformer. */
export interface Codec {
  /** The value as JSON text; nothing when JSON has no text for it. */
  encode(value: unknown): string | undefined;
  decode(encoded: unknown): unknown;
}

/**
 * Chooses the codec.
 *
 * @param transformer Left out: superjson's form, by a codec of our own. `"none"`: plain JSON.
 */
export function toCodec(transformer: Transformer | "none" | undefined): Codec {
  if (!transformer) return { encode: stringifyValue, decode: readValue };
  if (transformer === "none") return { encode: JSON.stringify, decode: (encoded) => encoded };
  const { input, output } =
    "input" in transformer ? transformer : { input: transformer, output: transformer };
  return {
    encode: (value) => JSON.stringify(input.serialize(value)),
    decode: (encoded) => output.deserialize(encoded),
  };
}
