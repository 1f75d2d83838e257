/**
 * Outbox: what leaves in a session, and when. It keeps to the server's limits, so that calls wait
 * here, in order, instead of being refused there; and it knows every call that is under way.
 */
import type { Clock, Timer } from "@tautline/contracts/runtime";
import type { ToldLimits } from "@tautline/contracts/wire";
import type { Call, CallRoute } from "../call/call.js";
import { bytesOf, type RequestMembers, requestText } from "../call/message.js";
import { createFrames } from "./frames.js";
import { createPlaces } from "./places.js";
import { createRate } from "./rate.js";
import { type CallsUnderway, Underway } from "./underway.js";

/** Where an outbox gets its calls. */
export interface CallSource {
  /** The call to send next, while there is room for its kind. It may be too large. */
  next(roomForCalls: boolean, roomForSubscriptions: boolean): Call | undefined;
  /** It was sent: it is the session's until it is answered or the session ends. */
  sent(call: Call): void;
  tooLarge(call: Call, bytes: number, maxBytes: number): void;
  /** It was sent to a server before, and this one can not say what became of it. */
  unknown(call: Call): void;
}

/** What an outbox needs of its session. */
export interface OutboxOptions {
  /** Whose calls they become. */
  readonly route: CallRoute;
  readonly clock: Clock;
  /** What holds until the server tells others. */
  readonly limits: ToldLimits;
  /** Bytes that may leave before that. */
  readonly earlyBytes: number;
  readonly source: CallSource;
  transmit(frame: string): void;
  /** Whether the server has room for more that it can not acknowledge yet. */
  mayKeep(): boolean;
  /** A counted message is sent for the first time. */
  said(message: string): void;
  /** Whether an `ack` should leave. */
  ackIsDue(): boolean;
  ackText(): string;
  /** Whether a call may leave before the server has said welcome. */
  mayBeEarly(call: Call): boolean;
  /** What a request carries besides its call. Nothing: it can not be sent in this session. */
  membersOf(call: Call, id: number, now: number): RequestMembers | undefined;
}

/** Creates an outbox; nothing leaves before `greet` or `open`. */
export function createOutbox(options: OutboxOptions) {
  const { route, clock, source, transmit } = options;
  let { limits } = options;
  let stage: "shut" | "greeted" | "open" = "shut";
  let waking = false;
  /** Calls wait for a place. */
  let isCrowded = false;
  let lastId = 0;
  const calls = createPlaces(clock);
  const subscriptions = createPlaces(clock);
  /** By their number here, until they are answered; withdrawn ones too, for the server counts them. */
  const underway = new Underway();
  /** Credits and withdrawals, which go before calls. */
  const notes: string[] = [];
  const frames = createFrames(transmit);
  let rate = createRate(clock, limits, 0);
  let timer: Timer | undefined;
  /** Bytes that may leave before the server has said welcome. PROTOCOL.md §3.1 */
  let allowance = Math.min(options.earlyBytes, limits.maxFrameBytes);

  const placesOf = ({ kind }: Call) => (kind === "subscription" ? subscriptions : calls);

  function add(message: string, bytes: number) {
    allowance -= bytes + 1;
    frames.add(message, bytes, limits.maxFrameBytes);
  }

  function say(message: string, bytes: number) {
    options.said(message);
    add(message, bytes);
  }

  /** Adds the next call. Returns the milliseconds until it may leave, or undefined if none may. */
  function addCall(now: number): number | undefined {
    const { maxFrameBytes, maxCallsInFlight, maxSubscriptions } = limits;
    if (!options.mayKeep()) return undefined; // an `ack` will wake us
    const callsMs = calls.waitMs(maxCallsInFlight);
    const subscriptionsMs = subscriptions.waitMs(maxSubscriptions);
    const call = source.next(callsMs === 0, subscriptionsMs === 0);
    if (call === undefined) {
      const untilRoomMs = Math.min(callsMs || Infinity, subscriptionsMs || Infinity);
      isCrowded = source.next(true, true) !== undefined;
      return untilRoomMs < Infinity && isCrowded ? untilRoomMs : undefined;
    }
    const isEarly = stage === "greeted";
    if (isEarly && !options.mayBeEarly(call)) return undefined;
    const members = options.membersOf(call, lastId + 1, now);
    if (members === undefined) return 0;
    const message = requestText(call, lastId + 1, members);
    const bytes = bytesOf(message, isEarly ? Math.min(maxFrameBytes, allowance) : maxFrameBytes);
    // First: what is too large is for the server to say, and it has not yet.
    if (isEarly && bytes + 3 > allowance) return undefined;
    if (bytes > maxFrameBytes) {
      source.tooLarge(call, bytes, maxFrameBytes);
      return 0;
    }
    const waitMs = rate.take(now);
    if (waitMs > 0) return waitMs;
    call.id = ++lastId;
    call.sentMs = now;
    call.route = route;
    call.early = isEarly;
    underway.add(lastId, call);
    placesOf(call).take();
    source.sent(call);
    say(message, bytes);
    return 0;
  }

  function addAck(now: number): number {
    const waitMs = rate.take(now);
    if (waitMs > 0) return waitMs;
    const ack = options.ackText();
    add(ack, ack.length);
    return 0;
  }

  function addNote(now: number): number | undefined {
    const waitMs = rate.take(now);
    if (waitMs > 0) return waitMs;
    const note = notes.shift()!;
    say(note, note.length);
    return 0;
  }

  function flush() {
    waking = false;
    if (stage === "shut") return;
    const now = clock.now();
    let waitMs: number | undefined = 0;
    while (waitMs === 0) {
      if (stage !== "open") waitMs = addCall(now);
      // First: without it the server could not go on.
      else if (options.ackIsDue()) waitMs = addAck(now);
      else waitMs = notes.length > 0 ? addNote(now) : addCall(now);
    }
    frames.flush();
    timer?.cancel();
    if (waitMs !== undefined) timer = clock.after(waitMs, flush);
  }

  function wake() {
    if (waking) return;
    waking = true;
    queueMicrotask(flush);
  }

  return {
    underway: underway as CallsUnderway,
    /** Sends now what can be sent. */
    flush,
    /** Sends it at the end of this turn. */
    wake,
    /** Sends hello, and behind it what may be sent before welcome. */
    greet(hello: string) {
      stage = "greeted";
      add(hello, bytesOf(hello, limits.maxFrameBytes));
      flush();
    },
    /**
     * The server has let us in, and told its limits or not.
     *
     * @param again What was said on a socket before this one, and not heard.
     */
    open(told: ToldLimits | undefined, again?: readonly string[]) {
      stage = "open";
      limits = told ?? limits;
      // What was sent on this socket: hello, and what was behind it or comes now.
      rate = createRate(clock, limits, (again?.length ?? lastId) + 1);
      for (const message of again ?? []) add(message, bytesOf(message, limits.maxFrameBytes));
      wake();
    },
    /** Sends a credit or a withdrawal. */
    note(message: string) {
      notes.push(message);
      wake();
    },
    /** The server has nothing more to say of this call. */
    finish(id: unknown, call: Call) {
      underway.delete(id);
      placesOf(call).free();
      if (isCrowded) wake(); // who calls again wakes it as well, and later: their calls share a frame
    },
    /** It said that it had no place for this call, or that there were too many messages. */
    refused(call: Call, isRate: boolean) {
      if (isRate) rate = createRate(clock, limits, limits.messageBurst);
      else placesOf(call).refuse();
    },
    /** Nothing leaves any more, until `open` says so again. */
    shut() {
      stage = "shut";
      frames.drop(); // the session says it again
      timer?.cancel();
    },
  };
}
