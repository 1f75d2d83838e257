/**
 * The process of a server. It holds nothing that matters but its sockets: what its handlers do and
 * what it logs is in files, and another process may go on with them.
 */
import { createServer as createHttpServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Limits } from "@tautline/contracts/wire";
import {
  createServer,
  implement,
  type OpeningRequest,
  type TautlineServer,
  tracked,
} from "@tautline/server";
import { obey } from "../processes/obey.js";
import { Beat } from "./beat.js";
import type { Memory } from "./events.js";
import { openHistory, type Writer } from "./history.js";
import { openLedger, openLog } from "./ledger.js";
import { meterLoopDelay } from "./loop-delay.js";
import { checkOf, lettersOf, service } from "./service.js";

/** How a server is set up. */
export interface ServerSetup {
  /** Its name in histories; one that is started again has another. */
  readonly name: string;
  /** Where its files are. */
  readonly folder: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly heartbeat?: { readonly intervalMs: number; readonly timeoutMs: number };
  readonly limits?: Partial<Limits>;
  readonly reconnectWindowMs?: number;
  /** Clients say who they are, with a token that is good for so long. */
  readonly tokenMs?: number;
  /** Entries of the log each second, at first. */
  readonly logPerSecond?: number;
  /** Beats each second, at first. */
  readonly beatsPerSecond?: number;
  /** Breaks what is promised, now and then, so that a test can see that it is found. */
  readonly isFlawed?: boolean;
}

interface User {
  readonly userId: string;
  /** When the token ends. */
  readonly expiresAt?: Date;
}

let history: Writer;
let name: string;
let server: TautlineServer;
let ledger: ReturnType<typeof openLedger>;
let log: ReturnType<typeof openLog>;
const beat = new Beat();
const sockets = new Set<Socket>();
/** Where each plain stream stands. */
const positions = new Map<string, { epoch: string; offset: number }>();
const loop = meterLoopDelay();
let runs = 0;
let isFlawed = false;

function perform(call: string) {
  const result = { call, attempt: ledger.do(call), ranIn: name };
  if (isFlawed && call.endsWith("5")) ledger.do(call);
  history.noteNow({ kind: "reply", call, result }); // its answer may leave at once, among sixteen
  return result;
}

/** Notes an event of a plain stream before it is yielded. */
function number(stream: string, run: string, n: number) {
  history.note({ kind: "publish", stream, epoch: run, offset: n, payload: checkOf(n) });
  positions.set(stream, { epoch: run, offset: n });
  return { run, n, check: checkOf(n) };
}

/** One entry, or what a broken server would make of it. */
function* flawed(n: number) {
  if (n % 10 === 1) return; // lost
  if (n % 10 === 3) yield { n, check: checkOf(n) }; // doubled
  if (n % 10 === 5) yield { n: n + 1, check: checkOf(n + 1) }; // early
  yield { n, check: n % 10 === 7 ? 0 : checkOf(n) }; // of another payload
}

const nextRun = () => `${name}/${++runs}`;
const page = "x".repeat(16_384);

const router = implement(service)
  .context<{ principal: User }>()
  .router({
    append: ({ input }) => perform(input.call),
    appendAgain: ({ input }) => perform(input.call),
    // Done at once, and said late: what is lost in between has run.
    slow: ({ input }) => {
      const result = perform(input.call);
      return new Promise((resolve) => setTimeout(() => resolve(result), input.ms));
    },
    echo: ({ input }) => input,
    letters: ({ input }) => lettersOf(input.count),
    async *ticks({ input: { subscriber, last = Number.POSITIVE_INFINITY }, signal }) {
      const run = nextRun();
      const follower = beat.follow(signal);
      try {
        for (let n = 1; n <= last; n++) {
          await follower.next();
          if (signal.aborted) return;
          yield number(subscriber, run, n);
        }
      } finally {
        follower.stop();
        positions.delete(subscriber);
      }
    },
    async *pages({ input: { subscriber }, signal }) {
      const run = nextRun();
      try {
        for (let n = 1; !signal.aborted; n++) {
          yield { ...number(subscriber, run, n), page };
          await nextTurn();
        }
      } finally {
        positions.delete(subscriber);
      }
    },
    async *log({ lastEventId, signal }) {
      for await (const n of log.follow(Number(lastEventId ?? 0), signal)) {
        for (const event of isFlawed ? flawed(n) : [{ n, check: checkOf(n) }]) {
          yield tracked(String(event.n), event);
        }
      }
    },
  });

