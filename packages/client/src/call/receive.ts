/** What an answer means for its call: it is decoded, and the call settles or goes on. */
import { appErrorOf } from "@tautline/contracts";
import type { Failure, Result } from "@tautline/contracts/wire";
import type { Call } from "./call.js";
import { type AnyCallError, toUnreadable } from "./call-error.js";
import type { Calls } from "./calls.js";

/** How answers are read. `Served` is what the server told of its contract. */
export interface Decoding<Served> {
  decode(encoded: unknown): unknown;
  /** The error of a failure. */
  toError(encoded: unknown, path: string | undefined, served: Served | undefined): AnyCallError;
}

/** Creates what is called for every answer to a call that has not settled. */
export function createReceiver<Served>(calls: Calls, { decode, toError }: Decoding<Served>) {
  function failed(call: Call, encoded: unknown, served: Served | undefined) {
    const error = toError(encoded, call.path, served);
    const code = appErrorOf(error)?.code;
    // Cut off for being slow: it goes on after what it has read.
    const isCut = code === "OVERFLOW" && call.lastEventId !== undefined;
    const isRefused = code === "TOO_MANY_CALLS" || code === "RATE_LIMITED";
    if (isRefused) {
      // What left before the limits were told says nothing of the room there is within them.
      if (!call.early) call.route?.refused(call, code === "RATE_LIMITED");
      call.refusal = error;
      if (!call.first) call.id = 0; // it has not run, unless in a session before
    }
    if (isCut || isRefused) calls.again([call]);
    else if (calls.settle(call)) call.reader.fail(error);
  }

  return (call: Call, answer: Result | Failure, served: Served | undefined) => {
    if ("error" in answer) return failed(call, answer.error, served);
    const { type, data, id, tracked } = answer.result as Partial<Record<string, unknown>>;
    const isSubscription = call.kind === "subscription";
    if (isSubscription && type === "started") {
      call.started = true;
      call.tracked ||= tracked === true;
      return call.reader.begin?.();
    }
    if (isSubscription && type === "stopped") {
      if (calls.settle(call)) call.reader.end?.(true);
      return;
    }
    let value: unknown;
    try {
      value = decode(data);
    } catch (error) {
      return calls.refuse(call, toUnreadable(call.path, error));
    }
    const eventId = id === undefined ? undefined : String(id);
    if (!isSubscription) calls.settle(call);
    else call.lastEventId = eventId ?? call.lastEventId;
    call.reader.next(value, eventId);
  };
}
