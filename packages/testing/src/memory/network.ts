/**
 * Memory network: one address that a server listens on and clients dial, without a port. A
 * real server and a real client meet here in integration tests, and the test decides who gets
 * through.
 */
import type { Clock, ConnectSocket, Socket, Unsubscribe } from "@tautline/contracts/runtime";
import type { Answer } from "./frame.js";
import { createLink, type Link, type LinkObserver } from "./link.js";
import { checkedDelay } from "./pipe.js";
import type { MemorySocketPair } from "./socket-pair.js";
import { createRecorder, type TranscriptOptions } from "./transcript.js";

/** What a server is told about a client that wants in: the upgrade request. RFC 6455 §4.1. */
export interface MemoryRequest {
  /** Path and query, as Node's `IncomingMessage.url`. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Record<string, string>;
  /** The subprotocols offered, in the client's order. */
  readonly protocols: readonly string[];
}

/**
 * Takes one accepted socket. It may return the subprotocol it chose; it refuses the client by
 * `terminate` before it returns, or by throwing.
 */
export type AcceptMemorySocket = (
  socket: Socket,
  request: MemoryRequest,
) => { readonly protocol: string } | void;

/** How sockets of a network are made. */
export interface MemoryNetworkOptions {
  /** Measures `latencyMs` and delays; without it everything travels in microtasks. */
  readonly clock?: Clock;
  /**
   * How long anything is on its way, in milliseconds of `clock`. A client is open after two.
   * @default 0
   */
  readonly latencyMs?: number;
  /**
   * Whether each pair keeps its `transcript`, and the network the one of them all. Turn it off to
   * send very much.
   * @default true
   */
  readonly keepsTranscript?: boolean;
}

/** A pair that was dialled. */
export interface DialledSocketPair extends MemorySocketPair {
  /** What the client dialled. */
  readonly url: string;
}

/** An address in memory. */
export interface MemoryNetwork {
  /**
   * Accepts clients until the returned function is called; sockets accepted before live on.
   *
   * While `onSocket` runs, `socket.protocol` is the first subprotocol offered; what `onSocket`
   * returns replaces it. A choice the client did not offer fails the client. RFC 6455 §4.1.
   *
   * @throws Error when something listens already.
   */
  listen(onSocket: AcceptMemorySocket): Unsubscribe;
  /**
   * Dials. The socket is open once its handler is told so; frames sent earlier are dropped.
   * A client that is refused is told 1006 and never `open`.
   *
   * @throws SyntaxError when `url` is not `ws:` or `wss:`, as a browser does.
   */
  readonly connect: ConnectSocket;
  /** Makes a `connect` whose requests carry `headers`, such as `origin` or `cookie`. */
  connectWith(headers: Record<string, string>): ConnectSocket;
  /** Breaks every socket there is. New ones may be dialled at once. */
  cutAll(): void;
  /** Whether clients that dial are turned away with 1006, as they are when nobody listens. */
  refuse(on: boolean): void;
  /** Whether clients that dial get no answer. Turned off, they get it then. */
  hang(on: boolean): void;
  /**
   * How long anything is on its way from now on, in milliseconds of the clock: between the sockets
   * there are, and those that will be dialled.
   *
   * @throws TypeError when it is set above 0 and there is no clock.
   * @throws RangeError when it is set to what is negative or not finite.
   */
  latencyMs: number;
  /** The pairs of which at least one end is not closed, oldest first. */
  readonly sockets: readonly DialledSocketPair[];
  /**
   * What went over the network since it was made, a line for each thing that arrived, in that order:
   *
   * ```text
   * C1 dials ws://test/line
   * C1: {"method":"hello","version":1}
   * @ 20 ms
   * S1: {"method":"welcome","version":1,…
   * S1! 1006
   * ```
   *
   * `C1` is the client's end of the first socket that was dialled and `S1` the server's. A colon
   * comes before a frame of that end, which the other one got; `!` before the close code that it
   * was told, 1006 for a socket that was cut. `@` tells how much of the clock had passed, where
   * there is one, in whole milliseconds. What a server makes up for its sessions reads `<session>`, `<secret>` and
   * `<epoch>`, so that two runs have the same transcript.
   */
  transcript(options?: TranscriptOptions): string;
  /** One line for each end that is not closed: what a finished test must not leave behind. */
  leftovers(): string[];
}

interface Entry {
  readonly pair: DialledSocketPair;
  readonly link: Link;
}

/**
 * Creates a network with nobody on it.
 *
 * @throws TypeError when `latencyMs` is above 0 and there is no clock.
 * @throws RangeError when `latencyMs` is negative or not finite.
 * @example
 * const network = createMemoryNetwork({ clock });
 * network.listen((socket) => accept(socket));
 * const client = createClient({ url: "ws://test/line", connect: network.connect, clock });
 */
