/**
 * A list of calls, linked through the calls themselves. Not a Set: one that calls enter and leave
 * is copied into a new table now and then, and each table leads to the next and to the calls of its
 * time. Once the collector has moved one of them among the old objects, where it seldom looks,
 * everything behind it lives on and is copied as well: a sixth of a busy client's work.
 */
import type { Call } from "./call.js";

/** Calls in their order. A call is in one list at a time. */
export class CallList {
  first: Call | undefined = undefined;
  size = 0;
  #last: Call | undefined = undefined;

  /** Adds a call where its order says, which is nearly always the end. */
  add(call: Call) {
    let before = this.#last;
    if (before !== undefined && before.order > call.order) {
      // What is put back is older than most: the way from the front is the shorter one.
      before = undefined;
      for (let next = this.first; next!.order < call.order; next = next!.after) before = next;
    }
    const after = before === undefined ? this.first : before.after;
    call.list = this;
    call.before = before;
    call.after = after;
    if (before === undefined) this.first = call;
    else before.after = call;
    if (after === undefined) this.#last = call;
    else after.before = call;
    this.size++;
  }

  /** Takes a call out. It keeps no link, or what has settled would keep what has not. */
  delete(call: Call) {
    const { before, after } = call;
    if (before === undefined) this.first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
    call.list = call.before = call.after = undefined;
    this.size--;
  }
}
