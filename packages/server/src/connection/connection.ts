/**
 * A connection: one socket from its first frame to its last. It opens (who is there?), reads
 * frames into messages, and hands calls to dispatch. Whatever happens to the socket, everything
 * that was started for it ends here. PROTOCOL.md §1–§3, §7
 */
import type { Fingerprint } from "@tautline/contracts";
import {
  type Frame,
  type HeartbeatOptions,
  type Socket,
  startHeartbeat,
  type Timer,
} from "@tautline/contracts/runtime";
import {
  type ClientMessage,
  CloseCode,
  type Credentials,
  checkJson,
  checkJsonValue,
  type Dialect,
  holdsProtoKey,
  type Malformed,
  mayHoldProtoKey,
  protocolVersion,
  protoKeyRefusal,
  type Request,
  readClientMessage,
  type ToldLimits,
} from "@tautline/contracts/wire";
import { appError } from "../errors.js";
import { quoted } from "../observe/logger.js";
import { TRPCError } from "../trpc.js";
import { Dispatch, type DispatchHost } from "./dispatch.js";
import { type HeldFrame, toHeldFrame } from "./held-input.js";
import { Outbox } from "./outbox.js";
import { createRate, type RateVerdict } from "./rate.js";
import type { Turn } from "./turn.js";

/** What a connection needs of its server. */
export interface ConnectionHost
  extends Pick<DispatchHost, "lane" | "encodeInternal" | "report" | "limits" | "clock"> {
  readonly turn: Turn;
  readonly heartbeat: Required<HeartbeatOptions>;
  readonly reconnectWindowMs: number;
  readonly contract: Fingerprint | undefined;
  /** Finds out who is there. Rejects with a TRPCError to refuse, with anything else to give up. */
  admit(opening: Opening): Promise<Admission>;
  /** The socket is gone; nothing more comes. */
  gone(): void;
  encodeConnectionError(error: TRPCError): string;
  /** Something about the connection that its operator should know. */
  note(level: "debug" | "info" | "warn" | "error", fields: object, message: string): void;
}

/** What is known when a connection opens. */
export interface Opening {
  readonly credentials: Credentials | null;
  readonly client: string | undefined;
  /** Aborts when the socket is gone before the answer is there. */
  readonly signal: AbortSignal;
}

/** What opening came to. */
export interface Admission {
  readonly ctx: unknown;
  takePlace(): boolean;
  releasePlace(): void;
  /** The connection is open. Not called for a client that left while `admit` was deciding. */
  entered(): void;
  /** The connection has ended. Called once, if `entered` was. */
  left(code: number, reason: string): void;
}

/** What may be done to a connection from outside. */
export interface ConnectionControl {
  /** Begins to serve. Apart from the making, so that whoever is told of it knows this object. */
  start(): void;
  /** Ends it with a close code of PROTOCOL.md §7. */
  close(code: number, reason: string): void;
  /** Asks the client to connect anew. PROTOCOL.md §3.5 */
  askToReconnect(): void;
}

/** How the client said it would open. PROTOCOL.md §3 */
export interface ConnectionStart {
  readonly dialect: Dialect;
  /** Base dialect: the URL has `connectionParams=1`. */
  readonly expectsParams: boolean;
}

type State =
  | { readonly name: "expecting"; readonly timer: Timer }
  | { readonly name: "admitting"; readonly abort: AbortController }
  | { readonly name: "open"; readonly admission: Admission; readonly dispatch: Dispatch }
  | { readonly name: "closed" };

// PROTOCOL.md §2: to the base dialect these are methods like any other that it does not know.
const notInBase = "`method` is not one of the base dialect";

/** A message with its place in its frame, when it came, and whether that was too fast. */
interface Received {
  readonly message: ClientMessage | Malformed;
  readonly batchIndex: number;
  readonly frame: HeldFrame | undefined;
  /** On the clock; only kept for messages that have to wait. */
  readonly atMs?: number;
  readonly verdict: Exclude<RateVerdict, { verdict: "close" }>;
}

