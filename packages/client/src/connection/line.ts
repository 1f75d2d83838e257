/**
 * Line: one socket, from dialling to its end. It greets the server, matches answers with the
 * calls it sent, and notices when the server is gone. It ends once; what follows then is decided
 * by its host.
 */
import {
  type Clock,
  type ConnectSocket,
  type Frame,
  type HeartbeatOptions,
  type Socket,
  startHeartbeat,
  type Timer,
} from "@tautline/contracts/runtime";
import {
  CloseCode,
  type Credentials,
  type Failure,
  fullDialectProtocol,
  protocolVersion,
  type Result,
  type ToldLimits,
  type Welcome,
} from "@tautline/contracts/wire";
import type { Call, CallRoute } from "../call/call.js";
import { connectionParamsText, creditText, helloText, withdrawalText } from "../call/message.js";
import { toSocketUrl } from "./address.js";
import { type CallSource, createOutbox } from "./outbox.js";

/** What was counted over all lines of a client. */
export interface Traffic {
  framesIn: number;
  framesOut: number;
  charactersIn: number;
  charactersOut: number;
  roundTripMs: number | undefined;
}

/** How a line ended. */
export interface LineEnd {
  readonly code: number;
  readonly reason: string;
  /** The failure under `id: null` that came before, encoded. PROTOCOL.md §6 */
  readonly refusal: unknown;
  /** Whether the server sent what no server sends. */
  readonly strange: boolean;
  /** Whether the server closed it before it said welcome: it has run nothing. PROTOCOL.md §3.1 */
  readonly unheard: boolean;
}

/** What a line tells its host, and asks of it. */
export interface LineHost {
  /** Where `line` gets its calls. */
  sourceOf(line: Line): CallSource;
  /** An answer or an event for a call that is still this line's. */
  received(call: Call, answer: Result | Failure): void;
  /** Calls may be answered now. There is no `welcome` in the base dialect. */
  opened(line: Line, welcome: Welcome | undefined): void;
  /** The server asks its client to move. */
  moves(line: Line): void;
  ended(line: Line, end: LineEnd): void;
}

/** What a line is made with. */
export interface LineOptions {
  readonly full: boolean;
  readonly connect: ConnectSocket;
  readonly clock: Clock;
  /** What holds until `welcome` tells others. */
  readonly limits: ToldLimits;
  /** Bytes that may leave before `welcome`. */
  readonly earlyBytes: number;
  /** What the owner set. Else `welcome` tells it. */
  readonly heartbeat: HeartbeatOptions;
  readonly connectTimeoutMs: number;
  readonly client: string | undefined;
  readonly contract: string | undefined;
  readonly traffic: Traffic;
}

/** One socket and the calls on it. */
export interface Line extends CallRoute {
  /** The calls sent here that were not answered. */
  readonly underway: ReadonlyMap<unknown, Call>;
  dial(url: string, credentials: Credentials | null | undefined): void;
  /** Sends at the end of this turn what can be sent. */
  wake(): void;
  /** Asks for a PONG. `answered` is told the milliseconds, or undefined when the line has ended. */
  ping(answered?: (roundTripMs: number | undefined) => void): void;
  /** Closes as soon as the last call was answered. */
  retire(): void;
  /** Says goodbye. Resolves once the socket is gone. */
  close(code: number, reason: string): Promise<void>;
  /** Drops the socket: the server may be gone. */
  abandon(code: number, reason: string): void;
}

// A server that does not finish the closing handshake is not waited for. RFC 6455 §7.1.1
const goodbyeMs = 2_000;
const notTautline = 'The server does not speak tautline.1: is it one for dialect "trpc"?';

