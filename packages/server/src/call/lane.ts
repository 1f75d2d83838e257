/**
 * Lanes: the two ways in which a procedure of a router runs. A contract's procedure runs compiled;
 * anything else runs through tRPC's own `callTRPCProcedure`. Both look the same from here on, and
 * one suite of tests holds for both.
 */
import type { Overflow, Repeat } from "@tautline/contracts";
import { ValueCodecError } from "@tautline/contracts/wire";
import { toErrorShape, toRouterErrorShape } from "../errors.js";
import { transformer } from "../transformer.js";
import {
  type AnyTRPCProcedure,
  type AnyTRPCRouter,
  callTRPCProcedure,
  getTRPCErrorFromUnknown,
  isObservable,
  observableToAsyncIterable,
  TRPCError,
} from "../trpc.js";
import type { Call } from "./call.js";
import { type CompiledProcedure, compiledOf } from "./compiled.js";
import { keepLastEventId, withLastEventId } from "./last-event-id.js";

/**
 * How one procedure is run, from encoded input to encoded output.
 *
 * @typeParam Payload What values are encoded to: JSON text, unless the drop-in's encoder wants values.
 */
export interface Lane<Payload = string> {
  /** Whether this is the way to call it. */
  accepts(type: Call["type"]): boolean;
  /** Whether there is such a procedure. Asked after it was called: then a lazy router is loaded. */
  exists(call: Pick<Call, "type" | "path">): boolean;
  /** Whether every event carries an id, as far as is known before the first. */
  readonly tracked: boolean;
  readonly overflow: Overflow;
  /** The longest a call may take, in milliseconds; infinite unless the contract says. */
  readonly deadlineMs: number;
  /** What may be done with a mutation of which nobody knows whether it ran. */
  readonly repeat: Repeat;
  /** Decodes `params.input`. @throws TRPCError BAD_REQUEST */
  decode(encoded: unknown): unknown;
  /**
   * Runs the call to its validated output, or to its iterable of raw events: a promise of it where
   * there is something to wait for.
   */
  invoke(call: Call): unknown;
  /** With `repeat: "lookup"`: gives `{ output }`, validated, or `undefined` when it has not run. */
  readonly lookup?: ((call: Call) => unknown) | undefined;
  /** Validates one event. */
  parseEvent(event: unknown): unknown;
  /** Encodes an output or event as JSON text; `undefined` where JSON has no word for it. */
  encode(value: unknown): Payload | undefined;
  /** Encodes the event of a tracked subscription, `{ id, data }`. */
  encodeTracked(id: string, data: unknown): Payload | undefined;
  toError(cause: unknown): Promise<TRPCError>;
  /**
   * The encoded shape of a failure of this procedure.
   *
   * @param contract The procedure's hash, where the failure is to tell it; null for none.
   */
  encodeError(
    error: TRPCError,
    call: Pick<Call, "type" | "path" | "rawInput" | "ctx">,
    contract?: string | null,
  ): Payload;
}

/**
 * Finds the lane of each path of a router.
 *
 * @throws TypeError when it is no router: a contract is often taken for one.
 */
export function createLanes(router: AnyTRPCRouter): (path: string) => Lane {
  const { _config: config, procedures } = (router as Partial<AnyTRPCRouter>)?._def ?? {};
  if (!config) {
    throw new TypeError(
      "Cannot serve this as a router: it takes what implement(contract).router(handlers) returns, or a router of tRPC",
    );
  }
  // A contract's procedures write Tautline's own format. Under a root with another transformer
  // they have to speak that one, so they run as any other procedure there.
  const speaksOurs = config.transformer.input === transformer.input;
  const lanes = new Map<string, Lane>();
  if (speaksOurs) {
    for (const [path, procedure] of Object.entries(procedures as Record<string, unknown>)) {
      const compiled = compiledOf(procedure);
      if (compiled !== undefined) lanes.set(path, compiledLane(compiled));
    }
  }
  const other = trpcLane(router);
  return (path) => lanes.get(path) ?? other;
}

