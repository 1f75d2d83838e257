/**
 * Session: the calls of one client, which outlive the socket they came on. While it has one, it is
 * served by a connection; when that is lost it keeps what it says until the client is back, or
 * its grace has passed. PROTOCOL.md §9
 */
import type { Clock, Timer } from "@tautline/contracts/runtime";
import type { Ledger } from "@tautline/contracts/session";
import { CloseCode, endsSession, type SessionGiven } from "@tautline/contracts/wire";
import type { Call } from "../call/call.js";
import { Dispatch, type DispatchHost, type DispatchLine } from "../connection/dispatch.js";
import type { Admission } from "../connection/opening.js";
import type { Outbox, OutboxSocket } from "../connection/outbox.js";
import type { Place } from "../connection/places.js";
import type { Recording } from "../connection/recording.js";
import type { Events } from "../observe/emit.js";
import type { SessionEnd } from "../observe/events.js";
import type { TRPCError } from "../trpc.js";
import type { AttachableSession } from "./attach.js";
import type { LateAcks } from "./late-acks.js";
import type { RequestRecords } from "./requests/records.js";

/** What sessions need of their server; the same for all of them. */
export interface SessionHost extends DispatchHost {
  readonly clock: Clock;
  /** How long a session waits for its client, in milliseconds. */
  readonly graceMs: number;
  /** Nothing where mutations are not recorded. */
  readonly records: RequestRecords | undefined;
  readonly lateAcks: LateAcks;
  /** What opens the session of this id, and nobody can tell who knows the id only. */
  secretOf(id: string): string;
  /** A session waits for its client. */
  suspended(session: Session): void;
  /** It is over, and can not be resumed. */
  ended(session: Session): void;
  readonly events: Events;
}

/** What serves a session: a connection. */
export interface SessionCarrier {
  /** What the connection is called in logs. */
  readonly connectionId: string | undefined;
  readonly socket: OutboxSocket;
  /** Another one has taken over. */
  fence(): void;
  /** The client breaks the rules of counting. */
  broken(reason: string): void;
  refused(error: TRPCError, call: Call): void;
}

/** What is new of a client each time it comes. */
export interface SessionArrival extends Pick<Admission, "ctx" | "place" | "face"> {
  readonly procedureHashes: ReadonlyMap<string, string> | undefined;
}

// What a client may leave unacknowledged that was sent, in units of what a session keeps: more than
// a network holds, so it has been received.
const mostUnackedShares = 16;

/** One session. */
export class Session implements DispatchLine, AttachableSession {
  readonly id: string;
  readonly userId: string | undefined;
  readonly outbox: Outbox;
  readonly dispatch: Dispatch;
  ctx: unknown;
  place: Place;
  procedureHashes: ReadonlyMap<string, string> | undefined;
  /** How often it was attached; a connection of an earlier time has no say. */
  generation = 1;
  readonly #host: SessionHost;
  readonly #ledger: Ledger;
  #carrier: SessionCarrier | undefined;
  /** While it is not attached: the end of the grace. */
  #timer: Timer | undefined;
  /** It is among the late acks. */
  #isLate = false;
  #isOver = false;
  #recording: Recording | undefined;
  /** By the clock. */
  readonly #startedMs: number;
  #suspendedMs = 0;

  constructor(
    id: string,
    userId: string | undefined,
    arrival: SessionArrival,
    carrier: SessionCarrier & { readonly outbox: Outbox },
    ledger: Ledger,
    host: SessionHost,
  ) {
    this.id = id;
    this.userId = userId;
    this.#host = host;
    this.#startedMs = host.clock.now();
    this.#ledger = ledger;
    this.#carrier = carrier;
    this.outbox = carrier.outbox;
    this.outbox.keep(ledger);
    this.ctx = arrival.ctx;
    this.place = arrival.place;
    this.procedureHashes = arrival.procedureHashes;
    this.dispatch = new Dispatch(host, this);
  }

  get dialect() {
    return "full" as const;
  }

  get secret(): string {
    return this.#host.secretOf(this.id);
  }

  /** Made with the first mutation. */
  get recording(): Recording | undefined {
    const { records, events } = this.#host;
    if (records === undefined) return undefined;
    const principal = this.userId ?? "";
    this.#recording ??= { records, events, principal, sessionId: this.id, low: 0 };
    return this.#recording;
  }

  get said(): number {
    return this.#ledger.said;
  }

  /** How many of them the client has not acknowledged. */
  get unacknowledged(): number {
    return this.#ledger.unacknowledged;
  }

  /** What it keeps until that is acknowledged: its characters, nearly always its bytes. */
  get keptBytes(): number {
    return this.#ledger.keptChars;
  }

  /** When it was suspended the last time, by the clock. */
  get suspendedMs(): number {
    return this.#suspendedMs;
  }

  /** Of the connection that serves it. */
  get connectionId(): string | undefined {
    return this.#carrier?.connectionId;
  }

