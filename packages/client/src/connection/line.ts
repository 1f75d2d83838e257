/**
 * Line: one socket, from dialling to its end. It greets the server, keeps to the limits it is
 * told, matches answers with the calls it sent, and notices when the server is gone. It ends
 * once; what follows then is decided by its host.
 */
import type { Clock, ConnectSocket, Frame, Socket, Timer } from "@tautline/contracts/runtime";
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
import * as text from "../call/message.js";
import { toSocketUrl } from "./address.js";
import { createFrames } from "./frames.js";
import { type HeartbeatTimes, startHeartbeat } from "./heartbeat.js";
import { createRate } from "./rate.js";

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
}

/** What a line asks of its host. */
export interface LineHost {
  /** The call to send next on `line`, while there is room for its kind. It may be too large. */
  next(line: Line, roomForCalls: boolean, roomForSubscriptions: boolean): Call | undefined;
  sent(call: Call): void;
  tooLarge(call: Call, bytes: number, maxBytes: number): void;
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
  /** What the owner set. Else `welcome` tells it. */
  readonly heartbeat: Partial<HeartbeatTimes>;
  readonly connectTimeoutMs: number;
  readonly client: string | undefined;
  readonly contract: string | undefined;
  readonly traffic: Traffic;
}

/** One socket and the calls on it. */
export interface Line extends CallRoute {
  /** Calls by their number here until they are answered; withdrawn ones too, for the server counts them. */
  readonly sent: ReadonlyMap<unknown, Call>;
  dial(url: string, credentials: Credentials | null | undefined): void;
  /** Sends at the end of this turn what can be sent. */
  wake(): void;
  /** Asks for a PONG. `answered` is told the milliseconds, or undefined when the line has ended. */
  ping(answered?: (roundTripMs: number | undefined) => void): void;
  /** Takes no more calls, and closes when the last one was answered. */
  retire(): void;
  /** Says goodbye. Resolves once the socket is gone. */
  close(code: number, reason: string): Promise<void>;
  /** Drops the socket: the server may be gone. */
  abandon(code: number, reason: string): void;
}

// A server that does not finish the closing handshake is not waited for. RFC 6455 §7.1.1
const goodbyeMs = 2_000;

