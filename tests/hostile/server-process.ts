/**
 * The process under attack: several servers of one service, each with options of its own. Its
 * parent starts it compiled, tells it what to do over Node's own channel, and sees it die.
 */
import { createServer as createHttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import type { Limits } from "@tautline/contracts/wire";
import {
  createMemoryRequestStore,
  createServer,
  type MemoryRequestStoreOptions,
  type Origins,
  type SessionOptions,
} from "@tautline/server";
import { applyWSSHandler } from "@tautline/server/trpc";
import { WebSocketServer } from "ws";
import { meterLoopDelay } from "../fault/loop-delay.js";
import { obey } from "../processes/obey.js";
import { router, type Stage } from "./service.js";

/** How one server is set up. */
export interface Setup {
  readonly limits?: Partial<Limits>;
  readonly origins?: Origins;
  readonly heartbeat?: { readonly intervalMs: number; readonly timeoutMs: number };
  /** Only `{ token: "t-…" }` is let in; with `{ token: "slow" }` it takes a while to say so. */
  readonly authenticates?: boolean;
  /** Calls count for one user, whoever connects. */
  readonly oneUser?: boolean;
  /**
   * For how long credentials hold, in milliseconds. Everybody is let in who is not `"refused"`, as the
   * user they say.
   */
  readonly expireInMs?: number;
  readonly session?: SessionOptions;
  /** How records of mutations are kept. */
  readonly requests?: Omit<MemoryRequestStoreOptions, "clock">;
  /** Attached to an http server, alone or beside somebody else who listens for upgrades. */
  readonly attached?: "alone" | "shared";
}

/** How a drop-in is set up. */
export interface DropInSetup {
  readonly prefix?: string;
  /** tRPC's own limit on the messages of a frame. */
  readonly maxBatchSize?: number;
}

/** One line of the log. */
export interface LogLine {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

const stage: Stage = { running: 0, ran: 0 };
let sessions = 0;
let checks = { running: 0, most: 0, count: 0 };
const counts = new Map<string, number>();
let lines = noLines();
const connections: ReadonlySet<unknown>[] = [];
let endings: number[] = [];

// What a test wants to read is a few lines of each level; a million fuzzed inputs are counted only.
const keptLines = 500;

function noLines(): Record<LogLine["level"], LogLine[]> {
  return { debug: [], info: [], warn: [], error: [] };
}

function log(level: LogLine["level"], fields: object, message: string) {
  const { code, status } = fields as { code?: unknown; status?: unknown };
  const key = `${level} ${code ?? status ?? "-"}`;
  counts.set(key, (counts.get(key) ?? 0) + 1);
  const kept = lines[level];
  if (kept.length < keptLines) kept.push({ level, message, fields: plain(fields) });
}

// Over the channel to the parent goes JSON: an Error would arrive as {}.
const plain = (fields: object) =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      value instanceof Error ? String(value) : value,
    ]),
  );

const prototypes = [Object, Array, Function, Map, Set, Date, String, Error, Promise];
const pristine = prototypes.map(({ prototype }) => Reflect.ownKeys(prototype).length);

const loop = meterLoopDelay();

