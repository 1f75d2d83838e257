/**
 * Opening: what comes before a connection is open. Who is there says so in the first message, or
 * in the request alone; while that is being found out, what else is asked has to wait. All of it
 * is let go of when the connection is open: a request's headers take a kilobyte. PROTOCOL.md §3
 */
import type { Fingerprint } from "@tautline/contracts";
import type { Clock, Timer } from "@tautline/contracts/runtime";
import {
  type ClientMessage,
  CloseCode,
  type Credentials,
  type Dialect,
  type Limits,
  type Malformed,
  protocolVersion,
  type SessionAsked,
} from "@tautline/contracts/wire";
import type { OpeningRequest, Principal } from "../context.js";
import { TRPCError } from "../trpc.js";
import type { ConnectionFace } from "./face.js";
import type { HeldFrame } from "./held-input.js";
import type { Place } from "./places.js";
import type { RateVerdict } from "./rate.js";

/** What is known of a socket's request, and how the client said it would open. */
export interface ConnectionStart extends Omit<OpeningRequest, "credentials" | "signal"> {
  readonly dialect: Dialect;
  /** Base dialect: the URL has `connectionParams=1`. */
  readonly expectsParams: boolean;
}

/** What opening needs of its server. */
export interface OpeningHost {
  readonly limits: Limits;
  readonly clock: Clock;
  readonly contract: Fingerprint | undefined;
}

/** What opening came to. */
export interface Admission {
  readonly face: ConnectionFace<Principal | null>;
  readonly ctx: unknown;
  readonly place: Place;
  /** Who is there; `undefined` for nobody in particular. */
  readonly userId: string | undefined;
  /** For how long the credentials hold, in milliseconds; for ever, if nothing is said. */
  readonly expiresInMs: number | undefined;
}

/** The connection that is being opened. */
export interface OpeningConnection {
  /** Finds out who is there. Rejects with a TRPCError to refuse, with anything else to give up. */
  admit(request: OpeningRequest, client: string | undefined): Promise<Admission>;
  /**
   * It is open.
   *
   * @param hashes The hash of each procedure, when the client was built from another contract.
   * @param early What came meanwhile.
   * @param asked The session the client asked for, if it did.
   */
  opened(
    admission: Admission,
    request: OpeningRequest,
    hashes: ReadonlyMap<string, string> | undefined,
    early: readonly Received[],
    asked: SessionAsked | undefined,
  ): void;
  refuse(error: TRPCError): void;
  unreadable(reason: string): void;
  /** It could not be found out who is there. */
  gaveUp(cause: unknown): void;
  end(code: number, reason: string): void;
}

/** A message with its place in its frame, when it came, and whether that was too fast. */
export interface Received {
  readonly message: ClientMessage | Malformed;
  readonly batchIndex: number;
  readonly frame: HeldFrame | undefined;
  readonly verdict: Exclude<RateVerdict, { verdict: "close" }>;
  /** On the clock. */
  readonly atMs: number;
  /** Its share of its frame: what is counted as its length. */
  readonly chars: number;
}

/** Opens one connection. */
export class Opening {
  readonly #connection: OpeningConnection;
  readonly #start: ConnectionStart;
  readonly #host: OpeningHost;
  /** Runs while the first message is awaited. */
  readonly #timer: Timer;
  /** While it is being found out who is there: aborts when the client has left. */
  #leaving: AbortController | undefined;
  /** What came meanwhile; inputs stay encoded. */
  readonly #early: Received[] = [];
  #chars = 0;
  #procedureHashes: ReadonlyMap<string, string> | undefined;
  #session: SessionAsked | undefined;
  #isOver = false;

  constructor(connection: OpeningConnection, start: ConnectionStart, host: OpeningHost) {
    this.#connection = connection;
    this.#start = start;
    this.#host = host;
    const { helloTimeoutMs } = host.limits;
    this.#timer = host.clock.after(helloTimeoutMs, () => {
      const what = start.dialect === "full" ? "hello" : "connectionParams";
      connection.end(CloseCode.HelloTimeout, `No ${what} within ${helloTimeoutMs} ms`);
    });
  }

  /** Whether nothing was heard yet. */
  get isExpecting(): boolean {
    return this.#leaving === undefined;
  }

  /** Lets in who needs to say nothing first. */
  begin() {
    const { dialect, expectsParams } = this.#start;
    if (dialect === "base" && !expectsParams) void this.#admit(null, undefined);
  }

  /** A frame came, which has so many characters. */
  count(chars: number) {
    this.#chars += chars;
  }

  receive(received: Received) {
    if (this.isExpecting) this.#openWith(received.message);
    else this.#keep(received);
  }

  /** The connection has ended, or is open. */
  stop() {
    this.#isOver = true;
    this.#timer.cancel();
    this.#leaving?.abort();
  }

  #keep(received: Received) {
    const { message } = received;
    if (message.method === "hello" && this.#start.dialect === "full") {
      return this.#connection.end(CloseCode.ProtocolError, "A second hello");
    }
    if (message.method === "malformed" && message.id === null) {
      return this.#connection.unreadable(message.reason);
    }
    const { maxFrameBytes } = this.#host.limits;
    if (this.#chars > maxFrameBytes) {
      const text = `More than ${maxFrameBytes} bytes before the welcome`;
      return this.#connection.end(CloseCode.ProtocolError, text);
    }
    this.#early.push(received);
  }

  #openWith(message: ClientMessage | Malformed) {
    const malformed = message.method === "malformed" ? message.reason : undefined;
    if (this.#start.dialect === "full") {
      if (message.method !== "hello") {
        return this.#connection.unreadable(malformed ?? "Expected hello");
      }
      if (message.version !== protocolVersion) {
        const text = `Cannot speak version ${message.version}: use ${protocolVersion}`;
        return this.#connection.end(CloseCode.UnsupportedVersion, text);
      }
      const { contract } = this.#host;
      if (differs(message.contract, contract)) this.#procedureHashes = contract?.procedures;
      this.#session = message.session;
      void this.#admit(message.credentials ?? null, message.client);
    } else if (message.method === "connectionParams") void this.#admit(message.data, undefined);
    else {
      const reason = malformed ?? "Expected connectionParams";
      this.#connection.refuse(new TRPCError({ code: "PARSE_ERROR", message: reason }));
    }
  }

  async #admit(credentials: Credentials | null, client: string | undefined) {
    const connection = this.#connection;
    this.#timer.cancel();
    const leaving = new AbortController();
    this.#leaving = leaving;
    const { headers, url, remoteAddress } = this.#start;
    const request = {
      credentials,
      headers,
      url,
      remoteAddress,
      // A getter: the signal takes a kilobyte, and most never ask.
      get signal() {
        return leaving.signal;
      },
    };
    let admission: Admission;
    try {
      admission = await connection.admit(request, client);
    } catch (cause) {
      if (this.#isOver) return;
      if (cause instanceof TRPCError) return connection.refuse(cause);
      return connection.gaveUp(cause);
    }
    if (this.#isOver) return;
    connection.opened(admission, request, this.#procedureHashes, this.#early, this.#session);
  }
}

/** Whether both ends told a contract, and not the same. PROTOCOL.md §6.3 */
function differs(client: string | undefined, server: Fingerprint | undefined) {
  return client !== undefined && server !== undefined && client !== server.hash;
}
