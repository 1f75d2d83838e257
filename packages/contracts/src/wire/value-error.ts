/**
 * The one error of decoding, in a file of its own because every part of the codec throws it and
 * a server tells it apart from its own mistakes by class.
 */

/**
 * What was received is not a value this end accepts. The message is one sentence that is safe to
 * send back; a server answers with `BAD_REQUEST`. PROTOCOL.md §1.1
 */
export class ValueCodecError extends Error {
  override readonly name = "ValueCodecError";
}

/** Ends decoding. `what` completes "Cannot decode …". */
export function refuse(what: string, cause?: unknown): never {
  throw new ValueCodecError(`Cannot decode ${what}`, { cause });
}

/** Quotes a name that a stranger chose, cut so that an answer or a log line stays short. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}…` : text);
}
