/**
 * The server: where the parts meet. A router, ways to say who is there, and sockets become a
 * service.
 */
import { randomUUID } from "node:crypto";
import type { Server } from "node:http";
import { fingerprint } from "@tautline/contracts";
import { type Socket, systemClock } from "@tautline/contracts/runtime";
import { CloseCode, resolveLimits } from "@tautline/contracts/wire";
import { Admissions, accessTakenBack } from "./admission.js";
import { createLanes, encodeConnectionError } from "./call/lane.js";
import { type ConnectionHost, ServedConnection } from "./connection/connection.js";
import type { ConnectionStart } from "./connection/opening.js";
import { createPlaces } from "./connection/places.js";
import { toReadingLimits } from "./connection/read-messages.js";
import { Turn } from "./connection/turn.js";
import { welcomeText } from "./connection/welcome.js";
import { toWholeClock } from "./connection/whole-clock.js";
import { jsonWriter } from "./connection/writer.js";
import type { Connection, CreateContext, Principal, RouterAccepting } from "./context.js";
import { Doors } from "./doors.js";
import { type DrainOptions, drain, type Leaving } from "./drain.js";
import { contractOf } from "./implement.js";
import { assertNumbers } from "./numbers.js";
import { createEvents } from "./observe/emit.js";
import { logEvents } from "./observe/log-events.js";
import { consoleLogger } from "./observe/logger.js";
import { createWatch } from "./observe/watch.js";
import type { Authenticate, ServerOptions } from "./options.js";
import { createReports, logThrown } from "./reports.js";
import { createMemoryRequestStore } from "./session/requests/memory-store.js";
import { RequestRecords } from "./session/requests/records.js";
import { Sessions } from "./session/sessions.js";
import type { AnyTRPCRouter, inferRouterContext, TRPCError } from "./trpc.js";

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
   * @throws TypeError when no request can have the path, Error when it is taken by another one.
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
   *
   * @throws RangeError when a time is out of range.
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
 * @throws RangeError when a limit, a time or a number of sessions is out of range.
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
  assertNumbers("heartbeat", { intervalMs, timeoutMs });
  assertNumbers("", { reauthGraceMs }, { isZeroAllowed: true });
  assertNumbers("", { reconnectWindowMs }, { isZeroAllowed: true, isInfinityAllowed: false });

  const { onEvent, metrics, tracing } = options;

  const sinks = [logEvents(logger), metrics?.sink, onEvent].filter((sink) => sink !== undefined);
  const events = createEvents(sinks, (err) => logThrown(logger, "An event's listener", err));
  const reports = createReports({ events, clock, onError });

  const limits = resolveLimits(options.limits);
  const places = createPlaces(limits.maxCallsPerPrincipal);
  const admissions = new Admissions<P>({ authenticate, createContext, placeOf: places.of });
  const contract = contractOf(router);
  const told = contract && fingerprint(contract);
  const connections = new Set<Connection<P>>();
  /** Whoever has a socket; to be told if the server closes. */
  const open = new Set<Leaving>();
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
    report: reports.failed,
    watch: createWatch({
      events,
      tracing,
      now: () => clock.now(),
      isKnown: (path) => Object.hasOwn(router._def.procedures, path),
      threw: (err) => logThrown(logger, "The tracing", err),
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
      : new Sessions({ ...options.session, ...dispatching, welcome, records, events });

  const hosting: ConnectionHost = {
    ...dispatching,
    events,
    sessions,
    records,
    reauthGraceMs,
    readingLimits: toReadingLimits(limits),
    turn: new Turn(afterTurn, clock),
    heartbeat: { intervalMs, timeoutMs },
    contract: told,
    welcome,
    encodeConnectionError: (error) => encodeConnectionError(router, error),
    admit: (...asked) => admissions.admit(...asked),
    entered(face, request, served) {
      admissions.forget(served);
      const connection = face as Connection<P>;
      connections.add(connection);
      events["connection.opened"]?.({
        connectionId: face.id,
        dialect: face.dialect,
        client: face.client,
        userId: face.principal?.userId,
        remoteAddress: face.remoteAddress,
      });
      reports.guarded("onConnect", () => onConnect?.({ connection, request }));
    },
    left(face, code, reason) {
      const connection = face as Connection<P>;
      connections.delete(connection);
      reports.guarded("onDisconnect", () => onDisconnect?.({ connection, code, reason }));
    },
    stalled: reports.stalled,
    gone,
  };
  const doors = new Doors({
    limits,
    origins,
    events,
    metrics,
    isDraining: () => draining !== undefined,
    isClosed: () => closing !== undefined,
    serve,
    turnAway,
  });

  function serve(socket: Socket, request: ConnectionStart) {
    if (closing !== undefined) {
      return turnAway(socket, CloseCode.Draining, "The server is closing");
    }
    const connection = new ServedConnection(socket, request, hosting);
    open.add(connection);
    connection.start();
  }

  function turnAway(socket: Socket, code: number, reason: string) {
    const turnedAway = { end() {}, askToLeave() {} };
    open.add(turnedAway);
    socket.start({ frame() {}, close: () => gone(turnedAway) });
    socket.close(code, reason);
  }

  function gone(connection: Leaving) {
    open.delete(connection);
    admissions.forget(connection as ServedConnection);
    if (open.size === 0) whenEmpty?.();
  }

  async function end() {
    const closed = doors.close();
    for (const connection of open) connection.end(CloseCode.Draining, "The server is closing");
    sessions?.endSuspended(CloseCode.Draining);
    if (open.size > 0) {
      await new Promise<void>((resolve) => {
        whenEmpty = resolve;
      });
    }
    await closed;
    records?.close();
    // One that was passed in is its owner's to close.
    if (options.requests === undefined) await store?.close();
  }

  function close() {
    if (closing === undefined) {
      let ended = (_end: Promise<void>) => {};
      // First of all, for what is told of the end may ask for it again.
      closing = new Promise((resolve) => {
        ended = resolve;
      });
      ended(end());
    }
    return closing;
  }

  async function leave(deadlineMs: number, windowMs: number) {
    const beganMs = clock.now();
    events["drain.began"]?.({ connections: open.size, deadlineMs });
    await drain(open, clock, deadlineMs, windowMs, () => sessions?.areBusy === true);
    events["drain.ended"]?.({ durationMs: clock.now() - beganMs, left: open.size });
    await close();
  }

  return {
    listen: (port, host = "127.0.0.1") => doors.listen(port, host),
    attach: (server, { path = "/line" } = {}) => doors.attach(server, path),
    connections,
    get state() {
      if (closing !== undefined) return "closed";
      return draining === undefined ? "serving" : "draining";
    },
    async revoke({ userId }) {
      const theirs = [...connections].filter(({ principal }) => principal?.userId === userId);
      for (const connection of theirs) connection.close(CloseCode.Revoked, accessTakenBack);
      admissions.takeBack(userId);
      // What is left waits for its client, who is not to find it.
      const waiting = sessions?.of(userId) ?? [];
      for (const session of waiting) session.end(CloseCode.Revoked);
      const ended = theirs.length + waiting.length;
      events.revoked?.({ userId, sessions: ended });
      return ended;
    },
    drain({ deadlineMs = 25_000, windowMs = 5_000 } = {}) {
      assertNumbers("drain", { deadlineMs }, { isZeroAllowed: true });
      // It is divided up, and told to clients.
      assertNumbers("drain", { windowMs }, { isZeroAllowed: true, isInfinityAllowed: false });
      draining ??= leave(deadlineMs, windowMs);
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
