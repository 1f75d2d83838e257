/**
 * Events as a structured log: for each a level, a sentence of ours, and its fields. What a client
 * wrote is in the fields only, cut: a line feed in a sentence would begin a line of the log.
 */
import { CloseCode } from "@tautline/contracts/wire";
import { eventTypes } from "./emit.js";
import type { EventSink, EventType, ServerEvent, ServerEvents } from "./events.js";
import { type Logger, type LogLevel, quoted, silent } from "./logger.js";

/** What {@link logEvents} may be told. */
export interface LogEventsOptions {
  /**
   * Which events to log.
   *
   * @default all but those of every call: call.started, call.settled, subscription.started and
   * subscription.ended
   */
  readonly only?: readonly EventType[];
}

type Entry<Type extends EventType> = readonly [
  level: LogLevel | ((event: ServerEvents[Type]) => LogLevel),
  message: string | ((event: ServerEvents[Type]) => string),
];

const records: { readonly [Type in EventType]: Entry<Type> } = {
  "connection.opened": ["debug", "A connection is open"],
  "connection.refused": [
    ({ stage }) => (stage === "upgrade" ? "warn" : "info"),
    ({ stage, reason }) => (stage === "upgrade" ? quoted(reason) : "Refused a client"),
  ],
  "connection.closed": [
    ({ code }) => levelOfClose(code),
    ({ by }) => (by === "server" ? "Closing a connection" : "A connection has ended"),
  ],
  "heartbeat.lost": ["debug", "A client gave no sign of life"],
  "auth.asked": ["debug", "Asked a client for new credentials"],
  "auth.renewed": ["debug", "A client renewed its credentials"],
  "auth.expired": ["info", "A client's credentials have expired"],
  "auth.failed": ["error", "Could not tell who a client is: authenticate or createContext threw"],
  revoked: ["info", "Ended the sessions of a user"],
  "session.started": ["debug", "A session has begun"],
  "session.resumed": ["debug", "A session goes on"],
  "session.suspended": ["debug", "A session waits for its client"],
  "session.ended": ["debug", "A session has ended"],
  "session.fenced": ["debug", "A newer connection has taken a session"],
  // Whoever knows a session's id but not its secret, or is somebody else, did not come by chance.
  "session.refused": [
    ({ reason }) => (reason === "secret" || reason === "principal" ? "warn" : "debug"),
    "Cannot resume a session",
  ],
  "call.started": ["debug", ({ kind }) => `A ${kind} begins`],
  "call.settled": ["info", ({ kind }) => `A ${kind} has settled`],
  "subscription.started": ["debug", "A subscription begins"],
  "subscription.ended": ["info", "A subscription has ended"],
  "call.failed": ["debug", ({ kind }) => `A ${kind} was answered with a failure`],
  "handler.failed": ["error", ({ kind, path }) => `A ${kind} failed: ${quoted(path)}`],
  "message.refused": ["debug", "Refused a message"],
  "frame.unreadable": [
    ({ first }) => (first ? "warn" : "debug"),
    ({ reason }) => `Cannot read a frame: ${quoted(reason)}`,
  ],
  "request.repeated": [
    ({ outcome }) => (outcome === "conflict" ? "warn" : "debug"),
    "A request came again",
  ],
  "drain.began": ["info", "Draining: clients are asked to move"],
  "drain.ended": [({ left }) => (left > 0 ? "warn" : "info"), "Drained"],
  "loop.stalled": ["warn", "The event loop stood still"],
  "callback.failed": ["error", ({ name }) => `${name} threw`],
  "accept.failed": ["error", "Could not accept a connection"],
  "request.unreadable": ["info", "Cannot read a request"],
};

const ofEveryCall: ReadonlySet<EventType> = new Set([
  "call.started",
  "call.settled",
  "subscription.started",
  "subscription.ended",
]);

/**
 * Makes a listener that writes each event into a log: its fields, and a sentence.
 *
 * A server does this by itself with its `logger`; use it for what that leaves out.
 *
 * @example
 * ```ts
 * const onEvent = logEvents(logger, { only: ["call.settled", "subscription.ended"] });
 * ```
 */
export function logEvents(logger: Logger, { only }: LogEventsOptions = {}): EventSink {
  const asked = only ?? eventTypes.filter((type) => !ofEveryCall.has(type));
  // What could only go where nobody reads is not even made.
  const types = asked.filter((type) => {
    const [level] = records[type];
    return typeof level === "function" || logger[level] !== silent;
  });
  return Object.assign((event: ServerEvent) => write(logger, event), { types });
}

function write(logger: Logger, event: ServerEvent) {
  // Each record is of its event; that a lookup by `type` finds it is more than the compiler sees.
  const [level, message] = records[event.type] as Entry<any>;
  const name = typeof level === "function" ? level(event as never) : level;
  if (logger[name] === silent) return;
  const text = typeof message === "function" ? message(event as never) : message;
  logger[name](fieldsOf(event), text);
}

/** The event's fields; no text in them is longer than one needs to recognise it by. */
function fieldsOf({ type: event, ...fields }: ServerEvent): object {
  const cut: { [name: string]: unknown } = { event };
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) cut[name] = typeof value === "string" ? quoted(value) : value;
  }
  return cut;
}

// RFC 6455 §7.4.1 and PROTOCOL.md §7: whoever closes with one of these says that the other end
// broke a rule, and an operator wants to know who breaks rules.
const blaming: ReadonlySet<number> = new Set([
  ...[1002, 1003, 1007, 1008, 1009, 1010],
  ...[CloseCode.RateLimited, CloseCode.ProtocolError, CloseCode.UnsupportedVersion],
]);

function levelOfClose(code: number): LogLevel {
  if (blaming.has(code)) return "warn";
  return code === CloseCode.HelloTimeout ? "info" : "debug";
}