/** What the process can be told. */
export const serverOrders = {
  /** Starts, and says the port. */
  async start(setup: ServerSetup): Promise<number> {
    const { folder, port, heartbeat, limits, reconnectWindowMs, tokenMs } = setup;
    name = setup.name;
    isFlawed = setup.isFlawed ?? false;
    history = openHistory(join(folder, `${name}.jsonl`), name);
    ledger = openLedger(folder, name);
    log = openLog(folder, name);
    server = createServer({
      router,
      authenticate({ credentials }: OpeningRequest): User | null {
        if (tokenMs === undefined) return { userId: credentials?.user ?? crypto.randomUUID() };
        const [userId, until] = credentials?.token?.split(" until ") ?? [];
        if (userId === undefined || !(Number(until) > Date.now())) return null;
        return { userId, expiresAt: new Date(Number(until)) };
      },
      onConnect: ({ connection }) =>
        history.note({ kind: "line", client: connection.client ?? "", state: "open" }),
      onDisconnect: ({ connection, code }) =>
        history.note({ kind: "line", client: connection.client ?? "", state: "closed", code }),
      ...(heartbeat && { heartbeat }),
      ...(limits && { limits }),
      ...(reconnectWindowMs !== undefined && { reconnectWindowMs }),
    });
    const http = createHttpServer((request, response) => {
      response.writeHead(request.url === "/health" ? 200 : 404).end();
    });
    http.on("connection", (socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
    });
    server.attach(http, { path: "/" });
    // Two thousand may come at once.
    await new Promise<void>((resolve) => http.listen(port, "127.0.0.1", 4_096, resolve));
    beat.pace(setup.beatsPerSecond ?? 0);
    log.pace(setup.logPerSecond ?? 0);
    return (http.address() as AddressInfo).port;
  },

  /**
   * Drops every socket. Before, and in the same turn of the event loop, so many events are made of
   * each plain stream, which therefore never leave.
   */
  async dropAll({ events }: { readonly events: number }) {
    beat.strike(events);
    // Generators go on by promises; nothing is written before the turn is over.
    for (let turns = 0; turns < 50 * events; turns++) await null;
    history.noteNow({ kind: "fault", what: "dropAll" });
    for (const socket of sockets) socket.destroy();
  },

  pace({ log: entries, beats }: { readonly log?: number; readonly beats?: number }) {
    if (entries !== undefined) log.pace(entries);
    if (beats !== undefined) beat.pace(beats);
  },

  /** Where every stream stands. */
  positions() {
    return { ...Object.fromEntries(positions), log: { epoch: "log", offset: log.last } };
  },

  connections: () => server.connections.size,

  async revoke({ userId, graceMs }: { readonly userId: string; readonly graceMs: number }) {
    history.noteNow({ kind: "revoked", user: userId, graceMs });
    await server.revoke({ userId });
  },

  drain: () => server.drain({ deadlineMs: 10_000, windowMs: 1_000 }),

  /** How long the event loop was held up since it was last asked. */
  loopDelay: () => loop.read(),

  /** Notes what it holds after garbage collection, and says it, in bytes. */
  async memory({ phase }: { readonly phase: Memory["phase"] }) {
    let liveBytes = Number.POSITIVE_INFINITY;
    // The least of a few: what waits to be finalised is freed by the collection after.
    for (let reading = 0; reading < 4; reading++) {
      global.gc!();
      await nextTurn();
      const { heapUsed, external } = process.memoryUsage();
      liveBytes = Math.min(liveBytes, heapUsed + external);
    }
    history.noteNow({ kind: "memory", phase, liveBytes, connections: server.connections.size });
    return liveBytes;
  },
};

obey(serverOrders);
