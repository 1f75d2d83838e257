/**
 * Session: the calls that were sent to one server, and the counts by which they go on when their
 * socket is lost. A line carries it; when the line ends, the session waits for the next one, if
 * its server keeps sessions. PROTOCOL.md §9
 */
import type { Clock, Timer } from "@tautline/contracts/runtime";
import { ackDelayMs, Ledger } from "@tautline/contracts/session";
import type { SessionAsked, SessionGiven, ToldLimits, Welcome } from "@tautline/contracts/wire";
import type { Call, CallRoute } from "../call/call.js";
import { creditText, withdrawalText } from "../call/message.js";
import { type CallSource, createOutbox } from "./outbox.js";
import type { CallsUnderway } from "./underway.js";

/** What a session is made with. */
export interface SessionOptions {
  readonly full: boolean;
  /** Whether it is to outlive its socket. */
  readonly resumable: boolean;
  readonly clock: Clock;
  /** What holds until `welcome` tells others. */
  readonly limits: ToldLimits;
  /** Bytes that may leave before `welcome`. */
  readonly earlyBytes: number;
}

/** What carries a session: a line. */
export interface Carrier {
  transmit(frame: string): void;
}

/** One session, from its first hello on. */
export interface Session extends CallRoute {
  /** The calls sent in it that were not answered. */
  readonly underway: CallsUnderway;
  /** What the server gave, if it keeps it. */
  readonly given: SessionGiven | undefined;
  /** The line that carries it; undefined between two. */
  readonly carrier: Carrier | undefined;
  /** What `hello` is to say of it. PROTOCOL.md §9.1 */
  toAsked(): SessionAsked | undefined;
  /** Sends hello, and behind it what may leave at once. */
  greet(carrier: Carrier, hello: string): void;
  /** The server has let us in, and began the session. There is no `welcome` in the base dialect. */
  begin(carrier: Carrier, welcome: Welcome | undefined): void;
  /** The server goes on with it. Returns how much is said again; nothing if its counts can not be true. */
  resume(carrier: Carrier, welcome: Welcome): number | undefined;
  /** Its line has ended. */
  suspend(): void;
  /** A counted message arrived. False if it was heard before. PROTOCOL.md §9.2 */
  hear(chars: number): boolean;
  /** The server has heard `count` messages. False if that can not be. */
  acknowledge(count: number): boolean;
  /** The call with this number, which is answered or not yet. */
  answered(id: unknown, isOver: boolean): Call | undefined;
  wake(): void;
  flush(): void;
}

