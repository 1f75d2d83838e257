/**
 * A connection: one socket from its first frame to its last. It opens (who is there?), reads
 * frames into messages, and hands calls to dispatch. Whatever happens to the socket, everything
 * that was started for it ends here. PROTOCOL.md §1–§3, §7
 *
 * A class without functions of its own: there may be ten thousand, which wait most of the time.
 */
import {
  type Frame,
  Heartbeat,
  type HeartbeatOptions,
  type HeartbeatPeer,
  type Socket,
  type SocketHandler,
} from "@tautline/contracts/runtime";
import { isCounted } from "@tautline/contracts/session";
import {
  type ClientMessage,
  CloseCode,
  type Dialect,
  type Malformed,
  type Request,
  type SessionAsked,
} from "@tautline/contracts/wire";
import type { Call } from "../call/call.js";
import type { Connection, OpeningRequest } from "../context.js";
import { appError } from "../errors.js";
import type { Events } from "../observe/emit.js";
import { failureOf } from "../observe/watch.js";
import type { RequestRecords } from "../session/requests/records.js";
import type { Session, SessionCarrier } from "../session/session.js";
import type { Sessions } from "../session/sessions.js";
import { TRPCError } from "../trpc.js";
import { Dispatch, type DispatchHost, type DispatchLine } from "./dispatch.js";
import { type ExpiringConnection, Expiry, type ExpiryHost } from "./expiry.js";
import { toHeldFrame } from "./held-input.js";
import {
  type Admission,
  type ConnectionStart,
  Opening,
  type OpeningConnection,
  type OpeningHost,
  type Received,
} from "./opening.js";
import { Outbox } from "./outbox.js";
import { type Place, unlimitedPlace } from "./places.js";
import { Rate } from "./rate.js";
import { type ReadingLimits, readMessages } from "./read-messages.js";
import type { Recording } from "./recording.js";
import type { Turn } from "./turn.js";

/** What connections need of their server; the same for all of them. */
export interface ConnectionHost extends DispatchHost, OpeningHost, ExpiryHost {
  readonly readingLimits: ReadingLimits;
  readonly turn: Turn;
  readonly heartbeat: Required<HeartbeatOptions>;
  /** The message that greets a client of the full dialect. */
  readonly welcome: string;
  /** Nothing where none are kept. */
  readonly sessions: Sessions | undefined;
  /** Nothing where mutations are not recorded. */
  readonly records: RequestRecords | undefined;
  /** As {@link OpeningConnection} has it. */
  admit(
    request: OpeningRequest,
    client: string | undefined,
    connection: ServedConnection,
  ): Promise<Admission>;
  /** A connection is open. Not called for a client that left while `admit` was deciding. */
  entered(face: Connection, request: OpeningRequest, connection: ServedConnection): void;
  /** A connection has ended. Called once, if `entered` was. */
  left(face: Connection, code: number, reason: string): void;
  /** A timer fired so late that the event loop can not have turned, or the machine slept. */
  stalled(lateMs: number): void;
  /** A connection's socket is gone; nothing more comes. */
  gone(connection: ServedConnection): void;
  encodeConnectionError(error: TRPCError): string;
  readonly events: Events;
}

type State =
  | { readonly name: "opening"; readonly opening: Opening }
  | {
      readonly name: "open";
      readonly face: Admission["face"];
      readonly dispatch: Dispatch;
      /** What it carries, in the full dialect, if the client asked for it. */
      readonly session: Session | undefined;
    }
  | { readonly name: "closed" };

type OpenState = Extract<State, { readonly name: "open" }>;

const closed: State = { name: "closed" };

// PROTOCOL.md §2: to the base dialect these are methods like any other that it does not know.
const notInBase = "`method` is not one of the base dialect";

