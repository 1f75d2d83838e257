/**
 * The process of the clients, as many as asked for: they call, they follow, and they note what they
 * were told.
 */
import { join } from "node:path";
import {
  appErrorOf,
  type Client,
  connectionOf,
  createClient,
  withContract,
} from "@tautline/client";
import type { Credentials } from "@tautline/contracts/wire";
import { now, openHistory, type Probe, type Writer } from "./history.js";
import { obey } from "./obey.js";
import { createRandom, type Random } from "./random.js";
import { lettersOf, logName, service } from "./service.js";
import { watchSockets } from "./watched-socket.js";

/** How clients are set up. */
export interface ClientSetup {
  readonly name: string;
  readonly folder: string;
  readonly seed: number;
  readonly count: number;
  /** Each client takes the next one. */
  readonly urls: readonly string[];
  readonly heartbeat?: { readonly intervalMs: number; readonly timeoutMs: number };
  readonly reconnect?: { readonly minMs: number; readonly maxMs: number };
  readonly connectTimeoutMs?: number;
  readonly deadlineMs?: number;
  /** How long a token is good for: then clients say who they are, `u1`, `u2`, … */
  readonly tokenMs?: number;
}

/** The procedures that are called. */
export type CallName = "append" | "appendAgain" | "slow" | "echo" | "letters";

/** How often each thing was told: `ok`, or the code of a failure. */
export type Outcomes = Record<string, number>;

interface Peer {
  readonly name: string;
  readonly user: string;
  readonly api: Client<typeof service>;
  calls: number;
  follows: number;
  losses: number;
}

interface Position {
  readonly stream: string;
  epoch?: string;
  offset?: number;
}

let history: Writer;
let random: Random;
let setup: ClientSetup;
let sockets: ReturnType<typeof watchSockets>;
const peers: Peer[] = [];
const outcomes: Record<string, Outcomes> = {};
const lost: Outcomes = {};
/** Where each subscriber that still follows stands. */
const following = new Map<string, Position>();
let open = 0;
let inFlight = 0;
let conversations = 0;
let credentialsAsked = 0;
let load: NodeJS.Timeout | undefined;
/** Everybody who waits for something to be so. */
const waiters = new Set<() => void>();

const count = (tally: Outcomes, what: string) => {
  tally[what] = (tally[what] ?? 0) + 1;
};

let isDue = false;

/** Lets those who wait look again, soon: thousands of events come at once. */
function changed() {
  if (isDue || waiters.size === 0) return;
  isDue = true;
  setTimeout(() => {
    isDue = false;
    for (const waiter of waiters) waiter();
  }, 2);
}

/** Waits until it is so, and says after how many milliseconds; -1 if it did not come to it. */
function until(isSo: () => boolean, withinMs: number): Promise<number> {
  const begun = now();
  return new Promise((resolve) => {
    const finish = (ms: number) => {
      clearTimeout(timer);
      waiters.delete(look);
      resolve(ms);
    };
    const timer = setTimeout(() => finish(-1), withinMs);
    const look = () => isSo() && finish(now() - begun);
    waiters.add(look);
    look();
  });
}

function createPeer(name: string, url: string, user = name): Peer {
  const { heartbeat, reconnect, connectTimeoutMs, deadlineMs, tokenMs } = setup;
  const api = createClient<typeof service>({
    url,
    name,
    contract: withContract(service), // so that it knows what may be repeated
    connect: (url, protocols) => sockets.open(name, url, protocols),
    random: random.next,
    credentials(): Credentials {
      credentialsAsked++;
      if (tokenMs === undefined) return { user };
      return { token: `${user} until ${Date.now() + tokenMs}` };
    },
    ...(heartbeat && { heartbeat }),
    ...(reconnect && { reconnect }),
    ...(connectTimeoutMs !== undefined && { connectTimeoutMs }),
    ...(deadlineMs !== undefined && { deadlineMs }),
  });
  return { name, user, api, calls: 0, follows: 0, losses: 0 };
}