/** What the process can be told. */
export const serverOrders = {
  /** Starts a server and says its port. */
  async start(setup: Setup): Promise<number> {
    const server = createServer<typeof router, { readonly userId: string }>({
      router,
      createContext: () => ({ stage }),
      ...(setup.limits && { limits: setup.limits }),
      ...(setup.origins && { origins: setup.origins }),
      ...(setup.heartbeat && { heartbeat: setup.heartbeat }),
      ...(setup.session && { session: setup.session }),
      ...(setup.requests && { requests: createMemoryRequestStore(setup.requests) }),
      onEvent(event) {
        if (event.type === "session.started") sessions++;
        else if (event.type === "session.ended") sessions--;
      },
      logger: {
        debug: (fields, message) => log("debug", fields, message),
        info: (fields, message) => log("info", fields, message),
        warn: (fields, message) => log("warn", fields, message),
        error: (fields, message) => log("error", fields, message),
      },
      onDisconnect: ({ code }) => void (endings.length < keptLines && endings.push(code)),
      async authenticate({ credentials, signal }) {
        if (setup.expireInMs !== undefined) {
          checks.running++;
          checks.count++;
          checks.most = Math.max(checks.most, checks.running);
          await sleep(5); // as long as a look into a database
          checks.running--;
          if (credentials?.token === "broken") throw new Error("The directory is down");
          if (credentials?.token === "refused") return null;
          const expiresAt = new Date(Date.now() + setup.expireInMs);
          return { userId: credentials?.user ?? "ana", expiresAt };
        }
        if (setup.oneUser) return { userId: "everybody" };
        if (!setup.authenticates) return { userId: crypto.randomUUID() };
        if (credentials?.token === "slow") {
          await new Promise((resolve) => signal.addEventListener("abort", resolve));
        }
        if (credentials?.token === "broken") throw new Error("The directory is down");
        return credentials?.token?.startsWith("t-") ? { userId: credentials.token } : null;
      },
    });
    connections.push(server.connections);
    if (!setup.attached) return (await server.listen(0)).port;
    const http = createHttpServer();
    server.attach(http, { path: "/line" });
    // Somebody else's upgrades, on the same port, who does nothing about ours.
    if (setup.attached === "shared") http.on("upgrade", () => {});
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    return (http.address() as AddressInfo).port;
  },

  /**
   * Starts the drop-in as a tRPC application would, and says its port. Elsewhere than below `prefix`
   * sockets are nobody's. A context for `{ token: "broken" }` fails, one for `"late"` takes half a
   * second, one for `"slow"` as long as the client stays.
   */
  async startDropIn({ prefix, maxBatchSize }: DropInSetup): Promise<number> {
    const wss = new WebSocketServer({ port: 0, host: "127.0.0.1", maxPayload: 1_048_576 });
    applyWSSHandler({
      wss,
      router,
      ...(prefix === undefined ? {} : { prefix }),
      ...(maxBatchSize === undefined ? {} : { maxBatchSize }),
      async createContext({ info: { connectionParams, signal } }) {
        if (connectionParams?.token === "broken") throw new Error("The password is hunter2");
        if (connectionParams?.token === "late") await sleep(500);
        if (connectionParams?.token === "slow") {
          await new Promise((resolve) => signal.addEventListener("abort", resolve));
        }
        return { stage };
      },
      onError: ({ error, type, path }) =>
        log("warn", { code: error.code, type, path }, error.message),
    });
    connections.push(wss.clients);
    await new Promise((resolve) => wss.once("listening", resolve));
    return (wss.address() as AddressInfo).port;
  },

  /** Memory after garbage collection, in bytes. */
  async memory() {
    let rss = Number.POSITIVE_INFINITY;
    let live = Number.POSITIVE_INFINITY;
    // The least of a few: what waits to be finalised is freed by the collection after.
    for (let reading = 0; reading < 4; reading++) {
      global.gc!();
      await nextTurn();
      const memory = process.memoryUsage();
      rss = Math.min(rss, memory.rss);
      live = Math.min(live, memory.heapUsed + memory.external);
    }
    return { rss, live };
  },

  /** How many connections and sessions there are, and how many handlers run. */
  held() {
    return {
      sessions,
      connections: connections.reduce((sum, { size }) => sum + size, 0),
      handlers: stage.running,
      sockets: process.getActiveResourcesInfo().filter((kind) => kind === "TCPSocketWrap").length,
    };
  },

  /** The log since it was last asked for, and the codes that connections ended with. */
  log() {
    const { debug, info, warn, error } = lines;
    const told = {
      lines: [...debug, ...info, ...warn, ...error],
      counts: Object.fromEntries(counts),
      endings,
    };
    lines = noLines();
    endings = [];
    counts.clear();
    return told;
  },

  /** How many handlers of mutations have run since it was last asked. */
  ran() {
    const { ran } = stage;
    stage.ran = 0;
    return ran;
  },

  /** How many credentials that expire were checked since it was last asked, and at once at most. */
  checks() {
    const { count, most } = checks;
    checks = { ...checks, count: 0, most: checks.running };
    return { count, most };
  },

  /** Names of built-in prototypes that have got something new. */
  polluted() {
    return prototypes
      .filter(({ prototype }, i) => Reflect.ownKeys(prototype).length !== pristine[i])
      .map(({ name }) => name);
  },

  /** How long its own work held the event loop up at the worst since it was last asked, in milliseconds. */
  heldUpMs: () => loop.read().ownMax,

  cpuMs() {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000;
  },
};

obey(serverOrders);
