/**
 * The server: where the parts meet. A router, ways to say who is there, and sockets become a
 * service.
 */
import { randomUUID } from "node:crypto";
import type { IncomingMessage, Server } from "node:http";
import { fingerprint } from "@tautline/contracts";
import {
  type Clock,
  type HeartbeatOptions,
  type Socket,
  systemClock,
} from "@tautline/contracts/runtime";
import {
  CloseCode,
  fullDialectProtocol,
  type Limits,
  resolveLimits,
} from "@tautline/contracts/wire";
import {
  attachUpgrade,
  type RefusalStatus,
  refuseUpgrade,
  type UpgradeHandler,
} from "./adapter/http.js";
import { type Listening, listenForUpgrades } from "./adapter/listen.js";
import { decideUpgrade, type Origins } from "./adapter/upgrade.js";
import { createAcceptor } from "./adapter/ws.js";
import type { Call } from "./call/call.js";
import { createLanes, encodeConnectionError } from "./call/lane.js";
import { type ConnectionHost, ServedConnection } from "./connection/connection.js";
import { ConnectionFace } from "./connection/face.js";
import type { ConnectionStart } from "./connection/opening.js";
import { createPlaces } from "./connection/places.js";
import { toReadingLimits } from "./connection/read-messages.js";
import { type AfterTurn, loopTimes, Turn } from "./connection/turn.js";
import { welcomeText } from "./connection/welcome.js";
import { toWholeClock } from "./connection/whole-clock.js";
import { jsonWriter } from "./connection/writer.js";
import type {
  Connection,
  CreateContext,
  OpeningRequest,
  Principal,
  RouterAccepting,
} from "./context.js";
import { type DrainOptions, drain, type Leaving } from "./drain.js";
import { incidentOf, isUndeclared } from "./errors.js";
import { contractOf } from "./implement.js";
import { createEvents } from "./observe/emit.js";
import type { EventSink } from "./observe/events.js";
import { logEvents } from "./observe/log-events.js";
import { consoleLogger, type Logger } from "./observe/logger.js";
import type { Metrics } from "./observe/metrics.js";
import type { Tracing } from "./observe/tracing.js";
import { createWatch, failureOf } from "./observe/watch.js";
import { createMemoryRequestStore } from "./session/requests/memory-store.js";
import { RequestRecords } from "./session/requests/records.js";
import type { RequestStore } from "./session/requests/store.js";
import { type SessionOptions, Sessions } from "./session/sessions.js";
import { type AnyTRPCRouter, type inferRouterContext, TRPCError } from "./trpc.js";

/** What a failed call tells `onError`. */
export interface ErrorReport {
  readonly error: TRPCError;
  readonly type: "query" | "mutation" | "subscription";
  readonly path: string;
  readonly input: unknown;
  readonly ctx: unknown;
  /** Where an undeclared exception is found in the log; the client was told the same id. */
  readonly incidentId: string | undefined;
}

/** Says who is there. `null` refuses. */
export type Authenticate<P> = (request: OpeningRequest) => P | null | Promise<P | null>;

