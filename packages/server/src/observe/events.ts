/**
 * Everything that happens on a server, as one union. Logs, metrics and an application's own
 * listener are all made from it, so what one of them knows, each of them can know.
 */
import type { ProcedureKind } from "@tautline/contracts";
import type { Dialect } from "@tautline/contracts/wire";

/** How a call ended. `deadline`: its time was over; `closed`: nobody was left to answer. */
export type CallOutcome = "ok" | "failed" | "cancelled" | "deadline" | "closed";

/** Why a session has ended: by its client, unclaimed after the grace, by `revoke`, or by the server. */
export type SessionEnd = "closed" | "unclaimed" | "revoked" | "drained" | "broken";

/** Why a session could not be resumed. None of it is told to whoever asked. DELIVERY: §2 */
export type ResumeRefusal = "unknown" | "secret" | "principal" | "counts";

/**
 * What became of a request that was sent again: it waits for the run that goes on, got the answer it
 * had got, was run once more as `repeat` allows, or its handler's own record was asked; or was refused.
 */
export type RepeatOutcome =
  | "joined"
  | "replayed"
  | "run-again"
  | "looked-up"
  | "conflict"
  | "unknown"
  | "not-retained"
  | "stale";

interface OfConnection {
  /** Random, and never used again. */
  readonly connectionId: string;
}

interface OfSession {
  /** Names the session in logs; alone it opens nothing. */
  readonly sessionId: string;
}

interface OfCall {
  /** The same in all events of one call; of this process only. */
  readonly callId: string;
  readonly connectionId: string | undefined;
  readonly kind: ProcedureKind;
  /** As the client wrote it: a name of ours only if `known`. */
  readonly path: string;
  /** Whether the router has such a procedure. Without it, clients could choose a metric's labels. */
  readonly known: boolean;
}

interface Failed {
  /** One of tRPC's codes. */
  readonly code: string;
  /** Its code in `error.data.app`, declared or built in; `undefined` without one. */
  readonly appCode: string | undefined;
}

/** As {@link Failed}; `undefined` where nothing failed. */
type MayHaveFailed = { readonly [Field in keyof Failed]?: Failed[Field] | undefined };

/** The events by their `type`, with their fields. Durations are in milliseconds. */
export interface ServerEvents {
  // ---- connections ---------------------------------------------------------------------------

  /** A client was let in. */
  readonly "connection.opened": OfConnection & {
    readonly dialect: Dialect;
    /** How the client names itself. */
    readonly client: string | undefined;
    readonly userId: string | undefined;
    readonly remoteAddress: string | undefined;
  };
  /** A client was turned away, before its upgrade or for its credentials. */
  readonly "connection.refused": {
    readonly stage: "upgrade" | "credentials";
    /** An HTTP status, or a close code of PROTOCOL.md §7. */
    readonly status: number;
    /** Credentials only: the code of the refusal. */
    readonly code?: string;
    readonly reason: string;
    readonly remoteAddress: string | undefined;
    readonly origin?: string | undefined;
  };
  /** A connection is over. Also told of those that were never let in. */
  readonly "connection.closed": {
    /** `undefined` when it ended before it was open. */
    readonly connectionId: string | undefined;
    readonly dialect: Dialect;
    readonly by: "server" | "client";
    /** RFC 6455 §7.4 and PROTOCOL.md §7; a client may have chosen it. */
    readonly code: number;
    readonly reason: string;
    readonly remoteAddress: string | undefined;
    /** Since its first byte was read. */
    readonly durationMs: number;
  };
  /** A client gave no sign of life in time. `connection.closed` follows. */
  readonly "heartbeat.lost": {
    readonly connectionId: string | undefined;
    readonly dialect: Dialect;
    readonly remoteAddress: string | undefined;
  };

  // ---- who is there --------------------------------------------------------------------------

  /** A client was asked for new credentials. */
  readonly "auth.asked": OfConnection & { readonly userId: string | undefined };
  /** It gave them on the live connection. */
  readonly "auth.renewed": OfConnection & { readonly userId: string | undefined };
  /** It did not, and is closed. */
  readonly "auth.expired": OfConnection & { readonly userId: string | undefined };
  /** `authenticate` or `createContext` threw what is no refusal. The client is told to come back. */
  readonly "auth.failed": { readonly err: unknown; readonly remoteAddress: string | undefined };
  /** `revoke` was called. */
  readonly revoked: { readonly userId: string; readonly sessions: number };

  // ---- sessions ------------------------------------------------------------------------------