function addPeer(index: number) {
  const url = setup.urls[index % setup.urls.length]!;
  const peer = createPeer(`${setup.name}-${index}`, url, `u${index}`);
  const { name, api } = peer;
  let wasOpen = false;
  connectionOf(api).subscribe((state) => {
    const isOpen = state.name === "open";
    if (isOpen !== wasOpen) open += isOpen ? 1 : -1;
    if (wasOpen && !isOpen) peer.losses++;
    wasOpen = isOpen;
    const code = "code" in state ? { code: state.code } : {};
    history.note({ kind: "line", client: name, state: state.name, ...code });
    changed();
  });
  connectionOf(api).connect();
  peers.push(peer);
}

// What these say is that nothing has run. Any other failure of a mutation leaves it open.
const notRun = new Set([
  "NOT_SENT",
  "NOT_RECORDED",
  "RATE_LIMITED",
  "TOO_MANY_CALLS",
  "INVALID_INPUT",
  "CLOSED",
  "UNAUTHORIZED",
]);

/** How a failure is called. */
function codeOf(error: unknown): string {
  const { code } = (error as { data?: { code?: unknown } | null }).data ?? {};
  return appErrorOf(error)?.code ?? (typeof code === "string" ? code : String(error));
}

async function call(peer: Peer, path: CallName, options: CallOptions = {}) {
  const { ms = 0, letters = 0, deadlineMs = setup.deadlineMs ?? 30_000 } = options;
  const name = `${peer.name}/${++peer.calls}`;
  const { api, user } = peer;
  const repeat = path === "appendAgain" ? "safe" : /echo|letters/.test(path) ? "query" : "never";
  outcomes[path] ??= {};
  const tally = outcomes[path];
  history.noteNow({ kind: "invoke", call: name, path, repeat, deadlineMs, user });
  inFlight++;
  try {
    const given = { deadlineMs };
    const result =
      path === "echo"
        ? await api.echo.query(name, given)
        : path === "letters"
          ? whole(await api.letters.query({ count: letters }, given), letters)
          : path === "slow"
            ? await api.slow.mutate({ call: name, ms }, given)
            : await api[path].mutate({ call: name }, given);
    history.note({ kind: "ok", call: name, result });
    count(tally, "ok");
  } catch (error) {
    const code = codeOf(error);
    const kind = notRun.has(code) ? "fail" : "unknown";
    history.note({ kind, call: name, code });
    count(tally, code);
  } finally {
    inFlight--;
    changed();
  }
}

/** Says how long a text is, if nothing in it is missing or doubled. */
function whole(text: string, letters: number): number {
  if (text !== lettersOf(letters)) throw new Error("TORN");
  return text.length;
}

/** How a call is made. */
export interface CallOptions {
  /** Of `slow`. */
  readonly ms?: number;
  /** Of `letters`. */
  readonly letters?: number;
  readonly deadlineMs?: number;
}

function follow(peer: Peer, what: "ticks" | "pages" | "log", options: FollowOptions) {
  const subscriber = `${peer.name}/${what}-${++peer.follows}`;
  const { user } = peer;
  const isLog = what === "log";
  const stream = isLog ? logName : subscriber;
  const from = isLog ? { from: { epoch: logName, offset: 0 } } : {};
  history.noteNow({ kind: "subscribe", subscriber, stream, user, ...from });
  const position: Position = { stream };
  following.set(subscriber, position);

  function receive(epoch: string, offset: number, payload: number) {
    history.note({ kind: "receive", subscriber, epoch, offset, payload });
    Object.assign(position, { epoch, offset });
    changed();
  }
  function end() {
    following.delete(subscriber);
    changed();
  }
  const ends = {
    onError(error: unknown) {
      const code = codeOf(error);
      history.note({ kind: "lost", subscriber, code });
      count(lost, code);
      end();
      if (options.again) follow(peer, what, options);
    },
    onComplete() {
      history.note({ kind: "ended", subscriber });
      end();
    },
  };
  if (isLog) {
    peer.api.log.subscribe(undefined, {
      ...ends,
      onData: ({ data }) => receive(logName, data.n, data.check),
    });
  } else if (what === "ticks") {
    const { last } = options;
    const input = { subscriber, ...(last === undefined ? {} : { last }) };
    peer.api.ticks.subscribe(input, {
      ...ends,
      onData: ({ run, n, check }) => receive(run, n, check),
    });
  } else void read(peer, subscriber, receive, ends, options);
}

