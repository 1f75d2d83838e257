/**
 * Line: one socket, from dialling to its end. It greets the server, carries a session, and notices
 * when the server is gone. It ends once; what follows then is decided by its host.
 */
import {
  type ClientSocket,
  type Clock,
  type ConnectSocket,
  type Frame,
  Heartbeat,
  type HeartbeatOptions,
  type SocketHandler,
  type Timer,
} from "@tautline/contracts/runtime";
import { isCounted } from "@tautline/contracts/session";
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
import type { Call } from "../call/call.js";
import type { Carrier, Session } from "../session/session.js";
import { type Address, type AddressOptions, askAddress, toSocketUrl } from "./address.js";

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
  readonly strange?: boolean;
  /** Whether the server closed it before it said welcome: it has run nothing. PROTOCOL.md §3.1 */
  readonly unheard?: boolean;
  /** Whether hello was sent and nobody knows what came of it. */
  readonly unanswered: boolean;
}

/** What of it depends on how it came. */
type Told = Omit<LineEnd, "refusal" | "unanswered">;

/** What a line tells its host, and asks of it. */
export interface LineHost {
  /** An answer or an event for a call of the session that is still waiting for it. */
  received(call: Call, answer: Result | Failure): void;
  /**
   * Calls may be answered now. There is no `welcome` in the base dialect.
   *
   * @returns the session that the line carries from now on; nothing if the server is not to be
   * believed.
   */
  opened(line: Line, welcome: Welcome | undefined): Session | undefined;
  /** The server asks its client to move, to any server or to another one. */
  moves(line: Line, isElsewhere: boolean, delayMs: number): void;
  ended(line: Line, end: LineEnd): void;
}

/** What a line is made with. */
export interface LineOptions extends AddressOptions {
  readonly full: boolean;
  readonly connect: ConnectSocket<ClientSocket>;
  readonly clock: Clock;
  /** What holds until `welcome` tells others. */
  readonly limits: ToldLimits;
  /** What the owner set. Else `welcome` tells it. */
  readonly heartbeat: HeartbeatOptions;
  readonly connectTimeoutMs: number;
  readonly name?: string | undefined;
  readonly contract: string | undefined;
  readonly traffic: Traffic;
}

/** One socket. */
export interface Line extends Carrier {
  /** What it carries, or asks its server to go on with. */
  readonly session: Session;
  /** Asks for a PONG. `answered` is told the milliseconds, or undefined when the line has ended. */
  ping(answered?: (roundTripMs?: number) => void): void;
  /** Asks for a sign of life now, and drops the socket if none comes. */
  check(): void;
  /** Closes as soon as the last call was answered. */
  retire(): void;
  /** Says goodbye. Resolves once the socket is gone. */
  close(code: number, reason: string): Promise<void>;
}

// A server that does not finish the closing handshake is not waited for. RFC 6455 §7.1.1
const goodbyeMs = 2_000;
const notTautline = 'The server does not speak tautline.1: try dialect "trpc"';
const wrongCounts = "The counts of the session do not agree";

