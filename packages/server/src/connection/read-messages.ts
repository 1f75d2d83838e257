/**
 * Reading: what a frame of JSON says, message by message. Nothing but shapes is looked at, and
 * nothing is taken for granted of what a stranger sent. PROTOCOL.md §1, §8
 */
import {
  type ClientMessage,
  checkJson,
  checkJsonValue,
  holdsProtoKey,
  type JsonLimits,
  type Limits,
  type Malformed,
  mayHoldProtoKey,
  protoKeyRefusal,
  readClientMessage,
} from "@tautline/contracts/wire";

/** What reading is bounded by. */
export interface ReadingLimits extends JsonLimits, Pick<Limits, "maxPathLength"> {}

/** The part of a server's limits that concerns reading, by the names it has there. */
export function toReadingLimits(limits: Limits): ReadingLimits {
  const { maxJsonDepth: maxDepth, maxJsonNodes: maxNodes, maxPathLength } = limits;
  return { maxDepth, maxNodes, maxPathLength };
}

/** Reads a frame into its messages, in order. `undefined` for text that is no JSON. */
export function readMessages(
  text: string,
  limits: ReadingLimits,
): readonly (ClientMessage | Malformed)[] | undefined {
  // Of the frame as a whole, at next to no cost. Messages that share a frame must not be refused
  // for each other's sake, so only if it exceeds a limit are they looked at one by one.
  const isHeavy = checkJson(text, limits) !== undefined;
  const isSuspect = mayHoldProtoKey(text);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const read = (entry: unknown) => {
    const message = readClientMessage(entry, limits);
    const problem =
      (isHeavy ? checkJsonValue(entry, limits) : undefined) ??
      (isSuspect && holdsProtoKey(entry) ? protoKeyRefusal : undefined);
    return problem === undefined ? message : withoutMeaning(message, problem);
  };
  return Array.isArray(value) ? value.map(read) : [read(value)];
}

/** What is left of a message that must not be looked at any more: whom to tell. */
function withoutMeaning(message: ClientMessage | Malformed, reason: string): Malformed {
  const id = "id" in message ? message.id : null;
  return { method: "malformed", id, reason, unknownMethod: false };
}
