/**
 * The table of calls: everything that has not settled, what of it still waits to be sent, and
 * when it has to be given up. One timer serves all deadlines. A call settles here and nowhere
 * else, so it settles once.
 */
import type { AppErrorData } from "@tautline/contracts";
import type { Clock, Timer } from "@tautline/contracts/runtime";
import { initialCredit } from "@tautline/contracts/wire";
import { type Call, lostSentences } from "./call.js";
import { type AnyCallError, type LocalCode, toLocalError } from "./call-error.js";
import { createCallList, enter, leave } from "./call-list.js";

/** The calls of one client. */
export type Calls = ReturnType<typeof createCalls>;

/** What the table tells its owner. */
export interface CallsEvents {
  /** Something may be sent that could not before. */
  wake(): void;
  /** Nothing is left: every call has settled. */
  empty(): void;
  /** What keeps calls from being sent, to end a sentence with; empty where nothing does. */
  why(): string;
}

/** Creates a table without calls. */
export function createCalls(clock: Clock, events: CallsEvents) {
  // Two that wait, because each has a limit of its own.
  const waitingCalls = createCallList();
  const waitingSubscriptions = createCallList();
  /** Was sent, or is not to be sent yet. */
  const others = createCallList();
  /** How many calls listen to a signal. */
  const listening = new WeakMap<AbortSignal, number>();
  let timer: Timer | undefined;
  let sweepAtMs = Infinity;

  /** How many wait to be sent. */
  const waiting = () => waitingCalls.size + waitingSubscriptions.size;
  /** How many have not settled. */
  const size = () => waiting() + others.size;

  /** All that have not settled, in their order. For the rare occasions: it takes a copy. */
  function all(): Call[] {
    const calls: Call[] = [];
    for (const list of [waitingCalls, waitingSubscriptions, others]) {
      for (let call = list.after!; call !== list; call = call.after!) calls.push(call as Call);
    }
    return calls.sort((a, b) => a.order - b.order);
  }

  function wait(call: Call) {
    enter(call.kind === "subscription" ? waitingSubscriptions : waitingCalls, call);
  }

  function arm(dueMs: number) {
    if (dueMs >= sweepAtMs) return;
    timer?.cancel();
    sweepAtMs = dueMs;
    timer = clock.after(dueMs - clock.now(), sweep);
  }

  // Not cancelled when calls settle: one look every now and then is cheaper than a timer a call.
  function sweep() {
    const now = clock.now();
    let earliestMs = Infinity;
    sweepAtMs = Infinity;
    for (const call of all()) {
      const { dueMs, deadlineMs } = call;
      if (dueMs > now) earliestMs = Math.min(earliestMs, dueMs);
      else if (call.id > 0) {
        fail(call, "DEADLINE_EXCEEDED", { deadlineMs }, `No answer within ${deadlineMs} ms`);
      } else if (call.refusal) refuse(call, call.refusal);
      else fail(call, "NOT_SENT", undefined, `Not sent within ${deadlineMs} ms${events.why()}`);
    }
    if (size() > 0) arm(earliestMs); // who was told of a failure may have closed all
  }

  /** Takes the call out of the table. False if it had settled before. */
  function settle(call: Call): boolean {
    if (call.settled) return false;
    call.settled = true;
    if (call.list) listen(call, -1);
    leave(call);
    if (size() === 0) events.empty();
    return true;
  }

  /** Ends a call from this side: the server is told if it knows of it. */
  function withdraw(call: Call): boolean {
    if (!settle(call)) return false;
    call.route?.withdraw(call);
    call.route = undefined;
    return true;
  }

  function fail<Code extends LocalCode>(
    call: Call,
    code: Code,
    data: AppErrorData[Code],
    message: string,
    cause?: unknown,
  ) {
    refuse(call, toLocalError(code, data, call.path, message, cause));
  }

  /** Fails a call with an error that is there already; also one that never came to be in the table. */
  function refuse(call: Call, error: AnyCallError) {
    if (withdraw(call)) call.reader.fail(error);
  }

  /** The reader's own end: a subscription just stops, other calls were promised an answer. */
  function abort(call: Call) {
    const { reader, signal } = call;
    if (!reader.end) {
      fail(call, "CANCELLED", undefined, "The call was aborted", signal?.reason);
    } else if (withdraw(call)) reader.end(false);
  }

  /** One listener a signal, however many calls share it: Node warns of more than ten. */
  function listen({ signal }: Call, more: 1 | -1) {
    if (!signal) return;
    const count = (listening.get(signal) ?? 0) + more;
    listening.set(signal, count);
    // The same listener is there once, however often it is added.
    if (count > 0) signal.addEventListener("abort", abortAll);
    else signal.removeEventListener("abort", abortAll);
  }

  function abortAll({ target }: Event) {
    for (const call of all()) if (call.signal === target) abort(call);
  }

  /** Puts calls back in line, where their order says. */
  function again(calls: readonly Call[]) {
    for (const call of calls) {
      call.route = undefined;
      // Events that nobody has read count against the credit: until they are read, the server
      // must not be asked for as many again.
      if (!call.settled && !call.reader.hasBacklog?.()) wait(call);
    }
    events.wake();
  }

  return {
    waiting,
    size,
    /** Takes a call in. One whose signal has aborted already is never sent. */
    start(call: Call) {
      const { signal } = call;
      wait(call);
      listen(call, 1);
      if (signal?.aborted) return abort(call);
      arm(call.dueMs);
      events.wake();
    },
    /** The call to send next, if there is one of a kind for which there is room. */
    next(roomForCalls: boolean, roomForSubscriptions: boolean): Call | undefined {
      // An empty list stands behind all calls, and so does one for which there is no room.
      const call = roomForCalls ? waitingCalls.after! : waitingCalls;
      const subscription = roomForSubscriptions
        ? waitingSubscriptions.after!
        : waitingSubscriptions;
      const next = call.order < subscription.order ? call : subscription;
      return next.order < Infinity ? (next as Call) : undefined;
    },
    /** It was sent. */
    sent(call: Call) {
      enter(others, call);
      call.owed = 0;
    },
    /** The reader has read one event. */
    read(call: Call) {
      if (call.settled) return;
      // In halves: returned one by one, credit would double the messages.
      if (++call.owed >= initialCredit / 2) {
        call.route?.credit(call, call.owed);
        call.owed = 0;
      }
      // It was lost while there were events to read, and now there are none.
      if (!call.route && !call.reader.hasBacklog?.() && call.list === others) again([call]);
    },
    settle,
    fail,
    refuse,
    abort,
    again,
    /**
     * Fails every call there is. Mutations that were sent may have run. When it was asked for,
     * subscriptions just end.
     */
    failAll(toError: (path: string) => AnyCallError, isAsked: boolean) {
      for (const call of all()) {
        if (isAsked && call.reader.end) abort(call);
        else if (call.kind === "mutation" && call.id > 0) {
          fail(call, "OUTCOME_UNKNOWN", undefined, lostSentences.OUTCOME_UNKNOWN);
        } else refuse(call, toError(call.path));
      }
    },
    /** Nothing is left that could be late: a process that is done may end. */
    rest() {
      timer?.cancel();
      sweepAtMs = Infinity;
    },
  };
}
