/** Builds histories by hand, for the tests of checkers. */
import type { Event, Happening, Invoke } from "../events.js";

/** One event a millisecond, unless one says when it was. */
export function told(...happenings: (Happening & { at?: number; by?: string })[]): Event[] {
  let at = 0;
  return happenings.map((happening) => {
    at = happening.at ?? at + 1;
    return { by: "somebody", ...happening, at };
  });
}

/** A mutation is asked for. */
export const invoke = (call: string, more: Partial<Invoke> = {}): Invoke => ({
  kind: "invoke",
  call,
  path: "append",
  repeat: "never",
  deadlineMs: 1_000,
  ...more,
});

/** It is answered. */
export const ok = (call: string, result: unknown = call) => ({ kind: "ok", call, result }) as const;

/** Its handler runs. */
export const execute = (call: string, attempt = 1) => ({ kind: "execute", call, attempt }) as const;

/** Its handler answers. */
export const reply = (call: string, result: unknown = call) =>
  ({ kind: "reply", call, result }) as const;

/** Somebody follows the stream `s`. */
export const subscribe = (subscriber = "a", more: { user?: string; from?: number } = {}) =>
  ({
    kind: "subscribe",
    subscriber,
    stream: "s",
    ...(more.user === undefined ? {} : { user: more.user }),
    ...(more.from === undefined ? {} : { from: { epoch: "e", offset: more.from } }),
  }) as const;

/** An event of the stream `s` is published; its payload is its offset. */
export const publish = (offset: number, epoch = "e", payload: unknown = offset) =>
  ({ kind: "publish", stream: "s", epoch, offset, payload }) as const;

/** It is received. */
export const receive = (offset: number, subscriber = "a", epoch = "e", payload: unknown = offset) =>
  ({ kind: "receive", subscriber, epoch, offset, payload }) as const;