  /** What `welcome` says of it. */
  given(isResumed: boolean, maxUnackedBytes: number): SessionGiven {
    const { id } = this;
    const { graceMs, records } = this.#host;
    const storeEpoch = records?.epoch;
    const known = isResumed
      ? { received: this.#ledger.tell(), from: this.#acknowledged }
      : { secret: this.secret };
    return {
      id,
      ...known,
      resumed: isResumed,
      graceMs,
      maxUnackedBytes,
      storeEpoch,
    } as SessionGiven;
  }

  /**
   * A client is back that has heard `received` messages. First the old socket is fenced, then the
   * messages are counted: what it still brings must not be heard.
   */
  attach(carrier: SessionCarrier, arrival: SessionArrival, received: number) {
    const before = this.#carrier;
    this.#carrier = undefined;
    if (before !== undefined) {
      const { id: sessionId, generation } = this;
      this.#host.events["session.fenced"]?.({ sessionId, generation });
      before.fence();
    }
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#owesNothing(); // it is told with the greeting
    this.#carrier = carrier;
    this.generation += 1;
    this.ctx = arrival.ctx;
    this.place = arrival.place;
    this.procedureHashes = arrival.procedureHashes;
    this.#ledger.acknowledge(Math.max(received, this.#acknowledged));
  }

  /** Greets the client, and says again what it has not heard. */
  goOn(carrier: SessionCarrier, greeting: string) {
    this.outbox.attach(carrier.socket, greeting);
  }

  /** A counted message of so many characters came. PROTOCOL.md §9.2 */
  hear(chars: number) {
    const ledger = this.#ledger;
    ledger.hear(chars);
    if (ledger.ackIsDue) {
      this.outbox.acknowledgeSoon();
      return this.#mindUnacknowledged();
    }
    if (this.#isLate) return;
    this.#isLate = true;
    this.#host.lateAcks.add(this);
  }

  /** The client says what it has heard. */
  acknowledgedBy(received: number) {
    if (this.#ledger.acknowledge(received)) this.outbox.acknowledged();
    else this.#carrier?.broken("An ack of what was not said");
  }

  /** A connection that served it has ended: it waits for its client, or ends as well. §9.4 */
  left(carrier: SessionCarrier, code: number) {
    if (this.#carrier !== carrier || this.#isOver) return;
    if (endsSession(code)) return this.end(code);
    this.#carrier = undefined;
    this.outbox.detach();
    this.#owesNothing();
    this.#timer = this.#host.clock.after(this.#host.graceMs, () => this.end(1006));
    this.#suspendedMs = this.#host.clock.now();
    this.#host.events["session.suspended"]?.({
      sessionId: this.id,
      generation: this.generation,
      code,
      unacknowledged: this.#ledger.unacknowledged,
      unacknowledgedBytes: this.#ledger.keptChars,
    });
    this.#host.suspended(this);
  }

  /** Ends it: nobody waits for what it does any more. */
  end(code: number) {
    if (this.#isOver) return;
    this.#isOver = true;
    const carrier = this.#carrier;
    this.#carrier = undefined;
    const suspended = this.#timer !== undefined;
    this.#timer?.cancel();
    this.#owesNothing();
    this.dispatch.close(code);
    this.outbox.detach();
    // Its client has said goodbye: nothing of it will be sent again.
    if (reasonOf(code) === "closed") this.#host.records?.forget(this.id, Number.POSITIVE_INFINITY);
    this.#host.ended(this);
    this.#host.events["session.ended"]?.({
      sessionId: this.id,
      reason: reasonOf(code),
      suspended,
      durationMs: this.#host.clock.now() - this.#startedMs,
    });
    carrier?.fence(); // unless it has ended it; nobody else would answer what comes on it
  }

  refused(error: TRPCError, call: Call) {
    this.#carrier?.refused(error, call);
  }

  get #acknowledged(): number {
    return this.#ledger.said - this.#ledger.unacknowledged;
  }

  // With each `ack` and not with each message, but with the late ones, too: who asks slowly keeps as much.
  #mindUnacknowledged() {
    const mostUnacked = mostUnackedShares * this.#host.limits.maxOutboxBytes;
    if (this.#ledger.keptChars - this.outbox.bytes > mostUnacked) {
      this.#carrier?.broken("It does not acknowledge what it gets");
    }
  }

  /** The client has waited for an `ack` as long as it may. */
  acknowledgeLate() {
    if (!this.#isLate) return;
    this.#isLate = false;
    if (!this.#ledger.owesAck) return;
    this.outbox.push(this.#ledger.ack());
    this.#mindUnacknowledged();
  }

  #owesNothing() {
    if (!this.#isLate) return;
    this.#isLate = false;
    this.#host.lateAcks.delete(this);
  }
}

/** What its end means, by the close code it ended with. */
function reasonOf(code: number): SessionEnd {
  if (code === CloseCode.Revoked) return "revoked";
  if (code === CloseCode.Draining) return "drained";
  if (!endsSession(code)) return "unclaimed";
  return code === CloseCode.ClientClosed || code < 1002 || code === CloseCode.Idle
    ? "closed"
    : "broken";
}