/** Serves one socket. */
export class ServedConnection
  implements
    SocketHandler,
    HeartbeatPeer,
    OpeningConnection,
    ExpiringConnection,
    SessionCarrier,
    DispatchLine
{
  readonly dialect: Dialect;
  readonly remoteAddress: string | undefined;
  readonly socket: Socket;
  /** Of the session, once it carries one. */
  outbox: Outbox;
  /** What handlers are given; nothing before the connection is open. */
  ctx: unknown;
  place: Place = unlimitedPlace;
  procedureHashes: ReadonlyMap<string, string> | undefined;
  readonly #host: ConnectionHost;
  readonly #rate: Rate;
  readonly #heartbeat: Heartbeat;
  #state: State;
  /** Where the credentials expire. */
  #expiry: Expiry | undefined;
  #isPaused = false;
  #hasComplained = false;
  /** By the clock. */
  readonly #startedMs: number;

  constructor(socket: Socket, start: ConnectionStart, host: ConnectionHost) {
    this.dialect = start.dialect;
    this.remoteAddress = start.remoteAddress;
    this.outbox = new Outbox(socket, start.dialect, host.limits, host.turn);
    this.#host = host;
    this.socket = socket;
    this.#rate = new Rate(host.clock, host.limits);
    this.#heartbeat = new Heartbeat(this, host.clock, host.heartbeat);
    this.#state = { name: "opening", opening: new Opening(this, start, host) };
    this.#startedMs = host.clock.now();
  }

  /** Its name in the application's hands and in events; none before it is open. */
  get connectionId(): string | undefined {
    return this.#state.name === "open" ? this.#state.face.id : undefined;
  }

  /** Outside of a session a mutation is recorded where it has a key. */
  get recording(): Recording | undefined {
    const { records, events } = this.#host;
    if (records === undefined || this.dialect === "base" || this.#state.name !== "open") {
      return undefined;
    }
    const principal = this.#state.face.principal?.userId ?? "";
    return { records, events, principal, sessionId: undefined, low: 0 };
  }

  /** Begins to serve. Apart from the making, so that whoever is told of it knows this object. */
  start() {
    if (this.#state.name === "opening") this.#state.opening.begin();
    this.socket.start(this);
  }

  /** Asks the client to connect anew. PROTOCOL.md §3.5 */
  askToReconnect() {
    if (this.#state.name === "open") this.outbox.push('{"id":null,"method":"reconnect"}');
  }

  /** Asks the client to go to another server. PROTOCOL.md §9.6 */
  askToLeave(delayMs: number) {
    if (this.#state.name !== "open") return this.end(CloseCode.Draining, "The server is draining");
    if (this.dialect === "base") this.askToReconnect();
    else this.outbox.push(`{"method":"goaway","delayMs":${delayMs}}`);
  }

  // ---- what the socket tells -------------------------------------------------------------

  frame(data: Frame) {
    if (this.#isClosed) return;
    const now = this.#host.clock.now();
    this.#heartbeat.alive(now);
    if (typeof data !== "string") {
      return this.end(1003, "Binary frames are not part of this version");
    }
    // A client of the base dialect sends a frame for each call, and many come in one turn.
    const { outbox } = this;
    const gathers = this.dialect === "full" && outbox.gather();
    try {
      if (data === "PING" || data === "PONG") {
        if (this.#take(now).verdict === "accept" && data === "PING") outbox.push("PONG");
      } else this.#readFrame(data, now);
    } finally {
      // Whatever was thrown: an outbox that waits for a flush that never comes says nothing any more.
      if (gathers) outbox.flush();
    }
    this.#holdBackWhileFull();
  }

  control() {
    if (this.#isClosed) return;
    const now = this.#host.clock.now();
    this.#heartbeat.alive(now);
    this.#take(now);
    this.#holdBackWhileFull(); // the answers, too, wait for a client that does not read
  }

  drain() {
    this.#heartbeat.alive(); // the peer has read something
    this.outbox.drained();
  }

  close(code: number, reason: string) {
    if (!this.#isClosed) {
      this.#tellEnd("client", code, reason);
      this.#release(code, reason);
    }
    this.#host.gone(this);
  }

  // ---- what the heartbeat asks for ---------------------------------------------------------

  get bytesRead(): number | undefined {
    return this.socket.bytesRead;
  }

  ping() {
    this.outbox.push("PING");
  }

  late(lateMs: number) {
    this.#host.stalled(lateMs);
  }

  lost() {
    const { connectionId, dialect, remoteAddress } = this;
    this.#host.events["heartbeat.lost"]?.({ connectionId, dialect, remoteAddress });
    this.end(CloseCode.HeartbeatTimeout, "No sign of life", "abandon");
  }

  // ---- frames ------------------------------------------------------------------------------

  #readFrame(text: string, now: number) {
    const messages = readMessages(text, this.#host.readingLimits);
    // A frame without messages counts as one, or a flood of them would be answered for ever.
    if (messages === undefined || messages.length === 0) {
      const { verdict } = this.#take(now);
      if (messages === undefined && verdict !== "close") {
        this.unreadable("A frame must be JSON, PING or PONG");
      }
      return;
    }
    if (this.#state.name === "opening") this.#state.opening.count(text.length);
    const frame = toHeldFrame(text);
    const chars = Math.ceil(text.length / messages.length);
    for (let batchIndex = 0; batchIndex < messages.length; batchIndex++) {
      const verdict = this.#take(now);
      if (verdict.verdict === "close") return;
      const message = messages[batchIndex]!;
      this.#receive({ message, batchIndex, frame, verdict, atMs: now, chars });
      if (this.#isClosed) return;
    }
  }

  #receive(received: Received) {
    if (this.#state.name === "open") this.#handle(this.#state, received, received.atMs);
    else if (this.#state.name === "opening") this.#state.opening.receive(received);
  }

  // Messages are counted one by one however they were framed.
  #take(now: number) {
    const verdict = this.#rate.take(now);
    if (verdict.verdict === "close") this.end(CloseCode.RateLimited, this.#tooFast);
    return verdict;
  }

  get #tooFast() {
    return `More than ${this.#host.limits.messagesPerSecond} messages a second`;
  }

  // ---- opening ---------------------------------------------------------------------------

  admit(request: OpeningRequest, client: string | undefined): Promise<Admission> {
    const known = this.#state.name === "open" ? this.#state.face.client : client;
    return this.#host.admit(request, known, this);
  }

  refuse(error: TRPCError) {
    this.#host.events["connection.refused"]?.({
      stage: "credentials",
      status: CloseCode.Unauthenticated,
      code: error.code,
      reason: error.message,
      remoteAddress: this.remoteAddress,
    });
    // Before the close: a stock client whose first frame is a close starts its backoff anew.
    this.#tellNobody(error);
    this.end(CloseCode.Unauthenticated, error.code);
  }

  gaveUp(err: unknown) {
    this.#host.events["auth.failed"]?.({ err, remoteAddress: this.remoteAddress });
    this.end(CloseCode.TryAgain, "Could not authenticate");
  }

  opened(
    { face, ctx, place, userId, expiresInMs }: Admission,
    request: OpeningRequest,
    procedureHashes: ReadonlyMap<string, string> | undefined,
    early: readonly Received[],
    asked: SessionAsked | undefined,
  ) {
    this.ctx = ctx;
    this.place = place;
    this.procedureHashes = procedureHashes;
    const arrival = { ctx, place, procedureHashes, face };
    const session = asked && this.#host.sessions?.open(asked, userId, arrival, this);
    // Whoever was told that the socket before has ended may have ended this one, too.
    if (this.#isClosed) return session?.left(this, CloseCode.Draining);
    if (session !== undefined) this.outbox = session.outbox;
    else if (this.dialect === "full") this.outbox.push(this.#host.welcome);
    const dispatch = session?.dispatch ?? new Dispatch(this.#host, this);
    const state = { name: "open", face, dispatch, session } as const;
    this.#state = state;
    if (expiresInMs !== undefined) {
      this.#expiry = new Expiry(this, request, expiresInMs, this.#host);
    }
    this.#host.entered(face, request, this);
    for (const received of early) {
      if (this.#isClosed) return;
      this.#handle(state, received, this.#host.clock.now());
    }
    this.#holdBackWhileFull();
  }

  // ---- who is there, later -----------------------------------------------------------------

  askForCredentials(withinMs: number) {
    this.#tellAuth("auth.asked");
    if (this.dialect === "full") this.outbox.push(`{"method":"reauth","withinMs":${withinMs}}`);
    else this.askToReconnect(); // a stock client asks its application again when it connects
  }

  couldNotRenew(err: unknown) {
    this.#host.events["auth.failed"]?.({ err, remoteAddress: this.remoteAddress });
  }

  expired() {
    this.#tellAuth("auth.expired");
    this.end(CloseCode.CredentialsExpired, "The credentials have expired");
  }

  #tellAuth(event: "auth.asked" | "auth.renewed" | "auth.expired") {
    const state = this.#state;
    if (state.name !== "open") return;
    const { id: connectionId, principal } = state.face;
    this.#host.events[event]?.({ connectionId, userId: principal?.userId });
  }

  renewed({ ctx, place, userId, face, expiresInMs }: Admission): number | undefined {
    const state = this.#state;
    if (state.name !== "open") return undefined;
    if (userId !== state.face.principal?.userId) {
      this.end(CloseCode.Unauthenticated, "The credentials are another user's");
      return undefined;
    }
    Object.assign(state.session ?? this, { ctx, place });
    state.face.principal = face.principal;
    this.#tellAuth("auth.renewed");
    return expiresInMs;
  }

  // ---- what its session asks for -------------------------------------------------------------

  fence() {
    this.end(CloseCode.Replaced, "Another socket has taken over the session");
  }

  broken(reason: string) {
    this.unreadable(reason);
  }

  // ---- messages --------------------------------------------------------------------------

  #handle({ dispatch, session }: OpenState, received: Received, now: number) {
    const { message, batchIndex, frame, verdict, atMs } = received;
    const isBase = this.dialect === "base";
    if (session !== undefined && isCounted(message)) {
      session.hear(received.chars);
      if (this.#isClosed) return; // it acknowledges nothing, and has been told so
    }
    if (verdict.verdict === "refuse" && isRequest(message)) {
      const { retryAfterMs } = verdict;
      return dispatch.refuse(message, appError("RATE_LIMITED", { retryAfterMs }, this.#tooFast));
    }
    switch (message.method) {
      case "query":
      case "mutation":
      case "subscription":
        return dispatch.start(message, batchIndex, atMs, now, frame);
      case "subscription.stop":
        return dispatch.stop(message.id);
      case "cancel":
        if (isBase) return dispatch.refuseMalformed(message.id, notInBase);
        return dispatch.cancel(message.id);
      case "credit":
        if (isBase) return dispatch.refuseMalformed(message.id, notInBase);
        return dispatch.credit(message.id, message.count);
      case "ack":
        if (isBase) return this.unreadable(notInBase);
        return session?.acknowledgedBy(message.received);
      case "auth":
        if (isBase) return this.unreadable(notInBase);
        // Of credentials that do not expire there is nothing to renew.
        return void this.#expiry?.renew(message.credentials);
      case "hello":
        if (isBase) return this.unreadable(notInBase);
        return this.end(CloseCode.ProtocolError, "A second hello");
      case "connectionParams":
        return this.unreadable("connectionParams belong in the first frame");
      case "malformed":
        if (message.id === null) return this.unreadable(message.reason);
        return dispatch.refuseMalformed(message.id, message.reason);
    }
  }

  unreadable(reason: string) {
    const { dialect, remoteAddress } = this;
    // The log warns of a base dialect's client once: it goes on, and could fill it.
    const first = !this.#hasComplained;
    this.#hasComplained = true;
    this.#host.events["frame.unreadable"]?.({ dialect, reason, first, remoteAddress });
    const error = new TRPCError({ code: "PARSE_ERROR", message: reason });
    const state = this.#state;
    if (dialect === "base" && state.name === "opening" && state.opening.isExpecting) {
      return this.refuse(error);
    }
    this.#tellNobody(error);
    // In the base dialect a stock client goes on after it; PROTOCOL.md §6.
    if (dialect === "full") this.end(CloseCode.ProtocolError, reason);
  }

  /** Sends a failure that is about no call. */
  #tellNobody(error: TRPCError) {
    // First: an `ack` that is due would leave behind it, and in the full dialect it is the last message.
    if (this.dialect === "full") this.outbox.flush();
    this.outbox.push(`{"id":null,"error":${this.#host.encodeConnectionError(error)}}`);
  }

  /** Tells what dispatch has refused. */
  refused(error: TRPCError, { path }: Call) {
    const { remoteAddress } = this;
    this.#host.events["message.refused"]?.({
      ...failureOf(error),
      path,
      reason: error.message,
      remoteAddress,
    });
  }

  // A client that asks and does not read is read no further: its own kernel then holds it back.
  #holdBackWhileFull() {
    const { maxOutboxBytes } = this.#host.limits;
    if (this.#isPaused || this.#isClosed || this.outbox.bytes < maxOutboxBytes) return;
    this.#isPaused = true;
    this.socket.pause();
    this.outbox.whenTaken(() => {
      this.#isPaused = false;
      this.#heartbeat.alive(); // it could not be heard while it was not read
      this.socket.resume();
    });
  }

  // ---- the end ---------------------------------------------------------------------------

  /** Ends it with a close code of PROTOCOL.md §7. */
  end(code: number, reason: string, how: "politely" | "abandon" = "politely") {
    if (this.#isClosed) return;
    this.#tellEnd("server", code, reason);
    this.outbox.flush(); // what was said before the close should arrive before it
    this.#release(code, reason);
    if (how === "abandon") this.socket.terminate();
    else this.socket.close(code, reason);
  }

  #tellEnd(by: "server" | "client", code: number, reason: string) {
    const { connectionId, dialect, remoteAddress } = this;
    this.#host.events["connection.closed"]?.({
      connectionId,
      dialect,
      by,
      code,
      reason,
      remoteAddress,
      durationMs: this.#host.clock.now() - this.#startedMs,
    });
  }

  #release(code: number, reason: string) {
    const before = this.#state;
    this.#state = closed;
    this.#heartbeat.stop();
    this.#expiry?.stop();
    if (this.#isPaused) this.socket.resume(); // the peer's half of the closing handshake has to be read
    if (before.name === "opening") before.opening.stop();
    if (before.name === "open") {
      const { session, dispatch, face } = before;
      if (session === undefined) dispatch.close(code);
      else session.left(this, code);
      this.#host.left(face, code, reason);
    }
  }

  get #isClosed() {
    return this.#state.name === "closed";
  }
}

function isRequest(message: ClientMessage | Malformed): message is Request {
  const { method } = message;
  return method === "query" || method === "mutation" || method === "subscription";
}
