/**
 * Sessions: all of one process, by id. A session of another process, or of this one before it was
 * restarted, is unknown here, and never guessed: the client begins a new one. PROTOCOL.md §9.1
 */
import { createHmac, randomBytes } from "node:crypto";
import type { Timer } from "@tautline/contracts/runtime";
import { Ledger } from "@tautline/contracts/session";
import type { SessionAsked } from "@tautline/contracts/wire";
import type { Outbox } from "../connection/outbox.js";
import { toldText } from "../connection/welcome.js";
import { assertNumbers } from "../numbers.js";
import { refusalToAttach } from "./attach.js";
import { LateAcks } from "./late-acks.js";
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
   * longest ends.
   *
   * @default 10_000
   */
  readonly maxSuspended?: number;
  /**
   * The same of one user's: all tabs and devices of a person are fewer, and nobody can push out the
   * sessions of others.
   *
   * @default 100
   */
  readonly maxSuspendedPerUser?: number;
  /**
   * What those that wait may hold together, in bytes of what they will have to say; beyond it those that
   * have waited longest end. Looked at once a second. Each alone holds `maxOutboxBytes` of
   * events at most, and the answers to the calls it had running.
   *
   * @default 268_435_456
   */
  readonly maxSuspendedBytes?: number;
}

const defaults: Required<SessionOptions> = {
  graceMs: 30_000,
  maxSuspended: 10_000,
  maxSuspendedPerUser: 100,
  maxSuspendedBytes: 268_435_456,
};

const weighEveryMs = 1_000;

/** What the sessions of a server need of it. */
export interface SessionsHost
  extends Omit<SessionHost, "lateAcks" | "secretOf" | "suspended" | "ended" | "graceMs">,
    SessionOptions {
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
  readonly #host: SessionsHost & Required<SessionOptions>;
  readonly #sessions = new Map<string, Session>();
  /** Those that wait for their client, the longest first. */
  readonly #suspended = new Set<Session>();
  /** The same, of each user that is known. */
  readonly #suspendedOf = new Map<string, Set<Session>>();
  /** The server has ended: none may wait any more. */
  #endsWith: number | undefined;
  /** Runs while there are any. */
  #weighing: Timer | undefined;
  readonly #sessionHost: SessionHost;

  constructor(host: SessionsHost) {
    this.#host = { ...defaults, ...host };
    const { graceMs, maxSuspended, maxSuspendedPerUser, maxSuspendedBytes } = this.#host;
    const waiting = { graceMs, maxSuspended, maxSuspendedPerUser, maxSuspendedBytes };
    assertNumbers("session", waiting, { isZeroAllowed: true });
    this.#sessionHost = {
      ...this.#host,
      lateAcks: new LateAcks(host.clock),
      secretOf: createSecrets(),
      suspended: (session) => this.#keep(session),
      ended: (session) => {
        this.#sessions.delete(session.id);
        this.#letGo(session);
      },
    };
  }

  /** How many there are. */
  get size(): number {
    return this.#sessions.size;
  }

  /** Whether calls run in any of those that wait for their client. */
  get areBusy(): boolean {
    for (const { dispatch } of this.#suspended) if (dispatch.isBusy) return true;
    return false;
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
    const id = randomBytes(16).toString("base64url"); // 128 bits that nobody guesses
    const ledger = new Ledger();
    ledger.room = this.#host.limits.maxOutboxBytes;
    const session = new Session(id, userId, arrival, connection, ledger, this.#sessionHost);
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

  /** Ends those that wait for their client, now or later. The others end with their connections. */
  endSuspended(code: number) {
    this.#endsWith = code;
    for (const session of this.#suspended) session.end(code);
  }

  #resume(
    session: Session,
    received: number,
    arrival: SessionArrival,
    connection: SessionConnection,
  ): Session {
    const wasSuspended = this.#letGo(session);
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
    return `${this.#host.welcome.slice(0, -1)},"session":${toldText(given)}}`;
  }

  #keep(session: Session) {
    if (this.#endsWith !== undefined) return session.end(this.#endsWith);
    const { maxSuspended, maxSuspendedPerUser, clock } = this.#host;
    this.#suspended.add(session);
    this.#weighing ??= clock.after(weighEveryMs, () => this.#weigh());
    const { userId } = session;
    if (userId !== undefined) {
      const own = this.#suspendedOf.get(userId) ?? new Set();
      this.#suspendedOf.set(userId, own.add(session));
      if (own.size > maxSuspendedPerUser) return longestOf(own).end(1006);
    }
    if (this.#suspended.size > maxSuspended) longestOf(this.#suspended).end(1006);
  }

  /** Returns whether it was waiting for its client. */
  #letGo(session: Session): boolean {
    const own = session.userId === undefined ? undefined : this.#suspendedOf.get(session.userId);
    own?.delete(session);
    if (own?.size === 0) this.#suspendedOf.delete(session.userId!);
    const wasSuspended = this.#suspended.delete(session);
    if (this.#suspended.size === 0) {
      this.#weighing?.cancel();
      this.#weighing = undefined;
    }
    return wasSuspended;
  }

  // Once a second, and not with each message that a session keeps: it says them by the thousand.
  #weigh() {
    this.#weighing = undefined;
    let bytes = 0;
    for (const { keptBytes } of this.#suspended) bytes += keptBytes;
    for (const longest of this.#suspended) {
      if (bytes <= this.#host.maxSuspendedBytes) break;
      bytes -= longest.keptBytes;
      longest.end(1006);
    }
    if (this.#suspended.size === 0) return;
    this.#weighing = this.#host.clock.after(weighEveryMs, () => this.#weigh());
  }
}

/** The one that was added first. */
function longestOf(suspended: ReadonlySet<Session>): Session {
  const [longest] = suspended;
  return longest!;
}

/**
 * The secret of each id: what only the holder of a key can make of it, the key being this process's.
 * So that ten thousand sessions need not keep ten thousand secrets, which are told only once.
 */
function createSecrets() {
  const key = randomBytes(32);
  return (id: string) =>
    // 22 characters of 6 bits are more than the 128 that PROTOCOL.md §9.1 asks for.
    createHmac("sha256", key).update(id).digest("base64url").slice(0, 22);
}
