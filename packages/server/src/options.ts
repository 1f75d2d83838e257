/** What a server is told when it is created: who is let in, who hears of what, and what bounds it. */
import type { Clock, HeartbeatOptions } from "@tautline/contracts/runtime";
import type { Limits } from "@tautline/contracts/wire";
import type { Origins } from "./adapter/upgrade.js";
import type { AfterTurn } from "./connection/turn.js";
import type { Connection, OpeningRequest, Principal } from "./context.js";
import type { EventSink } from "./observe/events.js";
import type { Logger } from "./observe/logger.js";
import type { Metrics } from "./observe/metrics.js";
import type { Tracing } from "./observe/tracing.js";
import type { RequestStore } from "./session/requests/store.js";
import type { SessionOptions } from "./session/sessions.js";
import type { TRPCError } from "./trpc.js";

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

/** Options of `createServer` that need no types of the application. */
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
   * it is written, or a few turns later while the process is saturated.
   *
   * @default setImmediate
   */
  readonly afterTurn?: AfterTurn;
}