function compiledLane(compiled: CompiledProcedure): Lane {
  const { kind, tracked, overflow, repeat } = compiled.definition;
  const { deadlineMs = Number.POSITIVE_INFINITY } = compiled.definition;
  return {
    repeat,
    accepts: (type) => type === kind,
    exists: ({ type }) => type === kind,
    tracked,
    overflow,
    deadlineMs,
    decode: (encoded) => decodeWith(compiled.decode, encoded),
    invoke: compiled.invoke,
    lookup: compiled.lookup,
    parseEvent: compiled.parseEvent,
    encode: compiled.encode,
    encodeTracked: compiled.encodeTracked,
    toError: compiled.toError,
    encodeError: (error, { path }, contract) =>
      encodeShape(transformer, withContract(toErrorShape(error, path), contract)),
  };
}

function trpcLane(router: AnyTRPCRouter): Lane {
  const { input, output } = router._def._config.transformer;
  const encode = (value: unknown) => encodeWith(output, value);
  return {
    accepts: () => true, // callTRPCProcedure refuses by itself, in tRPC's words
    exists({ type, path }) {
      const procedures = router._def.procedures as Record<string, AnyTRPCProcedure>;
      return Object.hasOwn(procedures, path) && procedures[path]!._def.type === type;
    },
    tracked: false,
    overflow: "wait",
    repeat: "never",
    deadlineMs: Number.POSITIVE_INFINITY,
    decode: (encoded) =>
      encoded === undefined ? undefined : decodeWith(input.deserialize, encoded),
    async invoke(call) {
      const { type, path, ctx, signal, batchIndex, lastEventId } = call;
      if (lastEventId !== undefined && type === "subscription") {
        keepLastEventId(signal, lastEventId);
        call.rawInput = await withLastEventId(router, path, call.rawInput, lastEventId);
      }
      const getRawInput = async () => call.rawInput;
      const result = await callTRPCProcedure({
        router,
        path,
        getRawInput,
        ctx,
        type,
        signal,
        batchIndex,
      });
      const isStream = isObservable(result) || isAsyncIterable(result);
      if (type !== "subscription") {
        if (!isStream) return result;
        throw new TRPCError({
          code: "UNSUPPORTED_MEDIA_TYPE",
          message: `Cannot stream the result of a ${type} over a WebSocket: make it a subscription`,
        });
      }
      if (isObservable(result)) return observableToAsyncIterable(result, signal);
      if (isAsyncIterable(result)) return result;
      throw new TRPCError({
        code: "INTERNAL_SERVER_ERROR",
        cause: new Error(`The subscription ${path} returned no async iterable`),
      });
    },
    parseEvent: (event) => event,
    encode,
    encodeTracked: (id, data) => encode({ id, data }),
    toError: async (cause) => getTRPCErrorFromUnknown(cause),
    encodeError(error, { type, path, rawInput: input, ctx }, contract) {
      const shape = toRouterErrorShape(router, { error, path, type, input, ctx });
      return encodeShape(output, withContract(shape, contract));
    },
  };
}

/**
 * Encodes a failure without the router's errorFormatter: a bad frame or refused credentials, where
 * there is no call that it could look at, and a failure of its own.
 */
export function encodeConnectionError(
  router: AnyTRPCRouter,
  error: TRPCError,
  path?: string,
): string {
  return encodeShape(router._def._config.transformer.output, toErrorShape(error, path));
}

/** The shape with `data.contract`; a router's errorFormatter may have left no data to put it into. */
function withContract(shape: any, contract: string | null | undefined): unknown {
  if (contract === undefined || typeof shape?.data !== "object") return shape;
  return { ...shape, data: { ...shape.data, contract } };
}

interface Serializer {
  serialize(value: any): unknown;
}

function encodeWith(output: Serializer, value: unknown): string | undefined {
  return JSON.stringify(output.serialize(value));
}

function encodeShape(output: Serializer, shape: unknown): string {
  return encodeWith(output, shape) ?? "null";
}

function decodeWith(decode: (encoded: any) => unknown, encoded: unknown): unknown {
  try {
    return decode(encoded);
  } catch (cause) {
    const message = cause instanceof ValueCodecError ? cause.message : "Cannot decode the input";
    throw new TRPCError({ code: "BAD_REQUEST", message, cause });
  }
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}