/** Creates a line that has not dialled yet. */
export function createLine(options: LineOptions, host: LineHost): Line {
  const { full, clock, limits, earlyBytes, traffic, connectTimeoutMs } = options;
  let socket: Socket | undefined;
  let greeting = "";
  let stage: "dialling" | "greeted" | "open" | "over" = "dialling";
  let refusal: unknown;
  let retiring = false;
  let heartbeat: ReturnType<typeof startHeartbeat> | undefined;
  const pings: { readonly atMs: number; answered?(roundTripMs: number | undefined): void }[] = [];
  let gone: () => void;
  const isGone = new Promise<void>((resolve) => {
    gone = resolve;
  });

  const line: Line = {
    get underway() {
      return outbox.underway;
    },
    dial(url, credentials) {
      if (stage === "over") return;
      if (full) {
        const { client, contract } = options;
        greeting = helloText({ credentials, client, contract });
      } else if (credentials) greeting = connectionParamsText(credentials);
      try {
        const address = toSocketUrl(url, !full && greeting !== "");
        socket = options.connect(address, full ? [fullDialectProtocol] : []);
      } catch (error) {
        // The address is wrong, and would be wrong again.
        gone();
        return end(CloseCode.ProtocolError, `Cannot open ${url}: ${error}`);
      }
      socket.start({ open, frame, close: closed });
    },
    wake: () => outbox.wake(),
    ping(answered) {
      pings.push({ atMs: clock.now(), answered });
      transmit("PING");
    },
    withdraw(call) {
      if (full || call.kind === "subscription") outbox.note(withdrawalText(call));
    },
    refused: (call, isRate) => outbox.refused(call, isRate),
    credit(call, count) {
      if (full) outbox.note(creditText(call.id, count));
    },
    retire() {
      retiring = true;
      rest();
    },
    close(code, reason) {
      if (stage !== "over") {
        goodbye(code, reason);
        end(code, reason);
      }
      return isGone;
    },
    abandon(code, reason) {
      if (socket === undefined) gone();
      else socket.terminate();
      end(code, reason);
    },
  };
  const source = host.sourceOf(line);
  const outbox = createOutbox({ route: line, full, clock, limits, earlyBytes, source, transmit });
  let timer: Timer = clock.after(connectTimeoutMs, () =>
    line.abandon(1006, `Not open within ${connectTimeoutMs} ms`),
  );

  // ---- the socket -------------------------------------------------------------------------

  function transmit(frame: string) {
    traffic.framesOut++;
    traffic.charactersOut += frame.length;
    socket!.send(frame);
  }

  function open() {
    if (stage === "over") return;
    if (!full) {
      if (greeting !== "") transmit(greeting);
      return opened(undefined);
    }
    if (socket!.protocol !== fullDialectProtocol) return strange(notTautline);
    stage = "greeted";
    outbox.greet(greeting);
  }

  function frame(frame: Frame) {
    if (stage === "over") return;
    traffic.framesIn++;
    traffic.charactersIn += frame.length;
    heartbeat?.alive();
    if (typeof frame !== "string") return void line.close(1003, "Binary frames are reserved");
    if (frame === "PING") {
      outbox.flush(); // first: a PONG says that all before it was sent
      return transmit("PONG");
    }
    if (frame === "PONG") return ponged();
    try {
      const value: unknown = JSON.parse(frame);
      for (const message of Array.isArray(value) ? value : [value]) {
        if ((stage as string) !== "over") receive(message);
      }
    } catch (error) {
      // A stock server's odd words are passed over, as stock clients do.
      if (full) strange(`Cannot read a frame: ${error}`);
    }
  }

  function closed(code: number, reason: string) {
    gone();
    // 1006 is no word of the server's: its welcome may have been lost with the socket.
    end(code, reason, false, stage !== "open" && code !== 1006);
  }

  function end(code: number, reason: string, isStrange = false, unheard = false) {
    if (stage === "over") return;
    stage = "over";
    timer.cancel();
    outbox.shut();
    heartbeat?.stop();
    for (const { answered } of pings) answered?.(undefined);
    host.ended(line, { code, reason, refusal, strange: isStrange, unheard });
  }

  function goodbye(code: number, reason: string) {
    if (socket === undefined) return gone();
    socket.close(code, reason);
    const lost = clock.after(goodbyeMs, () => socket!.terminate());
    void isGone.then(() => lost.cancel());
  }

  /** The server sent what no server sends. The host decides whether to come back. */
  function strange(what: string) {
    goodbye(CloseCode.ProtocolError, what);
    end(CloseCode.ProtocolError, what, true);
  }

  // ---- messages ---------------------------------------------------------------------------

  function ponged() {
    const ping = pings.shift();
    if (ping === undefined) return;
    traffic.roundTripMs = clock.now() - ping.atMs;
    ping.answered?.(traffic.roundTripMs);
  }

  /** @throws TypeError on what no server says. */
  function receive(message: any) {
    if (typeof message !== "object" || message === null) throw new TypeError("It is no message");
    const { id, method } = message;
    const failed = "error" in message;
    if (id === null && failed) {
      refusal = message.error;
      if (stage === "open") return;
      // It is a server's last word before it closes. One that stays has not understood hello.
      timer.cancel();
      timer = clock.after(goodbyeMs, () => strange(notTautline));
    } else if (stage === "greeted") {
      if (method !== "welcome" || message.version !== protocolVersion) return strange(notTautline);
      opened({ ...message, limits: { ...limits, ...message.limits } });
    } else if (method === "reconnect") {
      host.moves(line);
    } else if (method === undefined) {
      if (!failed) {
        if (typeof message.result !== "object") throw new TypeError("A result is missing");
        refusal = undefined; // a server that answers has not refused us
      }
      answered(id, message, failed);
    }
  }

  function opened(welcome: Welcome | undefined) {
    stage = "open";
    timer.cancel();
    const server = { ping: line.ping, lost: () => line.abandon(CloseCode.HeartbeatTimeout, "") };
    heartbeat = startHeartbeat(server, clock, { ...welcome?.heartbeat, ...options.heartbeat });
    host.opened(line, welcome);
    outbox.open(welcome?.limits);
  }

  function answered(id: unknown, message: Result | Failure, failed: boolean) {
    const call = outbox.underway.get(id);
    if (call === undefined) return;
    const isOver = call.kind !== "subscription" || (message as Result).result?.type === "stopped";
    if (failed || isOver) outbox.finish(id, call);
    if (call.route === line && call.id === id) host.received(call, message);
    if (retiring) rest();
  }

  function rest() {
    if (outbox.underway.size === 0) void line.close(1000, "Moved");
  }

  return line;
}
