/**
 * One socket of the drop-in, from its first frame to its last: tRPC's own protocol and its own
 * manners, without limits of ours. What it is asked runs in the same dispatch as everything else
 * here, so a reader that pauses holds its generators back, and nothing is left behind at the end.
 */
import type { IncomingMessage } from "node:http";
import { type Frame, systemClock } from "@tautline/contracts/runtime";
import { defaultLimits, type Limits, type RequestId } from "@tautline/contracts/wire";
import type { WebSocket } from "ws";
import type { Call } from "../call/call.js";
import { Dispatch } from "../connection/dispatch.js";
import { Outbox } from "../connection/outbox.js";
import { unlimitedPlace } from "../connection/places.js";
import { Turn } from "../connection/turn.js";
import { type AnyTRPCRouter, getTRPCErrorFromUnknown, TRPCError } from "../trpc.js";
import { type About, createFailures } from "./failures.js";
import type { Format } from "./format.js";
import { startKeepAlive } from "./keep-alive.js";
import { createStockLane } from "./lane.js";
import { readMessages, type StockMessage, unreadable } from "./messages.js";
import { type ConnectionParams, createContextOf, expectsParams, readParams } from "./opening.js";
import { createSending } from "./sending.js";
import type { WSSHandlerOptions } from "./stock.js";

// tRPC has no limits. What waits for a slow reader is bounded all the same: it can be waited for.
const { maxOutboxBytes } = defaultLimits;
const unlimited = Object.keys(defaultLimits).map((name) => [name, Number.POSITIVE_INFINITY]);
const limits: Limits = { ...(Object.fromEntries(unlimited) as Limits), maxOutboxBytes };

// The platform's own, whatever a test puts in its place later: answers must not wait for its clock.
const turn = new Turn(setImmediate, systemClock);

/** Where a connection stands. */
type State<Payload> =
  /** The first message has to be the connectionParams. */
  | { readonly name: "expecting" }
  /** `createContext` has not answered; `early` came before it does. */
  | { readonly name: "creating"; early: StockMessage[]; earlyBytes: number }
  /** `refusal` if there is no context, and so no call: each is told why. */
  | { readonly name: "open"; readonly dispatch: Dispatch<Payload>; readonly refusal?: TRPCError };

