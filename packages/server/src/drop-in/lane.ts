/**
 * The drop-in's only lane: every procedure runs through `callTRPCProcedure`, and what it does wrong
 * is told in tRPC's own words, because tests of applications look for them.
 */
import type { Call } from "../call/call.js";
import type { Lane } from "../call/lane.js";
import { keepLastEventId, withLastEventId } from "../call/last-event-id.js";
import {
  type AnyTRPCRouter,
  callTRPCProcedure,
  getTRPCErrorFromUnknown,
  isObservable,
  observableToAsyncIterable,
  TRPCError,
} from "../trpc.js";
import type { Failures } from "./failures.js";

/**
 * Creates the lane of one connection.
 *
 * @param toPayload Makes a serialized value ready to be written.
 * @param unheard Told of what fails once nobody waits for it any more.
 */
export function createStockLane<Payload>(
  router: AnyTRPCRouter,
  failures: Pick<Failures<Payload>, "encode">,
  toPayload: (serialized: unknown) => Payload,
  unheard: (cause: unknown, call: Call) => void,
): Lane<Payload> {
  const { input, output } = router._def._config.transformer;
  const encode = (value: unknown) => toPayload(output.serialize(value));

  async function invoke(call: Call): Promise<unknown> {
    const { type, path, lastEventId, batchIndex } = call;
    const { signal } = abortedWith(call);
    if (lastEventId !== undefined) {
      keepLastEventId(signal, lastEventId);
      call.rawInput = await withLastEventId(router, path, call.rawInput, lastEventId);
    }
    const getRawInput = async () => call.rawInput;
    const { ctx } = call;
    const options = { router, path, getRawInput, ctx, type, signal, batchIndex };
    const result = await callTRPCProcedure(options);

    const isStream = isObservable(result) || isAsyncIterable(result);
    if (type !== "subscription") {
      if (!isStream) return result;
      throw new TRPCError({
        code: "UNSUPPORTED_MEDIA_TYPE",
        message: `Cannot return an async iterable or observable from a ${type} procedure with WebSockets`,
      });
    }
    if (isObservable(result)) {
      // Made iterable it is subscribed to at once, so one that comes too late is left alone.
      if (call.abortedBy !== undefined) return ended;
      return guard(observableToAsyncIterable(result, signal), call, unheard);
    }
    if (isAsyncIterable(result)) return guard(result, call, unheard);
    throw new TRPCError({
      code: "INTERNAL_SERVER_ERROR",
      message: `Subscription ${path} did not return an observable or a AsyncGenerator`,
    });
  }

  return {
    accepts: () => true, // callTRPCProcedure refuses by itself
    exists: () => true,
    tracked: false,
    overflow: "wait",
    repeat: "never",
    deadlineMs: Number.POSITIVE_INFINITY,
    decode(encoded) {
      // Left out is undefined; superjson, say, would throw at it.
      if (encoded === undefined) return undefined;
      try {
        return input.deserialize(encoded);
      } catch (cause) {
        throw new TRPCError({ code: "PARSE_ERROR", cause });
      }
    },
    invoke,
    parseEvent: (event) => event,
    encode,
    encodeTracked: (id, data) => encode({ id, data }),
    toError: async (cause) => getTRPCErrorFromUnknown(cause),
    encodeError: (error, { type, path, rawInput, ctx }) =>
      failures.encode(error, { type, path, input: rawInput, ctx }),
  };
}

/** A signal that aborts, when the call does, with the plain AbortError that tRPC's aborts with. */
function abortedWith(call: Call): AbortController {
  const controller = new AbortController();
  call.onAbort = () => {
    // Each abort makes an error with a stack, the second one for nothing.
    if (!controller.signal.aborted) controller.abort();
  };
  if (call.abortedBy !== undefined) controller.abort();
  return controller;
}

const ended: AsyncIterable<never> = {
  [Symbol.asyncIterator]: () => ({ next: async () => ({ value: undefined, done: true }) }),
};

/**
 * The same events, but what fails after the end is told and not lost: an event that was being made,
 * and the handler's own clean-up. That is woken by the signal, if it waits for that.
 */
function guard(
  events: AsyncIterable<unknown>,
  call: Call,
  unheard: (cause: unknown, call: Call) => void,
): AsyncIterable<unknown> {
  const iterator = events[Symbol.asyncIterator]();
  let pending: unknown;
  const abort = call.onAbort;
  call.onAbort = () => {
    // An iterator written by hand may give its results without a promise.
    const last = Promise.resolve(pending);
    if (call.abortedBy !== undefined) last.catch((cause) => unheard(cause, call));
    pending = undefined;
    abort?.();
  };
  return {
    [Symbol.asyncIterator]: () => ({
      next() {
        const next = iterator.next();
        pending = next;
        return next;
      },
      async return() {
        abort?.();
        try {
          await iterator.return?.();
        } catch (cause) {
          unheard(cause, call);
        }
        return { value: undefined, done: true };
      },
    }),
  };
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}