export function createMemoryNetwork(options: MemoryNetworkOptions = {}): MemoryNetwork {
  const { clock, keepsTranscript = true } = options;
  let latencyMs = checkedDelay(options.latencyMs ?? 0, clock); // now, not when somebody dials
  const recorder = createRecorder(clock && (() => clock.now()));
  let dials = 0;
  /** Those with an end that is not closed, in the order of dialling. */
  const alive = new Set<Entry>();
  let listener: AcceptMemorySocket | undefined;
  let refusing = false;
  let hanging = false;
  let unanswered: (() => void)[] = [];

  function dial(url: string, protocols: readonly string[], given: Record<string, string>) {
    const request = toRequest(url, protocols, given);
    const link = createLink(
      { ...options, latencyMs },
      { onDial: answer, onClosed: () => alive.delete(entry) },
      keepsTranscript ? observe(url) : undefined,
    );
    const pair = { url, client: link.client, server: link.server, network: link.control };
    const entry: Entry = { pair, link };
    alive.add(entry);
    link.toServer.push({ kind: "dial" }, 0);
    return link.client;

    function answer() {
      if (hanging) unanswered.push(answer);
      else if (link.serverEnd.state !== "closed") accept(link, request, listener);
    }
  }

  function observe(url: string): LinkObserver {
    const socket = ++dials;
    recorder.dialled(socket, url);
    return {
      frame: (direction, frame) =>
        recorder.frame(socket, direction === "toServer" ? "C" : "S", frame),
      ended: (end, closing) => recorder.ended(socket, end === "client" ? "C" : "S", closing),
    };
  }

  function accept(link: Link, request: MemoryRequest, onSocket: AcceptMemorySocket | undefined) {
    const { serverEnd, toClient } = link;
    const answer: Answer = { protocol: undefined };
    // First on its way, for the server may send frames before it says what it chose.
    toClient.push({ kind: "opening", answer }, 0);
    if (refusing || onSocket === undefined) return serverEnd.lose();
    try {
      serverEnd.accept(request.protocols[0] ?? "");
      const chosen = onSocket(link.server, request);
      if (chosen !== undefined) serverEnd.accept(chosen.protocol);
      // A server that terminated has refused; one that closed has accepted, then closed.
      if (serverEnd.state === "closed") return;
      const { protocol } = link.server;
      const fits =
        request.protocols.length === 0 ? protocol === "" : request.protocols.includes(protocol);
      if (fits) answer.protocol = protocol;
    } catch (error) {
      serverEnd.lose();
      throw error;
    }
  }

  function connectWith(headers: Record<string, string>): ConnectSocket {
    return (url, protocols) => dial(url, [...protocols], headers);
  }

  return {
    listen(onSocket) {
      if (listener !== undefined) throw new Error("Cannot listen: something listens already");
      listener = onSocket;
      return () => {
        if (listener === onSocket) listener = undefined;
      };
    },
    connect: connectWith({}),
    connectWith,
    cutAll() {
      for (const { pair } of [...alive]) pair.network.cut();
    },
    refuse(on) {
      refusing = on;
    },
    hang(on) {
      hanging = on;
      if (on) return;
      const answers = unanswered;
      unanswered = [];
      for (const answer of answers) queueMicrotask(answer);
    },
    get latencyMs() {
      return latencyMs;
    },
    set latencyMs(ms) {
      latencyMs = checkedDelay(ms, clock);
      for (const { pair } of alive) pair.network.delay(ms);
    },
    transcript: recorder.text,
    get sockets() {
      return [...alive].map(({ pair }) => pair);
    },
    leftovers() {
      return [...alive].flatMap(({ pair: { url }, link: { clientEnd, serverEnd } }) => [
        ...(clientEnd.state === "closed" ? [] : [`client socket to ${url} is ${clientEnd.state}`]),
        // A server knows nothing of a client it has not answered.
        ...(serverEnd.state === "closed" || serverEnd.state === "connecting"
          ? []
          : [`server socket from ${url} is ${serverEnd.state}`]),
      ]);
    },
  };
}

function toRequest(
  url: string,
  protocols: readonly string[],
  given: Record<string, string>,
): MemoryRequest {
  const parts = /^wss?:\/\/([^/?#]+)([^#]*)/i.exec(url);
  if (parts === null) throw new SyntaxError(`Cannot dial ${url}: it is not a ws: or wss: URL`);
  const [, host = "", rest = ""] = parts;
  const headers: Record<string, string> = {
    host,
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
  };
  if (protocols.length > 0) headers["sec-websocket-protocol"] = protocols.join(", ");
  for (const [name, value] of Object.entries(given)) headers[name.toLowerCase()] = value;
  return { url: rest.startsWith("/") ? rest : `/${rest}`, headers, protocols };
}

declare function queueMicrotask(run: () => void): void;