  readonly "session.started": OfSession & OfConnection & { readonly userId: string | undefined };
  /** A client is back, and everything went on. */
  readonly "session.resumed": OfSession &
    OfConnection & {
      /** Attachments so far, this one included. */
      readonly generation: number;
      /** Whether the server had noticed the loss of the socket before: otherwise it was fenced. */
      readonly suspended: boolean;
      /** From the loss to now; 0 if it was not noticed. */
      readonly suspendedMs: number;
      /** Messages sent to the client again. */
      readonly replayedOut: number;
    };
  /** Its socket is gone; it waits for its client. */
  readonly "session.suspended": OfSession & {
    readonly generation: number;
    readonly code: number;
    /** Messages the client has not acknowledged. */
    readonly unacknowledged: number;
    readonly unacknowledgedBytes: number;
  };
  readonly "session.ended": OfSession & {
    readonly reason: SessionEnd;
    /** Whether it was waiting for its client. */
    readonly suspended: boolean;
    readonly durationMs: number;
  };
  /** A newer socket took the session from an older one, which is closed. */
  readonly "session.fenced": OfSession & { readonly generation: number };
  readonly "session.refused": {
    readonly reason: ResumeRefusal;
    readonly remoteAddress: string | undefined;
  };

  // ---- calls ---------------------------------------------------------------------------------

  /** A query or mutation begins to run. `call.settled` follows, always. */
  readonly "call.started": OfCall;
  /** It was answered, or nobody waits any more. */
  readonly "call.settled": OfCall &
    MayHaveFailed & { readonly outcome: CallOutcome; readonly durationMs: number };
  /** A handler is called for its events. `subscription.ended` follows, always. */
  readonly "subscription.started": OfCall;
  readonly "subscription.ended": OfCall &
    MayHaveFailed & {
      /** `cancelled`: the client wants no more, as most end. `ok`: the handler has finished. */
      readonly outcome: CallOutcome;
      /** Sent to the client. */
      readonly events: number;
      readonly durationMs: number;
    };
  /** A call of any kind was answered with a failure that somebody meant: declared, or a refused input. */
  readonly "call.failed": Failed & {
    readonly kind: ProcedureKind;
    readonly path: string;
    readonly reason: string;
  };
  /** A handler threw what nobody declared. The client was told no more than the incident's id. */
  readonly "handler.failed": {
    readonly kind: ProcedureKind;
    readonly path: string;
    readonly incidentId: string;
    readonly err: unknown;
  };
  /** A message was answered without anything being run: malformed, or over a limit. */
  readonly "message.refused": Failed & {
    readonly path: string;
    readonly reason: string;
    readonly remoteAddress: string | undefined;
  };
  /** A frame was not readable at all. */
  readonly "frame.unreadable": {
    readonly dialect: Dialect;
    readonly reason: string;
    /** Whether it is the connection's first: clients of the base dialect go on after it. */
    readonly first: boolean;
    readonly remoteAddress: string | undefined;
  };
  /** A request came again, and its record decided. DELIVERY: §4 */
  readonly "request.repeated": {
    readonly path: string;
    readonly outcome: RepeatOutcome;
    /** Whether it had a `key`, and so might have come from another session. */
    readonly keyed: boolean;
  };

  // ---- the server itself ---------------------------------------------------------------------

  readonly "drain.began": { readonly connections: number; readonly deadlineMs: number };
  readonly "drain.ended": {
    readonly durationMs: number;
    /** Connections that had not moved by the deadline. */
    readonly left: number;
  };
  /** The event loop did not turn for so long that silence of peers means nothing. */
  readonly "loop.stalled": { readonly stalledMs: number };
  /** A callback of the application threw: `onConnect`, say. */
  readonly "callback.failed": { readonly name: string; readonly err: unknown };
  /** A connection could not be accepted: no file descriptors left, say. */
  readonly "accept.failed": { readonly err: unknown };
  /** What came over HTTP was no request, or came too slowly. */
  readonly "request.unreadable": {
    readonly err: unknown;
    readonly remoteAddress: string | undefined;
  };
}

/** The name of an event. */
export type EventType = keyof ServerEvents;

/** Something that happened. Narrow it by `type`. Strings of clients in it are not cut or escaped. */
export type ServerEvent<Type extends EventType = EventType> = {
  [Each in Type]: { readonly type: Each } & ServerEvents[Each];
}[Type];

/**
 * Hears of events, at once and in order: the time of an event is now. What it throws is logged and
 * changes nothing; what takes long holds the server up.
 */
export interface EventSink {
  (event: ServerEvent): void;
  /** The only events it wants. The others are then not even made. `@default` all of them */
  readonly types?: readonly EventType[];
}
