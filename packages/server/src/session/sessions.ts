/**
 * Sessions: all of one process, by id. A session of another process, or of this one before it was
 * restarted, is unknown here, and never guessed: the client begins a new one. PROTOCOL.md §9.1
 */
import { randomBytes } from "node:crypto";
import { Ledger } from "@tautline/contracts/session";
import type { SessionAsked } from "@tautline/contracts/wire";
import type { Outbox } from "../connection/outbox.js";
import { refusalToAttach } from "./attach.js";
import { Session, type SessionArrival, type SessionCarrier, type SessionHost } from "./session.js";

/** How long and how much sessions keep. */
export interface SessionOptions {
  /**
   * How long a session waits for its client, in milliseconds. Its calls and subscriptions run on
   * meanwhile, as far as what they say can be kept.
   *
   * @default 30_000
   */
  readonly graceMs?: number;
  /**
   * Sessions that may wait for their clients at once; with one more, the one that has waited
   * longest ends. Each can hold `maxOutboxBytes`.
   *
   * @default 10_000
   */
  readonly maxSuspended?: number;
}

/** What the sessions of a server need of it. */
export interface SessionsHost extends Omit<SessionHost, "suspended" | "ended"> {
  readonly maxSuspended: number;
  /** The greeting of a client, without what is said of its session. */
  readonly welcome: string;
}

/** A connection that may carry a session. */
export interface SessionConnection extends SessionCarrier {
  readonly outbox: Outbox;
  readonly remoteAddress: string | undefined;
}

/** The sessions of one process. */
export class Sessions {
  readonly #host: SessionsHost;
  readonly #sessions = new Map<string, Session>();
  /** Those that wait for their client, the longest first. */
  readonly #suspended = new Set<Session>();
  readonly #sessionHost: SessionHost;

  constructor(host: SessionsHost) {
    this.#host = host;
    this.#sessionHost = {
      ...host,
      suspended: (session) => this.#keep(session),
      ended: (session) => {
        this.#sessions.delete(session.id);
        this.#suspended.delete(session);
      },
    };
  }

  /** How many there are. */
  get size(): number {
    return this.#sessions.size;
  }

  /** Resumes the session that was asked for, or begins one, and greets the client. */
  open(
    asked: SessionAsked,
    userId: string | undefined,
    arrival: SessionArrival,
    connection: SessionConnection,
  ): Session {
    if (asked.id !== undefined) {
      const found = this.#sessions.get(asked.id);
      const refusal = refusalToAttach(found, asked, userId);
      if (refusal === undefined) return this.#resume(found!, asked.received, arrival, connection);
      const { remoteAddress } = connection;
      this.#host.events["session.refused"]?.({ reason: refusal, remoteAddress });
      // Its own client, which can not go on with it: nobody else will.
      if (refusal === "counts") found!.end(1006);
    }
    const ids = { id: randomText(), secret: randomText() };
    const session = new Session(ids, userId, arrival, connection, new Ledger(), this.#sessionHost);
    this.#sessions.set(session.id, session);
    session.outbox.push(this.#greeting(session, false));
    const { id: sessionId } = session;
    this.#host.events["session.started"]?.({
      sessionId,
      connectionId: arrival.face.id,
      userId,
    });
    return session;
  }

  /** The sessions of one user, those that wait for their client as well. */
  of(userId: string): readonly Session[] {
    return [...this.#sessions.values()].filter((session) => session.userId === userId);
  }

  /** Ends those that wait for their client. The others end with their connections. */
  endSuspended(code: number) {
    for (const session of this.#suspended) session.end(code);
  }

  #resume(
    session: Session,
    received: number,
    arrival: SessionArrival,
    connection: SessionConnection,
  ): Session {
    const wasSuspended = this.#suspended.delete(session);
    session.attach(connection, arrival, received);
    const replayedOut = session.unacknowledged;
    session.goOn(connection, this.#greeting(session, true));
    this.#host.events["session.resumed"]?.({
      sessionId: session.id,
      connectionId: arrival.face.id,
      generation: session.generation,
      suspended: wasSuspended,
      suspendedMs: wasSuspended ? this.#host.clock.now() - session.suspendedMs : 0,
      replayedOut,
    });
    return session;
  }

  #greeting(session: Session, isResumed: boolean): string {
    const given = session.given(isResumed, this.#host.limits.maxOutboxBytes);
    return `${this.#host.welcome.slice(0, -1)},"session":${JSON.stringify(given)}}`;
  }

  #keep(session: Session) {
    this.#suspended.add(session);
    if (this.#suspended.size <= this.#host.maxSuspended) return;
    for (const longest of this.#suspended) return longest.end(1006);
  }
}

/** 128 bits that nobody guesses. */
function randomText(): string {
  return randomBytes(16).toString("base64url");
}
