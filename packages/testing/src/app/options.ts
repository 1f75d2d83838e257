/** What a service in a test may be told. All of it has a default but the router. */
import type { ClientOptions } from "@tautline/client";
import type { LogLevel, Principal, ServerOptions } from "@tautline/server";
import type { ManualClock } from "../manual-clock.js";

/** Options of the server, as `createServer` takes them; what is not here `startApp` sees to. */
export type AppServerOptions<P extends Principal | null> = Omit<
  ServerOptions<P>,
  "authenticate" | "clock" | "afterTurn" | "metrics"
>;

/** Options of a client, as `createClient` takes them; what is not here `startApp` sees to. */
export interface AppClientOptions
  extends Partial<Omit<ClientOptions, "contract" | "connect" | "clock">> {
  /**
   * What the upgrade request carries, such as `origin` or `cookie`. Cookies reach `authenticate`
   * only where `server.origins` says which pages may connect.
   *
   * @default {}
   */
  readonly headers?: Record<string, string> | undefined;
}

/** Options of `startApp` that need no types of the router. */
export interface AppOptions<P extends Principal | null, C> {
  /**
   * Says who is there, as the server's own option does. Written above `createContext`, it gives that
   * its types.
   *
   * @default everybody is let in, as nobody
   */
  readonly authenticate?: ServerOptions<P>["authenticate"];
  /**
   * The contract, for clients that know it, as those made with `withContract` do: its deadlines,
   * what it says of repeating, its fingerprint. The types of `api` are then the contract's.
   *
   * @default none: clients have the router's types, and know as much as with `import type`
   */
  readonly contract?: C | undefined;
  /** All else the server may be told, such as `limits` or `session`. A restart uses it again. */
  readonly server?: AppServerOptions<P> | undefined;
  /** What all clients have in common, such as `deadlineMs`. */
  readonly client?: AppClientOptions | undefined;
  /**
   * The clock of both ends and of the network between them: `"real"`, or one moved by hand. Make
   * that yourself where your handlers shall run on it as well.
   *
   * @default a manual clock of its own, at 0
   */
  readonly clock?: ManualClock | "real" | undefined;
  /**
   * How long anything is on its way, in milliseconds of the clock.
   *
   * @default 0
   */
  readonly latencyMs?: number | undefined;
  /**
   * From it the random delays of the clients are drawn: the same seed, the same delays. A whole
   * number.
   *
   * @default 1
   */
  readonly seed?: number | undefined;
  /**
   * From which level on a record of the server's log that nobody took fails `close`.
   *
   * @default "warn"
   */
  readonly failsFrom?: Extract<LogLevel, "warn" | "error"> | "never" | undefined;
}
