/**
 * Session: the calls that were sent to one server, what leaves for it and when, and the counts by
 * which all goes on when the socket is lost. It keeps to the server's limits, so that calls wait
 * here, in order, instead of being refused there. A line carries it; when the line ends, the
 * session waits for the next one, if its server keeps sessions. PROTOCOL.md §9
 */
import type { Timer } from "@tautline/contracts/runtime";
import { ackDelayMs, Ledger } from "@tautline/contracts/session";
import type { SessionGiven, ToldLimits } from "@tautline/contracts/wire";
import { type Call, lostSentences } from "../call/call.js";
import { bytesOf, creditText, requestText, withdrawalText } from "../call/message.js";
import type { CallSource, Carrier, Session, SessionOptions } from "./face.js";
import { createFrames } from "./frames.js";
import { createPlaces } from "./places.js";
import { createRate } from "./rate.js";
import { createUnderway } from "./underway.js";

export type { CallSource, Carrier, Session, SessionOptions } from "./face.js";

/** Creates a session that nobody knows yet. */
export function createSession(options: SessionOptions, source: CallSource): Session {
  const { full, clock } = options;
  let { limits } = options;
  // From the start: what leaves behind hello counts as well.
  let ledger = full && options.session !== false ? new Ledger() : undefined;
  let given: SessionGiven | undefined;
  let carrier: Carrier | undefined;
  /** Only hello was said, and what may leave behind it. */
  let isEarly = true;
  let isWaking = false;
  /** Calls wait for a place. */
  let isCrowded = false;
  let lastId = 0;
  /** Every mutation before it was answered. */
  let low = 1;
  const queries = createPlaces(clock);
  const subscriptions = createPlaces(clock);
  /** By their number here, until they are answered; withdrawn ones too, for the server counts them. */
  const underway = createUnderway();
  /** Credits and withdrawals, which go before calls. */
  const notes: string[] = [];
  const frames = createFrames((frame) => carrier?.transmit(frame));
  let rate = createRate(clock, limits, 0);
  /** To the time when the next message may leave. */
  let timer: Timer | undefined;
  /** Bytes that may leave before the server has said welcome. PROTOCOL.md §3.1 */
  let allowance = Math.min(options.earlyBytes, limits.maxFrameBytes);
  /** To the time when an ack has to leave. */
  let ackTimer: Timer | undefined;
  let isLate = false;
  /** Messages that will be said again though they were heard on the line before. */
  let repeats = 0;

  const placesOf = ({ kind }: Pick<Call, "kind">) =>
    kind === "subscription" ? subscriptions : queries;

  const session: Session = {
    underway,
    get given() {
      return given;
    },
    get carrier() {
      return carrier;
    },
    // What was withdrawn has no route.
    calls: () => underway.values().filter(({ route }) => route === session) as Call[],
    toAsked() {
      if (!given) return ledger && {};
      return ledger && { id: given.id, secret: given.secret!, received: ledger.heard };
    },
    greet(line, hello) {
      carrier = line;
      add(hello);
      flush();
    },
    begin(line, welcome) {
      carrier = line;
      given = welcome?.session;
      if (!given) ledger = undefined;
      else if (ledger) ledger.room = given.maxUnackedBytes;
      open(welcome?.limits, lastId);
    },
    resume(line, { session: told, limits }) {
      // The line before was read until now: it may have brought what the server will repeat.
      repeats = ledger!.heard - told!.from!;
      if (!(repeats >= 0) || !ledger!.acknowledge(told!.received!)) return undefined;
      carrier = line;
      given = { ...told!, secret: given!.secret! };
      // What it repeats starts no timer, and what was told on the line before may be lost with it.
      ledger!.untell(told!.from!);
      if (ledger!.owesAck) acknowledgeSoon();
      open(limits, ledger!.unacknowledged);
      for (const message of ledger!.unheard()) add(message);
      return ledger!.unacknowledged;
    },
    suspend() {
      carrier = undefined;
      frames.flush(); // to nobody: it is said again
      timer?.cancel();
      noAckLater();
    },
    hear(chars) {
      if (!ledger) return true;
      if (repeats > 0) {
        repeats--;
        return false;
      }
      ledger.hear(chars);
      if (ledger.ackIsDue) wake();
      else acknowledgeSoon();
      return true;
    },
    acknowledge(count) {
      if (isCrowded) wake();
      return !ledger || ledger.acknowledge(count);
    },
    answered(id, isOver) {
      const call = underway.get(id);
      if (call && (isOver || call.kind !== "subscription")) {
        underway.delete(id);
        placesOf(call).free();
        if (isCrowded) wake(); // who calls again wakes it as well, and later: their calls share a frame
      }
      return call?.route === session ? (call as Call) : undefined;
    },
    wake,
    flush,
    withdraw(call) {
      const { id, kind } = call;
      // Its place is taken until the server has answered.
      if (underway.get(id) === call) underway.set({ id, kind });
      if (full || kind === "subscription") note(withdrawalText(call));
    },
    refused(call, isRate) {
      if (isRate) rate = createRate(clock, limits, limits.messageBurst);
      else placesOf(call).refuse();
    },
    credit(call, count) {
      if (full) note(creditText(call.id, count));
    },
  };

  // ---- what leaves ------------------------------------------------------------------------

  /** The server has let us in, and told its limits or not. `spent` messages have left behind hello. */
  function open(told: ToldLimits | undefined, spent: number) {
    isEarly = false;
    limits = told ?? limits;
    rate = createRate(clock, limits, spent + 1);
    wake();
  }

  function note(message: string) {
    notes.push(message);
    wake();
  }

  function wake() {
    if (isWaking) return;
    isWaking = true;
    // Two steps: who waits for an answer calls again between them, and shares the frame.
    queueMicrotask(() => queueMicrotask(flush));
  }

  function flush() {
    isWaking = false;
    if (!carrier) return;
    const now = clock.now();
    let waitMs = 0;
    while (waitMs === 0) waitMs = addNext(now);
    frames.flush();
    timer?.cancel();
    if (waitMs < Infinity) timer = clock.after(waitMs, flush);
  }

  function add(message: string, bytes = bytesOf(message, limits.maxFrameBytes)) {
    allowance -= bytes + 1;
    frames.add(message, bytes, limits.maxFrameBytes);
  }

  function say(message: string, bytes: number) {
    ledger?.say(message);
    add(message, bytes);
  }

  /** Adds what is next. Returns the milliseconds until it may leave, or infinity if nothing may. */
  function addNext(now: number): number {
    // First: without it the server could not go on.
    const isAck = isLate || ledger?.ackGoesAlong;
    if (isEarly || !(isAck || notes.length > 0)) return addCall(now);
    const waitMs = rate(now);
    if (waitMs > 0) return waitMs;
    if (isAck) {
      noAckLater();
      add(ledger!.ack());
    } else {
      const note = notes.shift()!;
      say(note, note.length);
    }
    return 0;
  }

  function addCall(now: number): number {
    const { maxFrameBytes } = limits;
    if (ledger && given && ledger.keptChars >= given.maxUnackedBytes) {
      isCrowded = true; // an `ack` will wake us
      return Infinity;
    }
    const queriesMs = queries.waitMs(limits.maxCallsInFlight);
    const subscriptionsMs = subscriptions.waitMs(limits.maxSubscriptions);
    const call = source.next(queriesMs === 0, subscriptionsMs === 0);
    if (!call) {
      isCrowded = source.waiting() > 0;
      return isCrowded ? Math.min(queriesMs || Infinity, subscriptionsMs || Infinity) : Infinity;
    }
    const isMutation = call.kind === "mutation";
    // A mutation has to be sent in a session that is known, or it could not be asked about later.
    if (isEarly && ledger && isMutation) return Infinity;
    const keepsRecords = given?.storeEpoch !== undefined;
    const { first, dueMs } = call;
    if (first && !keepsRecords && !call.repeatable) {
      // It was sent to a server before, and this one can not say what became of it.
      source.fail(call, "OUTCOME_UNKNOWN", undefined, lostSentences.OUTCOME_UNKNOWN);
      return 0;
    }
    const id = lastId + 1;
    const isRecorded = isMutation && keepsRecords;
    const message = requestText(
      call,
      id,
      // At least 1: a deadline of 0 is none that a server accepts.
      full && dueMs < Infinity ? Math.max(1, Math.ceil(dueMs - now)) : undefined,
      isRecorded ? lowest(id) : undefined,
      isRecorded ? first?.(now) : undefined,
    );
    const bytes = bytesOf(message, isEarly ? allowance : maxFrameBytes);
    // First: what is too large is for the server to say, and it has not yet.
    if (isEarly && bytes + 3 > allowance) return Infinity;
    if (bytes > maxFrameBytes) {
      const sentence = `Cannot send ${bytes} bytes: maxFrameBytes is ${maxFrameBytes}`;
      source.fail(call, "PAYLOAD_TOO_LARGE", { bytes, maxBytes: maxFrameBytes }, sentence);
      return 0;
    }
    const waitMs = rate(now);
    if (waitMs > 0) return waitMs;
    call.id = lastId = id;
    call.sentMs = now;
    call.sentAtMs = options.today();
    call.route = session;
    call.early = isEarly;
    underway.set(call);
    placesOf(call).take();
    source.sent(call);
    say(message, bytes);
    return 0;
  }

  /** The oldest mutation without an answer, this one at the latest. PROTOCOL.md §10.1 */
  function lowest(id: number) {
    while (low < id && underway.get(low)?.kind !== "mutation") low++;
    return low;
  }

  function acknowledgeSoon() {
    ackTimer ??= clock.after(ackDelayMs, () => {
      isLate = true;
      wake();
    });
  }

  function noAckLater() {
    ackTimer?.cancel();
    ackTimer = undefined;
    isLate = false;
  }

  return session;
}
