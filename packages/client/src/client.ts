/**
 * The client: its options, and the proxy in front of what they make.
 */
import type {
  ClientSocket,
  Clock,
  ConnectSocket,
  HeartbeatOptions,
} from "@tautline/contracts/runtime";
import type { AddressOptions } from "./connection/address.js";
import type { Connection } from "./connection/face.js";
import { type ClientCore, createCore } from "./core.js";
import { createProxy } from "./proxy.js";
import type { Client } from "./proxy-types.js";
import { subscribe } from "./subscribe.js";
import type { Transformer } from "./transformer.js";
import type { KnownContract } from "./with-contract.js";

/** Options of {@link createClient}. */
export interface ClientOptions<C = unknown> extends AddressOptions {
  /**
   * The contract itself, wrapped by `withContract`: adds its deadlines, what it says of
   * repeating, its fingerprint, and inputs checked before they are sent.
   *
   * @default none: the type alone is enough
   */
  readonly contract?: KnownContract<C> | undefined;
  /**
   * Which wire to speak. `trpc` is for servers that are not Tautline's: no cancelling, no
   * credit, and plain subscriptions begin anew after a loss. Without credit, events that a slow
   * `for await` has not read wait here, however many they are. PROTOCOL.md §2
   *
   * @default "tautline"
   */
  readonly dialect?: "tautline" | "trpc" | undefined;
  /**
   * How values travel; the server must use the same. Left out: superjson's form, by a codec of
   * our own. `"none"`: plain JSON.
   */
  readonly transformer?: Transformer | "none" | undefined;
  /**
   * The longest a query or mutation may take, waiting for a connection included, in
   * milliseconds. A call can ask for another, a contract for less. Subscriptions have none.
   *
   * @default 30_000
   */
  readonly deadlineMs?: number | undefined;
  /**
   * Whether to connect only for the first call.
   *
   * @default true
   */
  readonly lazy?: boolean | undefined;
  /**
   * Closes after so many milliseconds without a call or subscription; the next call connects.
   *
   * @default none: it stays open
   */
  readonly idleMs?: number | undefined;
  /**
   * Whether calls and subscriptions outlive the socket they were made on: after a loss they go on,
   * on the next one, where they were. Only where the server keeps sessions. PROTOCOL.md §9
   *
   * @default true
   */
  readonly session?: boolean | undefined;
  /** The delays before reconnecting. They are drawn at random, each from 0 to a growing ceiling. */
  readonly reconnect?:
    | {
        /**
         * The first ceiling, in milliseconds, until a server has told its own.
         *
         * @default 250
         */
        readonly minMs?: number | undefined;
        /**
         * The highest ceiling, in milliseconds.
         *
         * @default 30_000
         */
        readonly maxMs?: number | undefined;
      }
    | undefined;
  /**
   * Time for a connection to be open, asking for credentials included, in milliseconds.
   *
   * @default 10_000
   */
  readonly connectTimeoutMs?: number | undefined;
  /**
   * What a call does that is made after a connection was lost and before the next is there: wait for it,
   * up to its deadline, or fail at once with `NOT_SENT`. Calls that were made before go on either way.
   *
   * @default it waits
   */
  readonly offline?: "wait" | "fail" | undefined;
  /**
   * Calls that may wait while there is no connection; one more fails with `NOT_SENT`.
   *
   * @default 10_000
   */
  readonly maxWaitingCalls?: number | undefined;
  /**
   * The largest frame taken from the server, in bytes, where the platform can limit it. A larger
   * one closes with 1009. Well above what servers send by default: one's own server is trusted.
   *
   * @default 16_777_216
   */
  readonly maxFrameBytes?: number | undefined;
  /**
   * How to watch for life. What is left out is the server's to tell.
   *
   * @default { intervalMs: 15_000, timeoutMs: 5_000 }
   */
  readonly heartbeat?: HeartbeatOptions;
  /** Free text for the server's log, such as `"dashboard/1.4"`. */
  readonly name?: string | undefined;
  /**
   * The span that a call is made in, as a W3C traceparent: asked for each call, and told to the
   * server, whose span then belongs to the same trace. `activeTrace` of
   * `@tautline/client/opentelemetry` is one. What it throws is ignored.
   *
   * @default none is told
   */
  readonly trace?: (() => string | undefined) | undefined;
  /**
   * Calls `look` when the network or the page may be back, until the returned function is called:
   * then a connection that waits is made at once, and one that is open is asked for a sign of life. For
   * platforms with signals of their own (React Native's `AppState`), and for tests.
   *
   * @default a browser's `online` and `visibilitychange`; nothing on Node
   */
  readonly watchNetwork?: ((look: () => void) => () => void) | undefined;
  /** How sockets are opened. For tests. */
  readonly connect?: ConnectSocket<ClientSocket> | undefined;
  /** The time. For tests. */
  readonly clock?: Clock | undefined;
  /** A number from 0 up to 1. For tests. */
  readonly random?: (() => number) | undefined;
}

const cores = new WeakMap<object, ClientCore>();

/**
 * Creates the typed client of a contract (`typeof app`) or of a tRPC router type. All calls share
 * one connection, which is made for the first of them.
 *
 * Calls reject with a `TRPCClientError`. For `instanceof`, import that class from here: it is tRPC's,
 * and only an app that uses it, or `link`, has tRPC's client in its bundle. Without it
 * `isTRPCClientError` of `@trpc/client` says no to errors of this client.
 *
 * @example
 * ```ts
 * import type { app } from "./contract";
 *
 * const api = createClient<typeof app>({ url: "/line" });
 * const incidents = await api.incident.list.query();
 * for await (const { data } of api.incident.changes.subscribe()) show(data);
 * ```
 */
export function createClient<C>(options: ClientOptions<C>): Client<C> {
  const core = createCore(options);
  const api = createProxy((path, method, input, given = {}) => {
    if (method === "subscribe") return subscribe(core, path, input, given);
    const kind = method === "mutate" ? "mutation" : method;
    if (kind !== "query" && kind !== "mutation") {
      throw new TypeError(`Cannot call ${path}.${method}: use query, mutate or subscribe`);
    }
    return new Promise((next, fail) => void core.open(kind, path, input, given, { next, fail }));
  });
  cores.set(api, core);
  return api as Client<C>;
}

/**
 * The connection under a client. A function, because every name of the client is the contract's.
 *
 * @throws TypeError when `api` is not what `createClient` returned.
 */
export function connectionOf(api: object): Connection {
  return coreOf(api).connection;
}

/** What is behind a client. */
export function coreOf(api: object): ClientCore {
  const core = cores.get(api);
  if (!core) throw new TypeError("Cannot find the connection: this is no client");
  return core;
}