/** Serves one socket. */
export function serveConnection(
  socket: Socket,
  { dialect, expectsParams }: ConnectionStart,
  host: ConnectionHost,
): ConnectionControl {
  const { limits, clock } = host;
  const outbox = new Outbox(socket, dialect, limits, host.turn);
  const rate = createRate(clock, limits);
  const heartbeat = startHeartbeat(
    {
      ping: () => outbox.push("PING"),
      lost: () => end(CloseCode.HeartbeatTimeout, "No sign of life", "abandon"),
    },
    clock,
    host.heartbeat,
  );
  let state: State = expecting();
  /** Messages that came before the client was known; their inputs stay encoded. */
  let early: Received[] = [];
  let earlyBytes = 0;
  /** The fingerprint of the contract the client was built with, if it told. */
  let clientContract: string | undefined;
  let paused = false;
  let complained = false;
  const jsonLimits = { maxDepth: limits.maxJsonDepth, maxNodes: limits.maxJsonNodes };
  const tooFast = `More than ${limits.messagesPerSecond} messages a second`;

  function expecting(): State {
    const timer = clock.after(limits.helloTimeoutMs, () => {
      const what = dialect === "full" ? "hello" : "connectionParams";
      end(CloseCode.HelloTimeout, `No ${what} within ${limits.helloTimeoutMs} ms`);
    });
    return { name: "expecting", timer };
  }

  function frame(data: Frame) {
    if (state.name === "closed") return;
    heartbeat.alive();
    if (typeof data !== "string") return end(1003, "Binary frames are not part of this version");
    if (data === "PING" || data === "PONG") {
      if (take().verdict === "accept" && data === "PING") outbox.push("PONG");
    } else readFrame(data);
    holdBackWhileFull();
  }

  function control() {
    if (isClosed()) return;
    heartbeat.alive();
    take();
    holdBackWhileFull(); // the answers, too, wait for a client that does not read
  }

  function readFrame(text: string) {
    // Of the frame as a whole, at next to no cost. Messages that share a frame must not be refused
    // for each other's sake, so only if it exceeds a limit are they looked at one by one.
    const isHeavy = checkJson(text, jsonLimits) !== undefined;
    const isSuspect = mayHoldProtoKey(text);
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return refuseFrame("A frame must be JSON, PING or PONG");
    }
    const messages = Array.isArray(value) ? value : [value];
    if (messages.length === 0) take();
    if (state.name !== "open") earlyBytes += text.length;
    const frame = toHeldFrame(text);
    for (const [index, entry] of messages.entries()) {
      if (isClosed()) return;
      const message = readClientMessage(entry, limits);
      const problem =
        (isHeavy ? checkJsonValue(entry, jsonLimits) : undefined) ??
        (isSuspect && holdsProtoKey(entry) ? protoKeyRefusal : undefined);
      receive(problem === undefined ? message : withoutMeaning(message, problem), index, frame);
    }
  }

  // A frame without messages counts as one, or a flood of them would be answered for ever.
  function refuseFrame(reason: string) {
    if (take().verdict !== "close") unreadable(reason);
  }

  // Messages are counted one by one however they were framed.
  function take() {
    const verdict = rate.take();
    if (verdict.verdict === "close") end(CloseCode.RateLimited, tooFast);
    return verdict;
  }

  function receive(
    message: ClientMessage | Malformed,
    batchIndex: number,
    frame: HeldFrame | undefined,
  ) {
    const verdict = take();
    if (verdict.verdict === "close") return;
    const received = { message, batchIndex, frame, verdict };
    if (state.name === "open") handle(state.dispatch, received);
    else if (state.name === "expecting") openWith(message);
    else if (state.name === "admitting") keepForLater(received);
  }

  function keepForLater(received: Received) {
    const { message } = received;
    if (message.method === "hello" && dialect === "full") {
      return end(CloseCode.ProtocolError, "A second hello");
    }
    if (message.method === "malformed" && message.id === null) return unreadable(message.reason);
    if (earlyBytes > limits.maxFrameBytes) {
      const text = `More than ${limits.maxFrameBytes} bytes before the welcome`;
      return end(CloseCode.ProtocolError, text);
    }
    early.push({ ...received, atMs: clock.now() });
  }

  // ---- opening ---------------------------------------------------------------------------

  function openWith(message: ClientMessage | Malformed) {
    if (dialect === "full") {
      if (message.method !== "hello") {
        const reason = message.method === "malformed" ? message.reason : "Expected hello";
        return unreadable(reason);
      }
      if (message.version !== protocolVersion) {
        const text = `Cannot speak version ${message.version}: use ${protocolVersion}`;
        return end(CloseCode.UnsupportedVersion, text);
      }
      clientContract = message.contract;
      void admit(message.credentials ?? null, message.client);
    } else if (message.method === "connectionParams") void admit(message.data, undefined);
    else {
      const reason = message.method === "malformed" ? message.reason : "Expected connectionParams";
      refuseAdmission(new TRPCError({ code: "PARSE_ERROR", message: reason }));
    }
  }

  async function admit(credentials: Credentials | null, client: string | undefined) {
    if (state.name === "expecting") state.timer.cancel();
    const abort = new AbortController();
    state = { name: "admitting", abort };
    let admission: Admission;
    try {
      admission = await host.admit({ credentials, client, signal: abort.signal });
    } catch (cause) {
      if (isClosed()) return;
      if (cause instanceof TRPCError) return refuseAdmission(cause);
      host.note("error", { err: cause }, "Could not find out who the client is");
      return end(CloseCode.TryAgain, "Could not authenticate");
    }
    if (!isClosed()) open(admission);
  }

  function refuseAdmission(error: TRPCError) {
    host.note("info", { code: error.code }, `Refused a client: ${error.message}`);
    // Before the close: a stock client whose first frame is a close starts its backoff anew.
    outbox.push(`{"id":null,"error":${host.encodeConnectionError(error)}}`);
    end(CloseCode.Unauthenticated, error.code);
  }

  function open(admission: Admission) {
    const dispatch = new Dispatch({
      dialect,
      outbox,
      limits,
      clock,
      ctx: admission.ctx,
      procedureHashes: differs(clientContract, host.contract)
        ? host.contract?.procedures
        : undefined,
      lane: host.lane,
      encodeInternal: host.encodeInternal,
      report: host.report,
      // The client's words as fields: a line feed of theirs in a sentence would begin a line of the log.
      refused: ({ code, message }, { path }) =>
        host.note("debug", { path, code, reason: quoted(message) }, "Refused a message"),
      takePlace: admission.takePlace,
      releasePlace: admission.releasePlace,
    });
    state = { name: "open", admission, dispatch };
    if (dialect === "full") outbox.push(JSON.stringify(welcome(host)));
    const waiting = early;
    early = [];
    admission.entered();
    for (const received of waiting) {
      if (isClosed()) return;
      handle(dispatch, received);
    }
    holdBackWhileFull();
  }

  // ---- messages --------------------------------------------------------------------------

  function handle(dispatch: Dispatch, { message, batchIndex, frame, atMs, verdict }: Received) {
    if (verdict.verdict === "refuse" && isRequest(message)) {
      const { retryAfterMs } = verdict;
      return dispatch.refuse(message, appError("RATE_LIMITED", { retryAfterMs }, tooFast));
    }
    switch (message.method) {
      case "query":
      case "mutation":
      case "subscription":
        return dispatch.start(
          message,
          batchIndex,
          atMs === undefined ? 0 : clock.now() - atMs,
          frame,
        );
      case "subscription.stop":
        return dispatch.stop(message.id);
      case "cancel":
        if (dialect === "base") return dispatch.refuseMalformed(message.id, notInBase);
        return dispatch.cancel(message.id);
      case "credit":
        if (dialect === "base") return dispatch.refuseMalformed(message.id, notInBase);
        return dispatch.credit(message.id, message.count);
      case "hello":
        if (dialect === "base") return unreadable(notInBase);
        return end(CloseCode.ProtocolError, "A second hello");
      case "connectionParams":
        return unreadable("connectionParams belong in the first frame");
      case "malformed":
        if (message.id === null) return unreadable(message.reason);
        return dispatch.refuseMalformed(message.id, message.reason);
    }
  }

  function unreadable(reason: string) {
    // Of a base dialect's client the first one only: it goes on, and could fill the log.
    const isFirst = !complained;
    complained = true;
    host.note(isFirst ? "warn" : "debug", { dialect }, `Cannot read a frame: ${reason}`);
    const error = new TRPCError({ code: "PARSE_ERROR", message: reason });
    if (dialect === "base" && state.name === "expecting") return refuseAdmission(error);
    outbox.push(`{"id":null,"error":${host.encodeConnectionError(error)}}`);
    // In the base dialect a stock client goes on after it; PROTOCOL.md §6.
    if (dialect === "full") end(CloseCode.ProtocolError, reason);
  }

  // A client that asks and does not read is read no further: its own kernel then holds it back.
  function holdBackWhileFull() {
    if (paused || isClosed() || outbox.bytes < limits.maxOutboxBytes) return;
    paused = true;
    socket.pause();
    outbox.whenRoom(() => {
      paused = false;
      heartbeat.alive(); // it could not be heard while it was not read
      socket.resume();
    });
  }

  // ---- the end ---------------------------------------------------------------------------

  function end(code: number, reason: string, how: "politely" | "abandon" = "politely") {
    if (isClosed()) return;
    host.note(levelOf(code), { dialect, code, reason }, "Closing a connection");
    outbox.flush(); // what was said before the close should arrive before it
    release(code, reason);
    if (how === "abandon") socket.terminate();
    else socket.close(code, reason);
  }

  function release(code: number, reason: string) {
    const before = state;
    state = { name: "closed" };
    heartbeat.stop();
    if (paused) socket.resume(); // the peer's half of the closing handshake has to be read
    early = [];
    if (before.name === "expecting") before.timer.cancel();
    if (before.name === "admitting") before.abort.abort();
    if (before.name === "open") {
      before.dispatch.close(code);
      before.admission.left(code, reason);
    }
  }

  // A function: the compiler would not believe that `state` changes behind its back.
  function isClosed() {
    return state.name === "closed";
  }

  function start() {
    if (dialect === "base" && !expectsParams) void admit(null, undefined);
    socket.start({
      frame,
      drain() {
        heartbeat.alive(); // the peer has read something
        outbox.drained();
      },
      control,
      close(code, reason) {
        if (!isClosed()) {
          host.note(levelOf(code), { dialect, code, reason }, "A connection has ended");
          release(code, reason);
        }
        host.gone();
      },
    });
  }

  return {
    start,
    close: (code, reason) => end(code, reason),
    askToReconnect() {
      if (state.name === "open") outbox.push('{"id":null,"method":"reconnect"}');
    },
  };
}

