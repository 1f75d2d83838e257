/**
 * How events get from where they happen to those who listen.
 *
 * Whoever tells of an event asks first whether anybody wants it, and the language does the asking:
 * `events["call.started"]?.({ … })` makes no object and calls nothing when nobody does.
 */
import type { EventSink, EventType, ServerEvent, ServerEvents } from "./events.js";

/** How each event is told: a function where somebody listens, `undefined` where nobody does. */
export type Events = {
  readonly [Type in EventType]: ((fields: ServerEvents[Type]) => void) | undefined;
};

// A record, not an array: the compiler then misses whatever is not named.
const everyType: Readonly<Record<EventType, true>> = {
  "connection.opened": true,
  "connection.refused": true,
  "connection.closed": true,
  "heartbeat.lost": true,
  "auth.asked": true,
  "auth.renewed": true,
  "auth.expired": true,
  "auth.failed": true,
  revoked: true,
  "session.started": true,
  "session.resumed": true,
  "session.suspended": true,
  "session.ended": true,
  "session.fenced": true,
  "session.refused": true,
  "call.started": true,
  "call.settled": true,
  "subscription.started": true,
  "subscription.ended": true,
  "call.failed": true,
  "handler.failed": true,
  "message.refused": true,
  "frame.unreadable": true,
  "request.repeated": true,
  "drain.began": true,
  "drain.ended": true,
  "loop.stalled": true,
  "callback.failed": true,
  "accept.failed": true,
  "request.unreadable": true,
};

/** The names of all events. */
export const eventTypes = Object.keys(everyType) as readonly EventType[];

/**
 * Joins listeners. Every event goes to those that want it, in the order given.
 *
 * @param threw Is told what a listener threw. The others are told of the event all the same.
 */
export function createEvents(
  sinks: readonly EventSink[],
  threw: (err: unknown) => void = () => {},
): Events {
  const emitterOf = (type: EventType) => {
    const listeners = sinks.filter(({ types }) => types === undefined || types.includes(type));
    if (listeners.length === 0) return undefined;
    return (fields: object) => {
      const event = { type, ...fields } as ServerEvent;
      for (const listener of listeners) {
        try {
          // One that is written as `async` fails later, and nobody would catch it.
          const result: unknown = listener(event);
          if (result instanceof Promise) result.catch(threw);
        } catch (err) {
          threw(err);
        }
      }
    };
  };
  return Object.fromEntries(eventTypes.map((type) => [type, emitterOf(type)])) as Events;
}

/**
 * A listener for some events only, whose type is narrowed to them. The others are not made for it.
 *
 * @example
 * ```ts
 * const slow = onlyEvents(["call.settled"], ({ path, durationMs }) => {
 *   if (durationMs > 1_000) console.warn(`${path} took ${durationMs} ms`);
 * });
 * ```
 */
export function onlyEvents<const Type extends EventType>(
  types: readonly Type[],
  listener: (event: ServerEvent<Type>) => void,
): EventSink {
  // Only these come: that is what `types` says.
  return Object.assign((event: ServerEvent<any>) => listener(event), { types });
}