/** Serves one socket until it closes; then `gone` is called. Returns what sends a frame at once. */
export function serveSocket<Payload>(
  client: WebSocket,
  req: IncomingMessage,
  options: WSSHandlerOptions<AnyTRPCRouter>,
  format: Format<Payload>,
  gone: () => void,
): (frame: Frame) => void {
  const { router, keepAlive: keepAliveOptions } = options;
  const ended = new AbortController();
  const failures = createFailures(router, options.onError, req, format.toPayload);
  const failed = (cause: unknown) => failures.reportInternal(cause, nobody());
  const writer = format.createWriter(failed, failures.fallback);
  const sending = createSending(client, req.socket, drained, failed);
  const outbox = new Outbox(sending, "base", limits, turn);
  const keepAlive = keepAliveOptions?.enabled
    ? startKeepAlive(
        { ping: () => outbox.push("PING"), lost: () => client.terminate() },
        keepAliveOptions.pingMs,
        keepAliveOptions.pongWaitMs,
      )
    : undefined;
  let ctx: unknown;
  let state: State<Payload> = { name: "expecting" };
  let paused = false;
  let closed = false;

  function frame(data: unknown, isBinary: boolean) {
    keepAlive?.alive();
    if (!Buffer.isBuffer(data)) {
      const message = "Unexpected WebSocket message format";
      return tellNobody(new TRPCError({ code: "UNPROCESSABLE_CONTENT", message }));
    }
    const content = isBinary ? data : data.toString("utf8");
    if (content === "PONG") return;
    if (content === "PING") {
      // Behind what waits: a client that moves takes it as the end of what was said before.
      if (!options.dangerouslyDisablePong) outbox.push("PONG");
    } else if (state.name === "expecting") void create(() => readParams(content, format.encoder));
    else read(content);
    holdBackWhileFull();
  }

  // ---- the context -------------------------------------------------------------------------

  async function create(getParams: () => ConnectionParams) {
    const creating = { name: "creating" as const, early: [], earlyBytes: 0 };
    state = creating;
    try {
      ctx = await createContextOf(options, client, req, getParams(), ended.signal);
      state = { name: "open", dispatch: createDispatch() };
    } catch (cause) {
      refuse(getTRPCErrorFromUnknown(cause));
    }
    for (const message of creating.early) handle(message);
    if (closed) endCalls();
    goOn();
  }

  function refuse(refusal: TRPCError) {
    state = { name: "open", dispatch: createDispatch(), refusal };
    failures.report(refusal, nobody());
    // Before the close: a stock client whose socket just closes starts its backoff anew.
    tellNobody(refusal);
    turn.after(() => {
      outbox.flush();
      client.close();
    });
  }

  // ---- messages ----------------------------------------------------------------------------

  function read(content: Frame) {
    if (state.name === "creating") state.earlyBytes += content.length;
    let value: unknown;
    try {
      value = format.encoder.decode(content as string | Uint8Array<ArrayBuffer>);
    } catch (cause) {
      return handle(unreadable(undefined, cause));
    }
    for (const message of readMessages(value, options.maxBatchSize)) {
      if (message.kind === "refusal" || state.name !== "creating") handle(message);
      else if (message.kind === "request") state.early.push(message);
      else state.early = withoutSubscription(state.early, message.id);
    }
  }

  /** A subscription that is stopped before it could start never does. */
  function withoutSubscription(early: readonly StockMessage[], stopped: RequestId) {
    return early.filter((message) => {
      if (message.kind !== "request") return true;
      const { id, jsonrpc, method } = message.request;
      if (method !== "subscription" || id !== stopped) return true;
      push(writer.stopped(writer.head(id, jsonrpc)));
      return false;
    });
  }

  function handle(message: StockMessage) {
    if (message.kind === "refusal") {
      const { id, jsonrpc, error, reported } = message;
      if (reported) failures.report(error, nobody());
      push(writer.error(writer.head(id, jsonrpc), failures.encode(error, nobody())));
    } else if (state.name === "open") {
      const { dispatch, refusal } = state;
      if (message.kind === "stop") return dispatch.stop(message.id);
      const { request, batchIndex } = message;
      if (refusal !== undefined) return dispatch.refuse(request, refusal);
      // Who has left gets no events; but what it asked to be changed before that is changed.
      if (!closed || request.method !== "subscription") dispatch.start(request, batchIndex, 0, 0);
    }
  }

  function tellNobody(error: TRPCError) {
    push(writer.error(writer.head(null), failures.encode(error, nobody())));
  }

  function push(frame: Frame | undefined) {
    if (frame !== undefined) outbox.push(frame);
  }

  // ---- calls -------------------------------------------------------------------------------

  function createDispatch() {
    const lane = createStockLane(router, failures, format.toPayload, unheard);
    return new Dispatch<Payload>(
      {
        limits,
        clock: systemClock,
        lane: () => lane,
        writer,
        encodeInternal: failures.fallback,
        report(error, call) {
          // What else the handler has begun for a subscription ends with it.
          if (call?.type === "subscription") call.onAbort?.();
          failures.report(error, call ? aboutCall(call) : nobody());
        },
      },
      {
        dialect: "base",
        outbox,
        ctx,
        place: unlimitedPlace,
        refused: (error, call) => failures.report(error, aboutCall(call)),
        failedUnheard: unheard,
      },
    );
  }

  /** An AbortError is how a handler is expected to end that was given up; anything else is told. */
  function unheard(cause: unknown, call: Call) {
    const error = getTRPCErrorFromUnknown(cause);
    if (error.cause?.name !== "AbortError") failures.report(error, aboutCall(call));
  }

  function aboutCall({ type, path, rawInput, ctx }: Call): About {
    return { type, path, input: rawInput, ctx };
  }

  /** About no call. */
  function nobody(): About {
    return { type: "unknown", path: undefined, input: undefined, ctx };
  }

  // ---- flow --------------------------------------------------------------------------------

  // Who asks and does not read, or asks much before there is a context, is read no further: its own
  // kernel holds it back then.
  function holdBackWhileFull() {
    const isEarly = state.name === "creating" && state.earlyBytes >= maxOutboxBytes;
    if (paused || closed || !(isEarly || outbox.bytes >= maxOutboxBytes)) return;
    paused = true;
    client.pause?.();
    if (!isEarly) outbox.whenRoom(goOn);
  }

  function goOn() {
    if (!paused) return;
    if (!closed && outbox.bytes >= maxOutboxBytes) return outbox.whenRoom(goOn);
    paused = false;
    keepAlive?.alive(); // it could not be heard while it was not read
    client.resume?.();
  }

  function drained() {
    keepAlive?.alive(); // the peer has read something
    outbox.drained();
  }

  function endCalls() {
    if (state.name === "open") state.dispatch.close(1000);
  }

  client.on("message", frame);
  // Without a listener the first broken frame would end the process.
  client.on("error", (cause) => failures.report(getTRPCErrorFromUnknown(cause), nobody()));
  client.once("close", () => {
    closed = true;
    keepAlive?.stop();
    endCalls();
    ended.abort();
    gone();
  });
  if (!expectsParams(req)) void create(() => null);

  return (frame) => {
    outbox.push(frame);
    outbox.flush();
  };
}
