/**
 * The writer for applications that bring an encoder: messages are values, and the encoder makes
 * frames of them, so that what no JSON text could carry stays what it is.
 */
import type { RequestId } from "@tautline/contracts/wire";
import type { MessageWriter } from "../connection/writer.js";
import type { Encoder } from "./stock.js";

interface Head {
  readonly id: RequestId | null;
  readonly jsonrpc?: string;
}

/**
 * Creates the writer of one connection.
 *
 * @param failed Told when a message could not be encoded for which there is no other.
 * @param fallback The payload for an error that can not be encoded.
 */
export function createValueWriter(
  encoder: Encoder,
  failed: (cause: unknown) => void,
  fallback: () => unknown,
): MessageWriter<unknown, Head> {
  function attempt(...messages: readonly object[]) {
    for (const message of messages) {
      try {
        return encoder.encode(message);
      } catch (cause) {
        failed(cause);
      }
    }
    return undefined;
  }

  return {
    head: (id, jsonrpc) => (jsonrpc === undefined ? { id } : { id, jsonrpc }),
    started: (head) => encoder.encode({ ...head, result: { type: "started" } }),
    data(head, data, id) {
      const result = id === undefined ? { type: "data", data } : { type: "data", data, id };
      return encoder.encode({ ...head, result });
    },
    stopped: (head) => attempt({ ...head, result: { type: "stopped" } }),
    error: (head, error) => attempt({ ...head, error }, { ...head, error: fallback() }),
  };
}
