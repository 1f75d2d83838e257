/**
 * A list of calls, linked through the calls themselves. Not a Set: one that calls enter and leave
 * is copied into a new table now and then, and each table leads to the next and to the calls of its
 * time. Once the collector has moved one of them among the old objects, where it seldom looks,
 * everything behind it lives on and is copied as well: a quarter of a busy client's CPU.
 */
import type { Call } from "./call.js";

/** One place in a list: a call, or the list itself, which stands before the first and after the last. */
export interface Place {
  readonly order: number;
  before: Place | undefined;
  after: Place | undefined;
}

/** Calls in their order. A call is in one list at a time. */
export interface CallList extends Place {
  size: number;
}

/** Creates a list without calls. */
export function createCallList(): CallList {
  // Infinity: behind every call, wherever one is looked for.
  const list: CallList = { order: Infinity, before: undefined, after: undefined, size: 0 };
  list.before = list.after = list;
  return list;
}

/** Moves a call to where its order says, which is nearly always the end. */
export function enter(list: CallList, call: Call) {
  leave(call);
  let before = list.before!;
  if (before.order > call.order) {
    // What is put back is older than most: the way from the front is the shorter one.
    before = list;
    while (before.after!.order < call.order) before = before.after!;
  }
  call.list = list;
  call.before = before;
  call.after = before.after;
  before.after = call.after!.before = call;
  list.size++;
}

/** Takes a call out. It keeps no link, or what has settled would keep what has not. */
export function leave(call: Call) {
  if (!call.list) return;
  call.list.size--;
  call.before!.after = call.after;
  call.after!.before = call.before;
  call.list = call.before = call.after = undefined;
}
