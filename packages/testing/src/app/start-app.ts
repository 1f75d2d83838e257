/**
 * `startApp`: a service as its users meet it, in one test. A real server and real clients, with a
 * network between them that breaks when told to, and a clock that stands still until it is moved.
 */
import { type Client, connectionOf, createClient, withContract } from "@tautline/client";
import type { ContractDraft } from "@tautline/contracts";
import type { Clock } from "@tautline/contracts/runtime";
import {
  type CreateContext,
  createServer,
  decideUpgrade,
  type Principal,
  type RouterAccepting,
  type TautlineServer,
} from "@tautline/server";
import type { AnyTRPCRouter, inferRouterContext } from "@trpc/server";
import { settled } from "../settled.js";
import type { Truthy, UntilOptions } from "../until.js";
import { type AppLog, createAppLog } from "./app-log.js";
import { type AppNetwork, createAppNetwork } from "./app-network.js";
import type { AppClientOptions, AppOptions } from "./options.js";
import { createRandom } from "./random.js";
import { followRunning } from "./running.js";
import { createTime } from "./time.js";

/** How a server is started again. */
export interface RestartOptions {
  /**
   * How long there is no server, in milliseconds of the clock.
   *
   * @default 0
   */
  readonly forMs?: number | undefined;
}

/** A running service. */
export interface App<C> extends AsyncDisposable {
  /** A typed client of it, which connects for its first call. */
  readonly api: Client<C>;
  /** Makes one more client; what is not said here is as for `api`. */
  connect(options?: AppClientOptions): Client<C>;
  /** What lies between them, to be broken. */
  readonly network: AppNetwork;
  /** The server that runs now. */
  readonly server: TautlineServer;
  /** What the server has logged. */
  readonly log: AppLog;
  /** The clock that all of it runs on. */
  readonly clock: Clock;
  /**
   * Lets so many milliseconds pass, and everything happen that they make ready. On the real clock it
   * waits for as long.
   *
   * @throws RangeError when `ms` is negative or not finite.
   */
  advance(ms: number): Promise<void>;
  /**
   * Waits until `condition` returns something truthy and gives that back; see `until`. While nothing
   * else is ready the clock is moved, from timer to timer.
   *
   * @throws Error when it still does not hold after a minute of the clock.
   */
  until<T>(condition: () => T, options?: Omit<UntilOptions, "clock">): Promise<Truthy<Awaited<T>>>;
  /**
   * Waits for a promise and gives what it gives; the clock is moved as for `until`. Awaited by itself, a
   * call that needs time would wait for ever on a clock that stands still.
   *
   * @throws Error when it has not settled after a minute of the clock; and what the promise rejects with.
   * @example
   * const report = await app.finish(app.api.report.query());
   */
  finish<T>(promise: PromiseLike<T>): Promise<T>;
  /**
   * Kills the server and starts another one: sessions, records and all else in the memory of the
   * first are gone, but for what you passed to both, such as `server.requests`. Resolves when the
   * clients are back. Handlers that ran have their signals aborted, which a real kill would not do.
   */
  restart(options?: RestartOptions): Promise<void>;
  /**
   * One line for each socket, timer, session, and running handler or subscription. After `close`
   * there is none, or something does not end with its service.
   */
  leftovers(): string[];
  /**
   * Ends what was done to the network, closes the clients, then the server.
   *
   * @throws Error when the server has logged warnings or errors that no test took; see `failsFrom`.
   */
  close(): Promise<void>;
}

/**
 * Starts a service in memory: no port, and no waiting.
 *
 * @example
 * ```ts
 * await using app = await startApp({ router });
 * expect(await app.api.greet.query("Ana")).toBe("Hello Ana");
 * await app.network.cut({ forMs: 2_000 });
 * ```
 */