/** Options of {@link createServer} that need no types of the application. */
export interface ServerOptions<P extends Principal | null> {
  /**
   * Says who is there, from credentials, headers or both. Return `null` or throw a `TRPCError` to
   * refuse: the client is told and stays away. Any other exception closes with *come back*.
   *
   * Write it above the callbacks: TypeScript infers the principal from it, reading from the top. With
   * its parameter annotated, `(request: OpeningRequest) => …`, it may stand anywhere.
   *
   * @default everybody is let in, as nobody: the principal is null
   */
  readonly authenticate?: Authenticate<P> | undefined;
  /** A connection is open. Exceptions are logged and change nothing. */
  readonly onConnect?: (event: {
    readonly connection: Connection<P>;
    readonly request: OpeningRequest;
  }) => void;
  /** A connection has ended, with the code of PROTOCOL.md §7 it ended with. */
  readonly onDisconnect?: (event: {
    readonly connection: Connection<P>;
    readonly code: number;
    readonly reason: string;
  }) => void;
  /** A call failed: declared, undeclared or refused by its schema. */
  readonly onError?: (report: ErrorReport) => void;
  /**
   * Where to log; takes pino as it is.
   *
   * @default warnings and errors on the console
   */
  readonly logger?: Logger;
  /**
   * Hears of everything that happens. What it throws is logged and changes nothing; `onlyEvents` makes
   * one that is asked for some events only, and then the others are not even made.
   */
  readonly onEvent?: EventSink | undefined;
  /**
   * Measures: `prometheus()` of `@tautline/server/prometheus`. A server that listens on a port of its own
   * shows the numbers there, on a path of theirs; elsewhere mount their `handle`.
   */
  readonly metrics?: Metrics | undefined;
  /** Puts calls into traces: `openTelemetry()` of `@tautline/server/opentelemetry`. */
  readonly tracing?: Tracing | undefined;
  /**
   * Which pages may connect: `"any"`, `"same"` (the page's host is the request's Host), or a list of
   * origins such as `["https://app.example"]`. Cookies and HTTP credentials reach `authenticate`
   * only when it is not `"any"`. RFC 6455 §10.2
   *
   * @default "any"
   */
  readonly origins?: Origins;
  /** What one connection may ask; each limit says its default and its reason. */
  readonly limits?: Partial<Limits>;
  /** When a silent client is asked for a sign of life, and when it is given up. */
  readonly heartbeat?: HeartbeatOptions;
  /**
   * How long calls and subscriptions of the full dialect outlive their socket, and how many may do so
   * at once. `false`: they end with it. PROTOCOL.md §9
   *
   * @default all defaults of {@link SessionOptions}
   */
  readonly session?: SessionOptions | false;
  /**
   * Where it is noted which mutations have run, and how they were answered, so that none runs twice.
   * `false`: nowhere; then what was under way when a session is lost is `OUTCOME_UNKNOWN`, and `key`
   * means nothing. PROTOCOL.md §10
   *
   * @default the memory of this process
   */
  readonly requests?: RequestStore | false;
  /**
   * Time a client has for new credentials after its own have expired, in milliseconds.
   *
   * @default 25_000
   */
  readonly reauthGraceMs?: number;
  /**
   * After a loss, clients wait for a random time up to this before they return, in milliseconds.
   * Some thousand clients want some seconds.
   *
   * @default 250
   */
  readonly reconnectWindowMs?: number;
  /**
   * The clock for heartbeats and deadlines.
   *
   * @default the process's own
   */
  readonly clock?: Clock;
  /**
   * Runs a function at the end of the present turn of the event loop: then what became ready in
   * it is written.
   *
   * @default setImmediate
   */
  readonly afterTurn?: AfterTurn;
}

const accessTakenBack = "Access was taken back";