/** Creates a session that nobody knows yet. */
export function createSession(options: SessionOptions, source: CallSource): Session {
  const { full, clock, resumable } = options;
  // From the start: what leaves behind hello counts as well.
  let ledger = full && resumable ? new Ledger() : undefined;
  let given: SessionGiven | undefined;
  let carrier: Carrier | undefined;
  let timer: Timer | undefined;
  let isLate = false;
  /** When the first message came of which the server was not told. */
  let untoldMs = 0;
  /** Messages that will be said again though they were heard on the line before. */
  let repeats = 0;
  /** Every mutation before it was answered. */
  let low = 1;

  const session: Session = {
    get underway() {
      return outbox.underway;
    },
    get given() {
      return given;
    },
    get carrier() {
      return carrier;
    },
    toAsked() {
      if (ledger === undefined || given === undefined) return ledger && {};
      return { id: given.id, secret: given.secret!, received: ledger.heard };
    },
    greet(line, hello) {
      carrier = line;
      outbox.greet(hello);
    },
    begin(line, welcome) {
      carrier = line;
      given = welcome?.session;
      if (given === undefined) ledger = undefined;
      outbox.open(welcome?.limits);
    },
    resume(line, { session: told, limits }) {
      // The line before was read until now: it may have brought what the server will repeat.
      repeats = ledger!.heard - told!.from!;
      if (!(repeats >= 0) || !ledger!.acknowledge(told!.received!)) return undefined;
      carrier = line;
      given = { ...told!, secret: given!.secret! };
      // What it repeats starts no timer, and what was told on the line before may be lost with it.
      ledger!.untell(told!.from!);
      if (ledger!.owesAck) timer ??= clock.after(ackDelayMs, acknowledgeLate);
      outbox.open(limits, ledger!.unheard());
      return ledger!.unacknowledged;
    },
    suspend() {
      carrier = undefined;
      timer?.cancel();
      timer = undefined;
      outbox.shut();
    },
    hear(chars) {
      if (ledger === undefined) return true;
      if (repeats > 0) {
        repeats -= 1;
        return false;
      }
      if (!ledger.owesAck) untoldMs = clock.now();
      ledger.hear(chars);
      if (ledger.ackIsDue) outbox.wake();
      else timer ??= clock.after(ackDelayMs, acknowledgeLate);
      return true;
    },
    acknowledge(count) {
      if (ledger === undefined) return true;
      const isTrue = ledger.acknowledge(count);
      outbox.wake();
      return isTrue;
    },
    answered(id, isOver) {
      const call = outbox.underway.get(id);
      if (call !== undefined && (isOver || call.kind !== "subscription")) outbox.finish(id, call);
      return call?.route === session && call.id === id ? call : undefined;
    },
    wake: () => outbox.wake(),
    flush: () => outbox.flush(),
    withdraw(call) {
      if (full || call.kind === "subscription") outbox.note(withdrawalText(call));
    },
    refused: (call, isRate) => outbox.refused(call, isRate),
    credit(call, count) {
      if (full) outbox.note(creditText(call.id, count));
    },
  };

  const outbox = createOutbox({
    ...options,
    route: session,
    source,
    transmit: (frame) => carrier?.transmit(frame),
    mayKeep: () => ledger === undefined || ledger.keptChars < (given?.maxUnackedBytes ?? Infinity),
    said: (message) => ledger?.say(message),
    ackIsDue: () => ledger !== undefined && (ledger.ackGoesAlong || (isLate && ledger.owesAck)),
    ackText() {
      isLate = false;
      return `{"method":"ack","received":${ledger!.tell()}}`;
    },
    // A mutation has to be sent in a session that is known, or it could not be asked about later.
    mayBeEarly: ({ kind }) => ledger === undefined || kind !== "mutation",
    membersOf(call, id, now) {
      const { kind, dueMs, key, first, repeatable, trace } = call;
      const keepsRecords = given?.storeEpoch !== undefined;
      if (first !== undefined && !keepsRecords && !repeatable) return void source.unknown(call);
      const isRecorded = kind === "mutation" && keepsRecords;
      return {
        // At least 1: a deadline of 0 is none that a server accepts.
        deadlineMs: full && dueMs < Infinity ? Math.max(1, Math.ceil(dueMs - now)) : undefined,
        key,
        trace,
        low: isRecorded ? lowest(id) : undefined,
        first: isRecorded ? aged(first, now) : undefined,
      };
    },
  });

  /** The oldest mutation without an answer, this one at the latest. PROTOCOL.md §10.1 */
  function lowest(id: number) {
    while (low < id && outbox.underway.get(low)?.kind !== "mutation") low++;
    return low;
  }

  function aged(first: Call["first"], now: number) {
    if (first === undefined) return undefined;
    const { sentMs, ...where } = first;
    return { ...where, ageMs: Math.ceil(now - sentMs) };
  }

  function acknowledgeLate() {
    timer = undefined;
    if (!ledger?.owesAck) return;
    // What it was set for may have been acknowledged along with something else.
    const leftMs = untoldMs + ackDelayMs - clock.now();
    if (leftMs > 0) {
      timer = clock.after(leftMs, acknowledgeLate);
      return;
    }
    isLate = true;
    outbox.wake();
  }

  return session;
}
