/**
 * Core: where codec, calls and connection meet. What is called here becomes the record of a
 * call, encoded once; between it and the connection there is nothing else.
 */
import type { ProcedureKind } from "@tautline/contracts";
import { defaultToldLimits, type ToldLimits } from "@tautline/contracts/wire";
import { openSocket, watchNetwork } from "#websocket";
import type { Call, Reader } from "./call/call.js";
import { type AnyCallError, toFailure, toUnfit } from "./call/call-error.js";
import type { Following } from "./call/subscription.js";
import type { ClientOptions } from "./client.js";
import { platformClock } from "./clock.js";
import { createConnection } from "./connection/connection.js";
import type { Connection } from "./connection/face.js";
import type { CallOptions, SubscribeOptions } from "./proxy-types.js";
import { toCodec } from "./transformer.js";

/** What a client can do, without its types: for the proxy and the link. */
export interface ClientCore {
  readonly connection: Connection;
  /** Starts a call of any kind, which tells `reader`. */
  open(
    kind: ProcedureKind,
    path: string,
    input: unknown,
    options: CallOptions & SubscribeOptions,
    reader: Reader,
  ): Call;
  /** The same, with what the reader of a subscription can do. */
  follow(...call: Parameters<ClientCore["open"]>): Following;
}

// A stock server limits nothing but the frame, and that to 100 MiB, the default of `ws`.
const stockLimits = Object.fromEntries(
  Object.keys(defaultToldLimits).map((name) => [name, 100 * 1_048_576]),
) as unknown as ToldLimits;

/** Creates what is behind a client. */
export function createCore(options: ClientOptions): ClientCore {
  const { contract, dialect = "tautline", deadlineMs: defaultMs = 30_000, trace } = options;
  const { clock = platformClock, maxFrameBytes = 16_777_216 } = options;
  const full = dialect === "tautline";
  const { encode, decode } = toCodec(options.transformer);
  let order = 0;

  const { connection, start, refuse, abort, read } = createConnection({
    connect: (url, protocols) => openSocket(url, protocols, maxFrameBytes),
    watchNetwork,
    random: Math.random,
    today: () => Date.now(),
    reconnect: {},
    connectTimeoutMs: 10_000,
    maxWaitingCalls: 10_000,
    ...given(options),
    heartbeat: given(options.heartbeat ?? {}),
    full,
    clock,
    limits: full ? defaultToldLimits : stockLimits,
    contract: contract?.hash,
    decode,
    toError(encoded, path, served) {
      const error = toFailure(encoded, decode, path);
      return contract?.mismatch(error, path, served) ?? error;
    },
  });

  /** Makes the record of a call and lets it go. What is wrong with its input becomes its failure. */
  const open: ClientCore["open"] = (kind, path, input, options, reader) => {
    const { deadlineMs: asked = defaultMs, signal, lastEventId, key } = options;
    const procedure = contract?.procedure(path);
    let span: string | undefined;
    try {
      if (full) span = trace?.();
    } catch {} // what traces a call must not stop it
    const deadlineMs =
      kind === "subscription" ? Infinity : Math.min(asked, procedure?.deadlineMs ?? Infinity);
    const call: Call = {
      kind,
      path,
      input: "",
      order: order++,
      deadlineMs,
      dueMs: clock.now() + deadlineMs,
      // Not "lookup": a server that looks up keeps records, and with those all mutations are sent again.
      repeatable: kind === "query" || procedure?.repeat === "safe",
      restarts: options.onLost === "restart" || !full,
      signal,
      key,
      trace: span,
      reader,
      route: undefined,
      id: 0,
      first: undefined,
      sentMs: 0,
      sentAtMs: 0,
      refusal: undefined,
      early: false,
      settled: false,
      started: false,
      tracked: false,
      lastEventId,
      owed: 0,
      list: undefined,
      before: undefined,
      after: undefined,
    };
    const go = (error?: AnyCallError) => (error ? refuse(call, error) : start(call));
    try {
      // Missing means undefined, but a stock server with a transformer would never answer that.
      if (input !== undefined || !full) call.input = encode(input) ?? "";
      if (contract) contract.check(path, input, go);
      else go();
    } catch (error) {
      go(toUnfit(path, error));
    }
    return call;
  };

  function follow(...asked: Parameters<typeof open>): Following {
    const call = open(...asked);
    return { read: () => read(call), stop: () => abort(call) };
  }

  if (options.lazy === false) connection.connect();

  return { connection, open, follow };
}

/** The options that are there: one set to undefined must not hide its default. */
function given<T extends object>(options: T): T {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as T;
}