export function startApp<Router extends RouterAccepting<{ principal: null }>, C = Router>(
  options: AppOptions<null, C> & {
    readonly router: Router;
    /** May be left out: the context is `{ principal }`, which is all this router asks for. */
    readonly createContext?: undefined;
  },
): Promise<App<C>>;
export function startApp<
  P extends Principal,
  Router extends RouterAccepting<{ principal: P }>,
  C = Router,
>(
  options: AppOptions<P, C> & {
    readonly router: Router;
    readonly authenticate: NonNullable<AppOptions<P, C>["authenticate"]>;
    /** May be left out: the context is `{ principal }`, which is all this router asks for. */
    readonly createContext?: undefined;
  },
): Promise<App<C>>;
export function startApp<
  Router extends AnyTRPCRouter,
  P extends Principal | null = null,
  C = Router,
>(
  options: AppOptions<P, C> & {
    readonly router: Router;
    /** Makes the context of the handlers, as the server's own option does. */
    readonly createContext: CreateContext<inferRouterContext<Router>, P>;
  },
): Promise<App<C>>;
export async function startApp<P extends Principal | null, C>(
  options: AppOptions<P, C> & {
    readonly router: AnyTRPCRouter;
    readonly createContext?: CreateContext<unknown, P> | undefined;
  },
): Promise<App<C>> {
  const { router, authenticate, createContext, contract, failsFrom = "warn", seed = 1 } = options;
  const { latencyMs = 0 } = options;
  const time = createTime(options.clock);
  const { clock } = time;
  const own = createAppNetwork(time, { latencyMs });
  const { network } = own;
  const { log, logger, complaint } = createAppLog(options.server?.logger);
  const running = followRunning(options.server ?? {});
  const random = createRandom(seed);
  const known = contract && withContract(contract as ContractDraft);
  const clients: Client<C>[] = [];
  let closing: Promise<void> | undefined;

  function startServer(): TautlineServer {
    const { onEvent, tracing } = running;
    const given = { ...options.server, router, authenticate, createContext };
    const server = createServer({ ...given, clock, logger, onEvent, tracing } as never);
    const { origins = "any" } = options.server ?? {};
    own.serve((socket, request) => {
      const decision = decideUpgrade(request, { origins });
      if (!decision.accept || server.state !== "serving") return socket.terminate();
      const { choice, url, headers, expectsParams } = decision;
      if (choice.dialect === "unsupported") return socket.terminate();
      server.serve(socket, { dialect: choice.dialect, url, headers, expectsParams });
      return { protocol: choice.protocol };
    });
    return server;
  }

  function connect(asked: AppClientOptions = {}): Client<C> {
    if (closing !== undefined) throw new Error("Cannot connect: the service is closed");
    const { headers = {}, ...rest } = { ...options.client, ...asked };
    const { connect: dial, isOf } = own.connectFor(headers);
    const all = { url: "ws://app/line", random, ...rest, contract: known, connect: dial, clock };
    const client = createClient<C>(all as never);
    isOf(client as object);
    clients.push(client);
    return client;
  }

  async function end() {
    own.heal();
    const closed = clients.map((client) => connectionOf(client as object).close());
    await time.finish(Promise.all(closed), "the clients to close");
    await time.finish(server.close(), "the server to close");
    await settled(); // what runs was told to stop, and may do so
    const error = complaint(failsFrom);
    if (error !== undefined) throw error;
  }

  function close() {
    closing ??= end();
    return closing;
  }

  let server = startServer();
  return {
    api: connect(),
    connect,
    network,
    get server() {
      return server;
    },
    log,
    clock,
    advance: time.advance,
    until: time.until,
    finish: (promise) => time.finish(promise),
    restart({ forMs } = {}) {
      if (closing !== undefined) return Promise.reject(new Error("Cannot restart: it is closed"));
      return own.cut(
        { forMs },
        {
          began: () => time.finish(server.close(), "the server to be gone"),
          ending() {
            server = startServer();
          },
        },
      );
    },
    leftovers: () => [...network.leftovers(), ...time.leftovers(), ...running.leftovers()],
    close,
    [Symbol.asyncDispose]: close,
  };
}
