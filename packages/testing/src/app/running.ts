/**
 * What is running on a server: its sessions, and its handlers. A handler that has not heard that
 * nobody waits for it any more is the leak that a service dies of, and the server does not
 * see it: for the server, the call is over. So handlers are followed to their own end.
 */
import type { CallSpan, EventSink, ServerEvent, TracedCall, Tracing } from "@tautline/server";

/** What is running. */
export interface Running {
  /** To be told of sessions. */
  readonly onEvent: EventSink;
  /** To be told of handlers. */
  readonly tracing: Tracing;
  /** One line for each session and handler that is not over. */
  leftovers(): string[];
}

/** Follows what runs; an application's own listeners are told as well. */
export function followRunning(own: {
  readonly onEvent?: EventSink | undefined;
  readonly tracing?: Tracing | undefined;
}): Running {
  const sessions = new Map<string, string>();
  const handlers = new Map<object, string>();

  function heard(event: ServerEvent) {
    switch (event.type) {
      case "session.started":
        sessions.set(event.sessionId, event.userId ?? "nobody in particular");
        break;
      case "session.ended":
        sessions.delete(event.sessionId);
        break;
    }
  }

  const onEvent: EventSink = (event) => {
    heard(event);
    const { types } = own.onEvent ?? {};
    if (types === undefined || types.includes(event.type)) own.onEvent?.(event);
  };

  /** Keeps `what` until what is returned is called. */
  function begin(what: string) {
    const handler = {};
    handlers.set(handler, what);
    return () => void handlers.delete(handler);
  }

  function spanOf({ kind, path }: TracedCall, span: CallSpan | undefined): CallSpan {
    return {
      run(invoke) {
        const over = begin(`handler of the ${kind} ${path}`);
        try {
          const result = span === undefined ? invoke() : span.run(invoke);
          if (result instanceof Promise) result.then(over, over);
          else over();
          return result;
        } catch (error) {
          over();
          throw error;
        }
      },
      follow(events) {
        const followed = span === undefined ? events : span.follow(events);
        return untilDone(followed, () => begin(`events of the subscription ${path}`));
      },
      end: (settlement) => span?.end(settlement),
    };
  }

  return {
    onEvent,
    tracing: { start: (call) => spanOf(call, own.tracing?.start(call)) },
    leftovers: () => [
      ...[...sessions.values()].map((user) => `session of ${user}`),
      ...handlers.values(),
    ],
  };
}

/** The same events; `begin` is called when the first is asked for, and what it gives at the end. */
function untilDone(events: AsyncIterable<unknown>, begin: () => () => void) {
  return {
    [Symbol.asyncIterator](): AsyncIterator<unknown> {
      const iterator = events[Symbol.asyncIterator]();
      let over = () => {};
      let isAsked = false;
      const next = async () => {
        if (!isAsked) over = begin();
        isAsked = true;
        try {
          const result = await iterator.next();
          if (result.done) over();
          return result;
        } catch (error) {
          over();
          throw error;
        }
      };
      // Only if there is one: nobody should be told that an iterator can be ended that can not.
      if (iterator.return === undefined) return { next };
      return { next, return: () => Promise.resolve(iterator.return!()).finally(over) };
    },
  };
}