/** What is left of a message that must not be looked at any more: whom to tell. */
function withoutMeaning(message: ClientMessage | Malformed, reason: string): Malformed {
  const id = "id" in message ? message.id : null;
  return { method: "malformed", id, reason, unknownMethod: false };
}

function isRequest(message: ClientMessage | Malformed): message is Request {
  const { method } = message;
  return method === "query" || method === "mutation" || method === "subscription";
}

// RFC 6455 §7.4.1 and PROTOCOL.md §7: whoever closes with one of these says that the other end
// broke a rule, and an operator wants to know who breaks rules.
const blaming: ReadonlySet<number> = new Set([
  ...[1002, 1003, 1007, 1008, 1009, 1010],
  ...[CloseCode.RateLimited, CloseCode.ProtocolError, CloseCode.UnsupportedVersion],
]);

function levelOf(code: number) {
  if (blaming.has(code)) return "warn";
  return code === CloseCode.HelloTimeout ? "info" : "debug";
}

/** Whether both ends told a contract, and not the same. PROTOCOL.md §6.3 */
function differs(client: string | undefined, server: Fingerprint | undefined) {
  return client !== undefined && server !== undefined && client !== server.hash;
}

function welcome({ limits, heartbeat, reconnectWindowMs, contract }: ConnectionHost) {
  const told: ToldLimits = {
    maxFrameBytes: limits.maxFrameBytes,
    maxCallsInFlight: limits.maxCallsInFlight,
    maxSubscriptions: limits.maxSubscriptions,
    messagesPerSecond: limits.messagesPerSecond,
    messageBurst: limits.messageBurst,
  };
  return {
    method: "welcome",
    version: protocolVersion,
    limits: told,
    heartbeat,
    reconnectWindowMs,
    contract: contract?.hash,
    revision: contract?.revision,
  };
}