/** Creates a line that has not dialled yet. */
export function createLine(options: LineOptions, asked: Session, host: LineHost): Line {
  const { full, clock, limits, traffic, connectTimeoutMs } = options;
  let session = asked;
  let socket: ClientSocket | undefined;
  let known: Credentials | null | undefined;
  let stage: "dialling" | "greeted" | "open" | "over" = "dialling";
  let refusal: unknown;
  let retiring = false;
  let heartbeat: Heartbeat | undefined;
  const pings: { readonly atMs: number; answered?(roundTripMs?: number): void }[] = [];
  let gone: () => void;
  const isGone = new Promise<void>((resolve) => {
    gone = resolve;
  });

  const line: Line = {
    get session() {
      return session;
    },
    transmit,
    ping(answered) {
      pings.push({ atMs: clock.now(), answered });
      transmit("PING");
    },
    check: () => heartbeat?.ask(),
    retire() {
      retiring = true;
      rest();
    },
    close(code, reason) {
      goodbye(code, reason);
      return isGone;
    },
  };
  let timer: Timer = clock.after(connectTimeoutMs, () =>
    abandon(1006, `Not open within ${connectTimeoutMs} ms`),
  );

  askAddress(options).then(dial, (error) => abandon(1006, String(error)));

  // ---- the socket -------------------------------------------------------------------------

  function dial([url, credentials]: Address) {
    if (stage === "over") return;
    known = credentials;
    try {
      const address = toSocketUrl(url, !full && Boolean(credentials));
      socket = options.connect(address, full ? [fullDialectProtocol] : []);
    } catch (error) {
      // The address is wrong, and would be wrong again.
      return goodbye(CloseCode.ProtocolError, `Cannot open ${url}: ${error}`);
    }
    socket.start(handler);
  }

  function transmit(frame: string) {
    traffic.framesOut++;
    traffic.charactersOut += frame.length;
    socket!.send(frame);
  }

  const handler: SocketHandler = {
    open() {
      if (stage === "over") return;
      if (!full) {
        if (known) transmit(JSON.stringify({ method: "connectionParams", data: known }));
        return opened();
      }
      if (socket!.protocol !== fullDialectProtocol) return strange(notTautline);
      stage = "greeted";
      const hello = JSON.stringify({
        method: "hello",
        version: protocolVersion,
        credentials: known,
        client: options.name,
        contract: options.contract,
        session: session.toAsked(),
      });
      // What is to be resumed says nothing before the server has told what it heard.
      if (!session.given) session.greet(line, hello);
      else transmit(hello);
    },
    frame(frame: Frame) {
      if (stage === "over") return;
      traffic.framesIn++;
      traffic.charactersIn += frame.length;
      heartbeat?.alive();
      if (typeof frame !== "string") return goodbye(1003, "Binary frames are reserved");
      if (frame === "PING") {
        session.flush(); // first: a PONG says that all before it was sent
        return transmit("PONG");
      }
      if (frame === "PONG") {
        const ping = pings.shift();
        if (!ping) return;
        traffic.roundTripMs = clock.now() - ping.atMs;
        return ping.answered?.(traffic.roundTripMs);
      }
      try {
        const value: unknown = JSON.parse(frame);
        const messages = Array.isArray(value) ? value : [value];
        const chars = Math.ceil(frame.length / messages.length);
        for (const message of messages) {
          if ((stage as string) !== "over") receive(message, chars);
        }
      } catch (error) {
        // A stock server's odd words are passed over, as stock clients do.
        if (full) strange(`Cannot read a frame: ${error}`);
      }
    },
    close(code: number, reason: string) {
      gone();
      timer.cancel();
      // 1006 is no word of the server's: its welcome may have been lost with the socket.
      end({ code, reason, unheard: stage !== "open" && code !== 1006 });
    },
  };

  function end(told: Told) {
    if (stage === "over") return;
    const unanswered = stage === "greeted" && !told.unheard;
    stage = "over";
    timer.cancel();
    if (session.carrier === line) session.suspend();
    heartbeat?.stop();
    for (const { answered } of pings) answered?.();
    host.ended(line, { ...told, refusal, unanswered });
  }

  /** Drops the socket: the server may be gone. */
  function abandon(code: number, reason: string) {
    end({ code, reason }); // first: some sockets tell their end at once, and know less of it
    if (socket) socket.terminate();
    else gone();
  }

  /** Closes the socket. The host is `told` else, where that is another code or more than it. */
  function goodbye(code: number, reason: string, told?: Partial<Told>) {
    if (stage === "over") return;
    end({ code, reason, ...told });
    if (!socket) return gone();
    timer = clock.after(goodbyeMs, () => socket!.terminate());
    socket.close(code, reason);
  }

  /** The server sent what no server sends. The host decides whether to come back. */
  function strange(what: string) {
    goodbye(CloseCode.ProtocolError, what, { strange: true });
  }

  // ---- messages ---------------------------------------------------------------------------

  /** @throws TypeError on what no server says. */
  function receive(message: any, chars: number) {
    const { id, method } = message;
    const failed = "error" in message; // throws on what is no object
    if (id === null && failed) {
      refusal = message.error;
      if (stage === "open") return;
      // It is a server's last word before it closes. One that stays has not understood hello.
      timer.cancel();
      timer = clock.after(goodbyeMs, () => strange(notTautline));
    } else if (stage === "greeted") {
      if (method !== "welcome" || message.version !== protocolVersion) return strange(notTautline);
      opened({ ...message, limits: { ...limits, ...message.limits } });
    } else if (session.carrier !== line) {
      // Another line has taken over: what comes here is said there again.
    } else if (method === "reconnect" || method === "goaway") {
      host.moves(line, method === "goaway", message.delayMs ?? 0);
    } else if (method === "reauth") {
      askAddress(options).then(
        ([, credentials]) =>
          transmit(JSON.stringify({ method: "auth", credentials: credentials ?? null })),
        () => {}, // the server closes when none come, and then they are asked for again
      );
    } else if (method === "ack") {
      if (!session.acknowledge(message.received)) throw new TypeError(wrongCounts);
    } else if (!isCounted(message) || session.hear(chars)) {
      if (method) return;
      if (!failed) {
        if (typeof message.result !== "object") throw new TypeError("It is no message");
        refusal = undefined; // a server that answers has not refused us
      }
      const call = session.answered(id, failed || message.result.type === "stopped");
      if (call) host.received(call, message);
      if (retiring) rest();
    }
  }

  function opened(welcome?: Welcome) {
    stage = "open";
    timer.cancel();
    const server = {
      ping: line.ping,
      lost: () => abandon(CloseCode.HeartbeatTimeout, ""),
      get bytesRead() {
        return socket!.bytesRead;
      },
    };
    heartbeat = new Heartbeat(server, clock, { ...welcome?.heartbeat, ...options.heartbeat });
    const carried = host.opened(line, welcome);
    if (carried) session = carried;
    else goodbye(CloseCode.ProtocolError, wrongCounts, { code: 1006 }); // the session is lost, not the server
  }

  function rest() {
    if (session.underway.values().length === 0) goodbye(1000, "Moved");
  }

  return line;
}