/** Creates a line that has not dialled yet. */
export function createLine(options: LineOptions, host: LineHost): Line {
  const { full, clock, traffic, connectTimeoutMs } = options;
  let { limits } = options;
  let socket: Socket | undefined;
  let greeting = "";
  /** `greeted`: hello is out, and calls may follow it. */
  let stage: "dialling" | "greeted" | "open" | "over" = "dialling";
  let refusal: unknown;
  let retiring = false;
  let heartbeat: ReturnType<typeof startHeartbeat> | undefined;
  let timer: Timer = clock.after(connectTimeoutMs, () =>
    line.abandon(1006, `Not open within ${connectTimeoutMs} ms`),
  );
  let gone: () => void;
  const isGone = new Promise<void>((resolve) => {
    gone = resolve;
  });

  const sent = new Map<unknown, Call>();
  let lastId = 0;
  let calls = 0;
  let subscriptions = 0;
  /** Credits and withdrawals, which go before calls. */
  const notes: string[] = [];
  const frames = createFrames(transmit);
  let rate = createRate(clock, limits, 0);
  let rateTimer: Timer | undefined;
  /** Bytes that may leave before the server has said welcome. PROTOCOL.md §3.1 */
  let allowance = limits.maxFrameBytes;
  let waking = false;
  const pings: { readonly atMs: number; answered?: (roundTripMs: number | undefined) => void }[] =
    [];

  function transmit(frame: string) {
    traffic.framesOut++;
    traffic.charactersOut += frame.length;
    socket!.send(frame);
  }

  function end(code: number, reason: string, strange = false) {
    if (stage === "over") return;
    stage = "over";
    timer.cancel();
    rateTimer?.cancel();
    heartbeat?.stop();
    for (const { answered } of pings) answered?.(undefined);
    host.ended(line, { code, reason, refusal, strange });
  }

  // It would be as strange again a moment later, so the host decides whether to come back.
  function strange(what: string) {
    goodbye(CloseCode.ProtocolError, what);
    end(CloseCode.ProtocolError, what, true);
  }

  function goodbye(code: number, reason: string) {
    if (socket === undefined) return gone();
    socket.close(code, reason);
    const lost = clock.after(goodbyeMs, () => socket!.terminate());
    void isGone.then(() => lost.cancel());
  }

  // ---- what the socket tells --------------------------------------------------------------

  const handler = {
    open() {
      if (stage === "over") return;
      if (!full) {
        if (greeting !== "") transmit(greeting);
        return opened(undefined);
      }
      if (socket!.protocol !== fullDialectProtocol) return strange(notTautline);
      stage = "greeted";
      send();
    },
    frame(frame: Frame) {
      if (stage === "over") return;
      traffic.framesIn++;
      traffic.charactersIn += frame.length;
      heartbeat?.alive();
      if (typeof frame !== "string") return void line.close(1003, "Binary frames are reserved");
      if (frame === "PING") {
        send(); // first: a PONG says that all before it was sent
        return transmit("PONG");
      }
      if (frame === "PONG") return ponged();
      let messages: unknown;
      try {
        messages = JSON.parse(frame);
      } catch {
        return odd("A frame is not JSON");
      }
      for (const message of Array.isArray(messages) ? messages : [messages]) {
        if ((stage as string) !== "over") receive(message);
      }
    },
    close(code: number, reason: string) {
      gone();
      end(code, reason);
    },
  };

  function ponged() {
    const ping = pings.shift();
    if (ping === undefined) return;
    traffic.roundTripMs = clock.now() - ping.atMs;
    ping.answered?.(traffic.roundTripMs);
  }

  /** Not what a server says. A stock server's odd words are passed over, as stock clients do. */
  function odd(what: string) {
    if (full) strange(what);
  }

  function receive(message: any) {
    if (typeof message !== "object" || message === null) return odd("A message is not an object");
    const { id, method } = message;
    const failed = "error" in message;
    if (id === null && failed) {
      refusal = message.error;
      if (stage === "open") return;
      // It is a server's last word before it closes. One that stays has not understood hello.
      timer.cancel();
      timer = clock.after(goodbyeMs, () => strange(notTautline));
    } else if (full && stage === "greeted") {
      if (method !== "welcome" || message.version !== protocolVersion) return strange(notTautline);
      ({ limits } = message);
      rate = createRate(clock, limits, lastId);
      opened(message);
    } else if (method === "reconnect") {
      host.moves(line);
    } else if (method === undefined) {
      const { result } = message;
      if (!failed && (typeof result !== "object" || result === null))
        return odd("A result is missing");
      if (!failed) refusal = undefined; // a server that answers has not refused us
      answer(id, message, failed);
    }
  }

  function answer(id: unknown, message: Result | Failure, failed: boolean) {
    const call = sent.get(id);
    if (call === undefined) return;
    const isSubscription = call.kind === "subscription";
    if (failed || !isSubscription || (message as Result).result.type === "stopped") {
      sent.delete(id);
      if (isSubscription) subscriptions--;
      else calls--;
      line.wake();
    }
    if (call.route === line && call.id === id) host.received(call, message);
    if (retiring) rest();
  }

  function opened(welcome: Welcome | undefined) {
    stage = "open";
    timer.cancel();
    const { intervalMs, timeoutMs } = {
      intervalMs: 15_000,
      timeoutMs: 5_000,
      ...welcome?.heartbeat,
      ...options.heartbeat,
    };
    const server = { ping: line.ping, lost: () => line.abandon(CloseCode.HeartbeatTimeout, "") };
    heartbeat = startHeartbeat(server, clock, { intervalMs, timeoutMs });
    host.opened(line, welcome);
    line.wake();
  }

  // ---- sending ----------------------------------------------------------------------------

  function send() {
    waking = false;
    if (stage === "dialling" || stage === "over") return;
    const { maxFrameBytes, maxCallsInFlight, maxSubscriptions } = limits;
    const isOpen = stage === "open";
    let waitMs = 0;
    const add = (message: string, bytes: number) => {
      allowance -= bytes + 1;
      frames.add(message, bytes, maxFrameBytes);
    };
    if (!isOpen && greeting !== "") {
      add(greeting, text.bytesOf(greeting, maxFrameBytes));
      greeting = "";
    }
    while (isOpen && notes.length > 0) {
      waitMs = rate.take();
      if (waitMs > 0) break;
      const note = notes.shift()!;
      add(note, note.length);
    }
    while (waitMs === 0) {
      const call = host.next(line, calls < maxCallsInFlight, subscriptions < maxSubscriptions);
      if (call === undefined) break;
      const leftMs = full ? call.dueMs - clock.now() : Infinity;
      const message = text.requestText(call, lastId + 1, leftMs);
      const bytes = text.bytesOf(message, maxFrameBytes);
      if (bytes > maxFrameBytes) {
        host.tooLarge(call, bytes, maxFrameBytes);
        continue;
      }
      if (!isOpen && bytes + 3 > allowance) break;
      waitMs = rate.take();
      if (waitMs > 0) break;
      call.id = ++lastId;
      call.route = line;
      sent.set(lastId, call);
      if (call.kind === "subscription") subscriptions++;
      else calls++;
      host.sent(call);
      add(message, bytes);
    }
    frames.flush();
    if (waitMs > 0) {
      rateTimer?.cancel();
      rateTimer = clock.after(waitMs, send);
    }
  }

  function note(message: string) {
    notes.push(message);
    line.wake();
  }

  function rest() {
    if (sent.size === 0) void line.close(1000, "Moved");
  }

  const line: Line = {
    sent,
    dial(url, credentials) {
      if (stage === "over") return;
      if (full) {
        const { client, contract } = options;
        greeting = text.helloText({ credentials, client, contract });
      } else if (credentials) greeting = text.connectionParamsText(credentials);
      try {
        const address = toSocketUrl(url, !full && Boolean(credentials));
        socket = options.connect(address, full ? [fullDialectProtocol] : []);
      } catch (error) {
        // The address is wrong, and would be wrong again.
        gone();
        return end(CloseCode.ProtocolError, `Cannot open ${url}: ${error}`);
      }
      socket.start(handler);
    },
    wake() {
      if (waking) return;
      waking = true;
      queueMicrotask(send);
    },
    ping(answered) {
      pings.push({ atMs: clock.now(), answered });
      transmit("PING");
    },
    withdraw(call) {
      if (full || call.kind === "subscription") note(text.withdrawalText(call));
    },
    credit(call, count) {
      if (full) note(text.creditText(call.id, count));
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
  return line;
}

const notTautline = 'The server does not speak tautline.1: is it one for dialect "trpc"?';