/** A running service. */
export interface TautlineServer {
  /**
   * Listens on a port of its own, on every path. Requests that are no upgrade are answered with 426.
   *
   * @param port 0 takes a free one.
   * @param host The address to listen on. `@default "127.0.0.1"`
   */
  listen(port: number, host?: string): Promise<{ readonly port: number; readonly url: string }>;
  /**
   * Serves upgrades for one path of an existing http server. Several fit on one server, each on a
   * path of its own.
   *
   * @returns what undoes it; open connections stay.
   * @throws Error when the path is taken by another one.
   */
  attach(server: Server, options?: AttachOptions): () => void;
  /** Serves a socket that came some other way: a test's memory socket, say. */
  serve(socket: Socket, request?: Partial<SocketRequest>): void;
  /** The connections that are open now. */
  readonly connections: ReadonlySet<Connection<any>>;
  /** Whether it takes clients, asks them to leave, or is closed: for a health check. */
  readonly state: "serving" | "draining" | "closed";
  /**
   * Takes a user's access back: every connection and session of theirs ends at once, with 4505 (*stay
   * away*), and their handlers' signals abort. Whether they may come in again, `authenticate` decides.
   *
   * @returns how many connections, and sessions that waited for their client, have ended.
   */
  revoke(whom: { readonly userId: string }): Promise<number>;
  /**
   * Leaves without anybody losing anything: upgrades are refused with 503, clients are asked to go
   * elsewhere, and what runs here may end here. Then, or at the deadline, it closes. PROTOCOL.md §9.6
   */
  drain(options?: DrainOptions): Promise<void>;
  /**
   * Ends: no new connections, every open one closed with 4000 (*come back*), every handler's signal
   * aborted. Resolves when all sockets are gone.
   */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Options of {@link TautlineServer.attach}. */
export interface AttachOptions {
  /**
   * The path of the line.
   *
   * @default "/line"
   */
  readonly path?: string;
}

/** What is known of a socket's request, and how the client said it would open. PROTOCOL.md §3 */
export type SocketRequest = ConnectionStart;

/**
 * Creates a server for a router: one that `implement` built, any other tRPC router, or both merged.
 *
 * @throws RangeError when a limit is out of range.
 * @example
 * ```ts
 * const server = createServer({ router, authenticate, createContext });
 * const { url } = await server.listen(3000);
 * ```
 */
export function createServer(
  options: ServerOptions<null> & {
    readonly router: RouterAccepting<{ principal: null }>;
    /** May be left out: the context is `{ principal }`, which is all this router asks for. */
    readonly createContext?: undefined;
  },
): TautlineServer;
export function createServer<P extends Principal>(
  options: ServerOptions<P> & {
    readonly router: RouterAccepting<{ principal: P }>;
    readonly authenticate: Authenticate<P>;
    /** May be left out: the context is `{ principal }`, which is all this router asks for. */
    readonly createContext?: undefined;
  },
): TautlineServer;
export function createServer<Router extends AnyTRPCRouter, P extends Principal | null = null>(
  options: ServerOptions<P> & {
    readonly router: Router;
    readonly createContext: CreateContext<inferRouterContext<Router>, P>;
  },
): TautlineServer;
export function createServer<P extends Principal | null>(
  options: ServerOptions<P> & {
    readonly router: AnyTRPCRouter;
    readonly createContext?: CreateContext<unknown, P> | undefined;
  },
): TautlineServer {
  const { router, authenticate, createContext, onConnect, onDisconnect, onError } = options;
  const { logger = consoleLogger, origins = "any", clock = systemClock } = options;
  const { afterTurn = setImmediate, reconnectWindowMs = 250, reauthGraceMs = 25_000 } = options;
  const { intervalMs = 15_000, timeoutMs = 5_000 } = options.heartbeat ?? {};

  const { onEvent, metrics, tracing } = options;
  const sinks = [logEvents(logger), metrics?.sink, onEvent].filter((sink) => sink !== undefined);
  const events = createEvents(sinks, (err) => threw("An event's listener", err));

  const limits = resolveLimits(options.limits);
  const acceptor = createAcceptor(limits);
  const places = createPlaces(limits.maxCallsPerPrincipal);
  const contract = contractOf(router);
  const told = contract && fingerprint(contract);
  const connections = new Set<Connection<P>>();
  /** Whoever has a socket; to be told if the server closes. */
  const open = new Set<Leaving>();
  const attachments = new Set<() => void>();
  const listenings = new Set<Listening>();
  /** Those that are being let in, each with the users whose access is taken back meanwhile. */
  const entering = new Set<Set<string>>();
  let draining: Promise<void> | undefined;
  let closing: Promise<void> | undefined;
  let whenEmpty: (() => void) | undefined;

  const welcome = welcomeText(limits, { intervalMs, timeoutMs }, reconnectWindowMs, told);
  const dispatching = {
    limits,
    clock: toWholeClock(clock),
    writer: jsonWriter,
    lane: createLanes(router),
    encodeInternal: (error: TRPCError, path: string) => encodeConnectionError(router, error, path),
    report,
    watch: createWatch({
      events,
      tracing,
      now: () => clock.now(),
      isKnown: (path) => Object.hasOwn(router._def.procedures, path),
      threw: (err) => threw("The tracing", err),
    }),
  };
  const store =
    options.requests === false
      ? undefined
      : (options.requests ?? createMemoryRequestStore({ clock }));
  const records =
    store &&
    new RequestRecords({
      store,
      clock,
      incarnation: randomUUID(),
      onFailure: (err) => logger.warn({ err }, "A mutation's record is not what it should be"),
    });
  const sessions =
    options.session === false
      ? undefined
      : new Sessions({
          ...options.session,
          ...dispatching,
          welcome,
          records,
          events,
        });

  const host: ConnectionHost = {
    ...dispatching,
    events,
    sessions,
    records,
    reauthGraceMs,
    readingLimits: toReadingLimits(limits),
    turn: new Turn(afterTurn, loopTimes(clock)),
    heartbeat: { intervalMs, timeoutMs },
    contract: told,
    welcome,
    encodeConnectionError: (error) => encodeConnectionError(router, error),
    admit,
    entered(face, request) {
      const connection = face as Connection<P>;
      connections.add(connection);
      events["connection.opened"]?.({
        connectionId: face.id,
        dialect: face.dialect,
        client: face.client,
        userId: face.principal?.userId,
        remoteAddress: face.remoteAddress,
      });
      guarded("onConnect", () => onConnect?.({ connection, request }));
    },
    left(face, code, reason) {
      const connection = face as Connection<P>;
      connections.delete(connection);
      guarded("onDisconnect", () => onDisconnect?.({ connection, code, reason }));
    },
    stalled,
    gone,
  };

  // Every connection whose heartbeat was due meanwhile notices: told once.
  let toldStallAtMs = Number.NEGATIVE_INFINITY;
  function stalled(lateMs: number) {
    const now = clock.now();
    if (now - toldStallAtMs < lateMs) return;
    toldStallAtMs = now;
    events["loop.stalled"]?.({ stalledMs: Math.round(lateMs) });
  }

  function report(error: TRPCError, call: Call | undefined) {
    const incidentId = isUndeclared(error) ? incidentOf(error) : undefined;
    const { type = "query", path = "", rawInput: input, ctx } = call ?? {};
    if (incidentId !== undefined) {
      const err = error.cause ?? error;
      events["handler.failed"]?.({ kind: type, path, incidentId, err });
    } else {
      const reason = error.message;
      events["call.failed"]?.({ kind: type, path, ...failureOf(error), reason });
    }
    guarded("onError", () => onError?.({ error, type, path, input, ctx, incidentId }));
  }

  // A callback's bug is its author's; it must not take the connection with it.
  function guarded(name: string, run: () => unknown) {
    const failed = (err: unknown) => events["callback.failed"]?.({ name, err });
    try {
      const result = run();
      if (result instanceof Promise) result.catch(failed);
    } catch (err) {
      failed(err);
    }
  }

  // Straight into the log: as an event it would come to the listener that has just thrown. And the
  // log is a listener, too.
  function threw(who: string, err: unknown) {
    try {
      logger.error({ err }, `${who} threw`);
    } catch {
      console.error(`[tautline] ${who} threw, and the logger as well`, err);
    }
  }

  async function admit(
    request: OpeningRequest,
    client: string | undefined,
    served: ServedConnection,
  ) {
    const revoked = new Set<string>();
    entering.add(revoked);
    try {
      const admission = await recognize(request, client, served);
      if (admission.userId === undefined || !revoked.has(admission.userId)) return admission;
      served.end(CloseCode.Revoked, accessTakenBack);
      throw new TRPCError({ code: "UNAUTHORIZED", message: accessTakenBack });
    } finally {
      entering.delete(revoked);
    }
  }

  async function recognize(
    request: OpeningRequest,
    client: string | undefined,
    served: ServedConnection,
  ) {
    let principal = null as P;
    if (authenticate !== undefined) {
      const found = await authenticate(request);
      if (found === null || found === undefined) {
        throw new TRPCError({ code: "UNAUTHORIZED", message: "The credentials were refused" });
      }
      principal = found;
    }
    const face = new ConnectionFace(served, principal, client, served.connectionId);
    const ctx = createContext
      ? await createContext({ principal, connection: face, request })
      : { principal };
    const { userId, expiresAt } = principal ?? {};
    const expiresInMs = expiresAt && Math.max(0, expiresAt.getTime() - Date.now());
    return { face, ctx, place: places.of(userId), userId, expiresInMs };
  }

  function serve(socket: Socket, request: SocketRequest) {
    if (closing !== undefined) {
      return turnAway(socket, CloseCode.Draining, "The server is closing");
    }
    const connection = new ServedConnection(socket, request, host);
    open.add(connection);
    connection.start();
  }

  /** A socket that is accepted only because a close code says more than a refused upgrade. */
  function turnAway(socket: Socket, code: number, reason: string) {
    const turnedAway = { end() {}, askToLeave() {} };
    open.add(turnedAway);
    socket.start({ frame() {}, close: () => gone(turnedAway) });
    socket.close(code, reason);
  }

  function gone(connection: Leaving) {
    open.delete(connection);
    if (open.size === 0) whenEmpty?.();
  }

  function noteRefusal({ headers, socket }: IncomingMessage, status: number, reason: string) {
    const { remoteAddress } = socket;
    const { origin } = headers;
    const stage = "upgrade";
    events["connection.refused"]?.({ stage, status, reason, remoteAddress, origin });
  }

  const upgrade: UpgradeHandler = (request, stream, head) => {
    const refused = (status: RefusalStatus, reason: string) => {
      noteRefusal(request, status, reason);
      refuseUpgrade(stream, status, reason);
    };
    if (draining !== undefined) return refused(503, "The server is draining");
    const decision = decideUpgrade(request, { origins });
    if (!decision.accept) return refused(decision.status, decision.reason);
    const { choice, headers, url, expectsParams } = decision;
    const { remoteAddress } = request.socket;
    acceptor.accept(request, stream, head, {
      refused,
      socket(socket) {
        if (choice.dialect === "unsupported") {
          const reason = `Cannot speak ${choice.protocol}: use ${fullDialectProtocol}`;
          noteRefusal(request, CloseCode.UnsupportedVersion, reason);
          return turnAway(socket, CloseCode.UnsupportedVersion, reason);
        }
        const { dialect } = choice;
        serve(socket, { dialect, expectsParams, headers, url, remoteAddress });
      },
    });
  };

  function assertOpen(action: string) {
    if (closing !== undefined) throw new Error(`Cannot ${action}: the server is closed`);
  }

  function attach(server: Server, { path = "/line" }: AttachOptions = {}) {
    assertOpen("attach");
    const undo = attachUpgrade(server, path, upgrade, (request, status) =>
      noteRefusal(request, status, "Nothing is served where a client asked to connect"),
    );
    attachments.add(undo);
    return () => {
      attachments.delete(undo);
      undo();
    };
  }

  async function listen(port: number, host = "127.0.0.1") {
    assertOpen("listen");
    const listening = await listenForUpgrades(port, host, {
      upgrade,
      requestTimeoutMs: limits.helloTimeoutMs,
      page: metrics,
      onError: (err) => events["accept.failed"]?.({ err }),
      onBadRequest: (err, remoteAddress) => events["request.unreadable"]?.({ err, remoteAddress }),
    });
    if (closing !== undefined) await listening.stop();
    assertOpen("listen");
    listenings.add(listening);
    return { port: listening.port, url: listening.url };
  }

  async function end() {
    for (const undo of attachments) undo();
    const stopped = [...listenings].map((listening) => listening.stop());
    for (const connection of open) connection.end(CloseCode.Draining, "The server is closing");
    sessions?.endSuspended(CloseCode.Draining);
    if (open.size > 0) {
      await new Promise<void>((resolve) => {
        whenEmpty = resolve;
      });
    }
    await Promise.all(stopped);
    records?.close();
    // One that was passed in is its owner's to close.
    if (options.requests === undefined) await store?.close();
  }

  function close() {
    if (closing === undefined) {
      let ended = () => {};
      // First of all, for what is told of the end may ask for it again.
      closing = new Promise((resolve) => {
        ended = resolve;
      });
      void end().then(ended);
    }
    return closing;
  }

  async function leave({ deadlineMs = 25_000, windowMs = 5_000 }: DrainOptions = {}) {
    const beganMs = clock.now();
    events["drain.began"]?.({ connections: open.size, deadlineMs });
    await drain(open, clock, deadlineMs, windowMs);
    events["drain.ended"]?.({ durationMs: clock.now() - beganMs, left: open.size });
    await close();
  }

  return {
    listen,
    attach,
    connections,
    get state() {
      if (closing !== undefined) return "closed";
      return draining === undefined ? "serving" : "draining";
    },
    async revoke({ userId }) {
      const theirs = [...connections].filter(({ principal }) => principal?.userId === userId);
      for (const connection of theirs) connection.close(CloseCode.Revoked, accessTakenBack);
      for (const revoked of entering) revoked.add(userId);
      // What is left waits for its client, who is not to find it.
      const waiting = sessions?.of(userId) ?? [];
      for (const session of waiting) session.end(CloseCode.Revoked);
      const ended = theirs.length + waiting.length;
      events.revoked?.({ userId, sessions: ended });
      return ended;
    },
    drain(drainOptions) {
      draining ??= leave(drainOptions);
      return draining;
    },
    serve(socket, request = {}) {
      serve(socket, {
        dialect: "full",
        expectsParams: false,
        headers: {},
        url: new URL("ws://localhost/"),
        remoteAddress: undefined,
        ...request,
      });
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