/** Follows pages at the reader's own pace. */
async function read(
  { api }: Peer,
  subscriber: string,
  receive: (epoch: string, offset: number, payload: number) => void,
  ends: { onError(error: unknown): void; onComplete(): void },
  { pauseMs = 0 }: FollowOptions,
) {
  try {
    for await (const { run, n, check } of api.pages.subscribe({ subscriber })) {
      receive(run, n, check);
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    ends.onComplete();
  } catch (error) {
    ends.onError(error);
  }
}

/** How a stream is followed. */
export interface FollowOptions {
  /** Whether to follow anew, as another subscriber, when it was lost. */
  readonly again?: boolean;
  /** The number of the last tick. */
  readonly last?: number;
  /** Time a reader of pages takes for each. */
  readonly pauseMs?: number;
}

/** What the process can be told. */
export const clientOrders = {
  /** Makes clients, and says how long it took until all were open; -1 if they never were. */
  async start(given: ClientSetup): Promise<number> {
    setup = given;
    random = createRandom(setup.seed);
    history = openHistory(join(setup.folder, `${setup.name}.jsonl`), setup.name);
    sockets = watchSockets(history);
    for (let index = 0; index < setup.count; index++) addPeer(index);
    return until(() => open === setup.count, 30_000);
  },

  /** Waits until all are open. */
  allOpen: ({ withinMs }: { readonly withinMs: number }) =>
    until(() => open === peers.length, withinMs),

  /** Counts losses from now on. */
  forgetLosses() {
    for (const peer of peers) peer.losses = 0;
  },

  /** Waits until everybody has lost a connection. */
  allLost: ({ withinMs }: { readonly withinMs: number }) =>
    until(() => peers.every(({ losses }) => losses > 0), withinMs),

  /** Everybody follows. */
  follow({ what, ...options }: { readonly what: "ticks" | "pages" | "log" } & FollowOptions) {
    for (const peer of peers) follow(peer, what, options);
  },

  /** Waits until everybody who follows has received something. */
  allReceive: ({ withinMs }: { readonly withinMs: number }) =>
    until(() => [...following.values()].every(({ offset }) => offset !== undefined), withinMs),

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
    return until(() => [...following.values()].every(isThere), withinMs);
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
    for (let n = 0; n < times; n++) void call(peers[n % peers.length]!, path, options);
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
      () => void call(random.pick(peers), random.pick(paths), options),
      1_000 / perSecond,
    );
  },

  /** Waits until every call has settled. */
  settled: ({ withinMs }: { readonly withinMs: number }) => until(() => inFlight === 0, withinMs),

  /**
   * One client of its own comes, asks for a bit of everything at once, and leaves when all of it has
   * settled. Says what came of it.
   */
  async converse({ port, letters }: { readonly port: number; readonly letters: number }) {
    const peer = createPeer(`${setup.name}-talk${++conversations}`, `ws://127.0.0.1:${port}/`);
    follow(peer, "ticks", { last: 3 });
    await Promise.all([
      call(peer, "echo"),
      call(peer, "append"),
      call(peer, "appendAgain"),
      call(peer, "letters", { letters }),
    ]);
    const mine = () => [...following.keys()].some((name) => name.startsWith(`${peer.name}/`));
    await until(() => !mine(), 20_000);
    await connectionOf(peer.api).close();
  },

  /** Measures round trips, one after the other, by the first client. */
  async probe({ phase, times }: { readonly phase: Probe["phase"]; readonly times: number }) {
    for (let n = 0; n < times; n++) {
      const begun = now();
      await peers[0]!.api.echo.query("probe");
      history.note({ kind: "probe", phase, ms: now() - begun });
    }
  },

  /** What was seen so far. */
  report: () => ({
    clients: peers.length,
    open,
    inFlight,
    outcomes,
    lost,
    following: following.size,
    sockets: sockets.opened,
    credentialsAsked,
  }),

  /** Closes all clients; all calls and subscriptions settle. */
  async close() {
    clearInterval(load);
    await Promise.all(peers.map(({ api }) => connectionOf(api).close()));
    await until(() => inFlight === 0 && following.size === 0, 10_000);
  },
};

obey(clientOrders);
