/**
 * The process of the clients, as many as asked for: they call, they follow, and they note what they
 * were told.
 */
import { join } from "node:path";
import { connectionOf } from "@tautline/client";
import { obey } from "../processes/obey.js";
import { type CallName, type CallOptions, call } from "./calls.js";
import type { Probe } from "./events.js";
import { type FollowOptions, follow, type StreamName } from "./follow.js";
import { now, openHistory } from "./history.js";
import { meterLoopDelay } from "./loop-delay.js";
import { type Notebook, openNotebook, type Position } from "./notebook.js";
import { type ClientSetup, type Peer, peerMaker } from "./peer.js";
import { createRandom, type Random } from "./random.js";
import { watchSockets } from "./watched-socket.js";

let setup: ClientSetup;
let random: Random;
let book: Notebook;
let sockets: ReturnType<typeof watchSockets>;
let maker: ReturnType<typeof peerMaker>;
const peers: Peer[] = [];
let conversations = 0;
let load: NodeJS.Timeout | undefined;
const loop = meterLoopDelay();

interface Within {
  readonly withinMs: number;
}

/** What the process can be told. */
export const clientOrders = {
  /** Makes clients, and says how long it took until all were open; -1 if they never were. */
  async start(given: ClientSetup): Promise<number> {
    setup = given;
    random = createRandom(setup.seed);
    const file = join(setup.folder, `${setup.name}.jsonl`);
    book = openNotebook(openHistory(file, setup.name, setImmediate));
    sockets = watchSockets(book.history);
    maker = peerMaker(book, setup, sockets, random);
    for (let index = 0; index < setup.count; index++) peers.push(maker.connect(index));
    return book.until(() => book.open === setup.count, 30_000);
  },

  /** Waits until all are open. */
  allOpen: ({ withinMs }: Within) => book.until(() => book.open === peers.length, withinMs),

  /** Counts losses from now on. */
  forgetLosses() {
    for (const peer of peers) peer.losses = 0;
  },

  /** Waits until everybody has lost a connection. */
  allLost: ({ withinMs }: Within) =>
    book.until(() => peers.every(({ losses }) => losses > 0), withinMs),

  /** Everybody follows. */
  follow({ what, ...options }: { readonly what: StreamName } & FollowOptions) {
    for (const peer of peers) follow(book, peer, what, options);
  },

  /** Waits until everybody who follows has received something. */
  allReceive: ({ withinMs }: Within) =>
    book.until(
      () => [...book.following.values()].every(({ offset }) => offset !== undefined),
      withinMs,
    ),

  /** Waits until everybody who follows has what is there. */
  allAt({
    positions,
    withinMs,
  }: {
    readonly positions: Record<string, { readonly epoch: string; readonly offset: number }>;
    readonly withinMs: number;
  }) {
    const isThere = ({ stream, epoch, offset = 0 }: Position) => {
      const wanted = positions[stream];
      if (wanted === undefined) return true;
      return epoch === wanted.epoch && offset >= wanted.offset;
    };
    return book.until(() => [...book.following.values()].every(isThere), withinMs);
  },

  /** Makes calls, each by the next client, and does not wait for them. */
  call({
    path,
    times,
    ...options
  }: {
    readonly path: CallName;
    readonly times: number;
  } & CallOptions) {
    for (let n = 0; n < times; n++) void call(book, peers[n % peers.length]!, path, options);
  },

  /** Goes on calling: one of these paths, by one of the clients, so many times a second. */
  load({
    paths,
    perSecond,
    ...options
  }: {
    readonly paths: readonly CallName[];
    readonly perSecond: number;
  } & CallOptions) {
    clearInterval(load);
    if (perSecond === 0) return;
    load = setInterval(
      () => void call(book, random.pick(peers), random.pick(paths), options),
      1_000 / perSecond,
    );
  },

  /** Waits until every call has settled. */
  settled: ({ withinMs }: Within) => book.until(() => book.inFlight === 0, withinMs),

  /**
   * One client of its own comes, asks for a bit of everything at once, and leaves when all of it has
   * settled. Says what came of it.
   */
  async converse({ port, letters }: { readonly port: number; readonly letters: number }) {
    const peer = maker.create(`${setup.name}-talk${++conversations}`, `ws://127.0.0.1:${port}/`);
    follow(book, peer, "ticks", { last: 3 });
    await Promise.all([
      call(book, peer, "echo"),
      call(book, peer, "append"),
      call(book, peer, "appendAgain"),
      call(book, peer, "letters", { letters }),
    ]);
    const mine = () => [...book.following.keys()].some((name) => name.startsWith(`${peer.name}/`));
    await book.until(() => !mine(), 20_000);
    await connectionOf(peer.api).close();
  },

  /** Measures round trips, one after the other, by the first client. */
  async probe({ phase, times }: { readonly phase: Probe["phase"]; readonly times: number }) {
    for (let n = 0; n < times; n++) {
      const begun = now();
      await peers[0]!.api.echo.query("probe");
      book.history.note({ kind: "probe", phase, ms: now() - begun });
    }
  },

  /** How late the event loop was, since it was last asked. */
  loopDelay: () => loop.read(),

  /** What was seen so far. */
  report: () => ({
    clients: peers.length,
    open: book.open,
    inFlight: book.inFlight,
    outcomes: book.outcomes,
    lost: book.lost,
    following: book.following.size,
    sockets: sockets.opened,
    credentialsAsked: maker.credentialsAsked,
  }),

  /** Closes all clients; all calls and subscriptions settle. */
  async close() {
    clearInterval(load);
    await Promise.all(peers.map(({ api }) => connectionOf(api).close()));
    await book.until(() => book.inFlight === 0 && book.following.size === 0, 10_000);
  },
};

obey(clientOrders);
