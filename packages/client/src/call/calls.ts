/**
 * The table of calls: everything that has not settled, what of it still waits to be sent, and
 * when it has to be given up. One timer serves all deadlines. A call settles here and nowhere
 * else, so it settles once.
 */
import type { AppErrorData } from "@tautline/contracts";
import type { Clock, Timer } from "@tautline/contracts/runtime";
import { initialCredit } from "@tautline/contracts/wire";
import type { Call } from "./call.js";
import { type AnyCallError, type LocalCode, toLocalError } from "./call-error.js";
import { CallList } from "./call-list.js";

/** The calls of one client. */
export type Calls = ReturnType<typeof createCalls>;

/** What the table tells its owner. */
export interface CallsEvents {
  /** Something may be sent that could not before. */
  wake(): void;
  /** Nothing is left: every call has settled. */
  empty(): void;
}

/** The calls of one signal, and its listener. */
interface Group {
  readonly calls: Set<Call>;
  abort(): void;
}

/** Creates a table without calls. */
export function createCalls(clock: Clock, events: CallsEvents) {
  // Two that wait, because each has a limit of its own.
  const waitingCalls = new CallList();
  const waitingSubscriptions = new CallList();
  /** Was sent, or is not to be sent yet. */
  const others = new CallList();
  const lists = [waitingCalls, waitingSubscriptions, others];
  const groups = new WeakMap<AbortSignal, Group>();
  let timer: Timer | undefined;
  let sweepAtMs = Infinity;

  const size = () => waitingCalls.size + waitingSubscriptions.size + others.size;

  /** All that have not settled, in their order. For the rare occasions: it takes a copy. */
  function all(): Call[] {
    const calls: Call[] = [];
    for (const { first } of lists) for (let call = first; call; call = call.after) calls.push(call);
    return calls.sort((a, b) => a.order - b.order);
  }

  function move(call: Call, to: CallList) {
    call.list?.delete(call);
    to.add(call);
  }

  function wait(call: Call) {
    move(call, call.kind === "subscription" ? waitingSubscriptions : waitingCalls);
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
      if (call.settled) continue; // another's reader has ended it
      if (dueMs > now) earliestMs = Math.min(earliestMs, dueMs);
      else if (call.id > 0) {
        fail(call, "DEADLINE_EXCEEDED", { deadlineMs }, `No answer within ${deadlineMs} ms`);
      } else if (call.refusal !== undefined) {
        if (withdraw(call)) call.reader.fail(call.refusal);
      } else fail(call, "NOT_SENT", undefined, `Not sent within its deadline of ${deadlineMs} ms`);
    }
    arm(earliestMs);
  }

  /** Takes the call out of the table. False if it had settled before. */
  function settle(call: Call): boolean {
    if (call.settled) return false;
    call.settled = true;
    call.unlisten?.();
    call.list?.delete(call);
    if (size() === 0) events.empty();
    return true;
  }

  /** Ends a call from this side: the server is told if it knows of it. */
  function withdraw(call: Call): boolean {
    const { route } = call;
    if (!settle(call)) return false;
    route?.withdraw(call);
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
    if (withdraw(call)) call.reader.fail(toLocalError(code, data, call.path, message, cause));
  }

  /** The reader's own end: a subscription just stops, other calls were promised an answer. */
  function abort(call: Call) {
    const { reader, signal } = call;
    if (reader.end === undefined) {
      fail(call, "CANCELLED", undefined, "The call was aborted", signal?.reason);
    } else if (withdraw(call)) reader.end(false);
  }

  /** One listener a signal, however many calls share it: Node warns of more than ten. */
  function listen(call: Call, signal: AbortSignal) {
    const group = groups.get(signal) ?? {
      calls: new Set(),
      abort: () => group.calls.forEach(abort),
    };
    if (group.calls.size === 0) {
      groups.set(signal, group);
      signal.addEventListener("abort", group.abort);
    }
    group.calls.add(call);
    call.unlisten = () => {
      group.calls.delete(call);
      if (group.calls.size > 0) return;
      groups.delete(signal);
      signal.removeEventListener("abort", group.abort);
    };
  }

  /** Puts calls back in line, where their order says. */
  function again(calls: readonly Call[]) {
    for (const call of calls) {
      call.route = undefined;
      // Events that nobody has read count against the credit: until they are read, the server
      // must not be asked for as many again.
      if (!call.settled && !call.reader.backlog) wait(call);
    }
    events.wake();
  }

  return {
    /** How many have not settled. */
    get size() {
      return size();
    },
    /** How many wait to be sent. */
    get waiting() {
      return waitingCalls.size + waitingSubscriptions.size;
    },
    /** Takes a call in. One whose signal has aborted already is never sent. */
    start(call: Call) {
      const { signal } = call;
      wait(call);
      if (signal?.aborted) return abort(call);
      if (signal) listen(call, signal);
      arm(call.dueMs);
      events.wake();
    },
    /** The call to send next, if there is one of a kind for which there is room. */
    next(roomForCalls: boolean, roomForSubscriptions: boolean): Call | undefined {
      const call = roomForCalls ? waitingCalls.first : undefined;
      const subscription = roomForSubscriptions ? waitingSubscriptions.first : undefined;
      if (call === undefined || subscription === undefined) return call ?? subscription;
      return call.order < subscription.order ? call : subscription;
    },
    /** It was sent. */
    sent(call: Call) {
      move(call, others);
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
      if (call.route === undefined && !call.reader.backlog && call.list === others) again([call]);
    },
    settle,
    withdraw,
    fail,
    abort,
    again,
    /**
     * Fails every call there is. Mutations that were sent may have run. When it was asked for,
     * subscriptions just end.
     */
    failAll(toError: (path: string) => AnyCallError, isAsked: boolean) {
      for (const call of all()) {
        const { reader, path } = call;
        if (!settle(call)) continue;
        if (isAsked && reader.end !== undefined) reader.end(false);
        else if (call.kind === "mutation" && call.id > 0) {
          reader.fail(toLocalError("OUTCOME_UNKNOWN", undefined, path, "Closed before the answer"));
        } else reader.fail(toError(path));
      }
    },
    /** Nothing is left that could be late: a process that is done may end. */
    rest() {
      timer?.cancel();
      sweepAtMs = Infinity;
    },
  };
}

/** Settles a call that never came to be in a table. */
export function refuse(call: Call, error: AnyCallError) {
  if (call.settled) return;
  call.settled = true;
  call.reader.fail(error);
}
