/**
 * Events: what can be in a history. Each says what one actor did or saw; the checkers know nothing
 * else.
 */

/** What nobody may see again is named by these: a call, a subscriber, a socket, a session. */
type Name = string;

/** A client asks for something. `path` is the procedure's. */
export interface Invoke {
  readonly kind: "invoke";
  readonly call: Name;
  readonly path: string;
  /** Calls with one key are one request: `call` names the attempt, `key` what is done. */
  readonly key?: string;
  /** Queries may always run again; a mutation says whether it may. */
  readonly repeat: "never" | "safe" | "query";
  readonly deadlineMs: number;
  readonly user?: string;
}

/** It was answered. */
export interface Ok {
  readonly kind: "ok";
  readonly call: Name;
  readonly result: unknown;
}

/** It failed, and the caller was told that it has not run. */
export interface Fail {
  readonly kind: "fail";
  readonly call: Name;
  readonly code: string;
}

/** It failed, and the caller was told that it may have run. */
export interface Unknown {
  readonly kind: "unknown";
  readonly call: Name;
  readonly code: string;
}

/** The handler of a call ran: noted where its effect is, before it answers. */
export interface Execute {
  readonly kind: "execute";
  readonly call: Name;
  /** 1 the first time. */
  readonly attempt: number;
}

/** What the handler of a call answered. */
export interface Reply {
  readonly kind: "reply";
  readonly call: Name;
  readonly result: unknown;
}

/** A client follows a stream. One that follows again after an end is another subscriber. */
export interface Subscribe {
  readonly kind: "subscribe";
  readonly subscriber: Name;
  readonly stream: Name;
  /** What it has already, if that is known: it goes on behind it. */
  readonly from?: { readonly epoch: string; readonly offset: number };
  readonly user?: string;
}

/**
 * An event was given to the server. Offsets rise in an epoch and may leave numbers out; a plain
 * generator begins an epoch each time it is started.
 */
export interface Publish {
  readonly kind: "publish";
  readonly stream: Name;
  readonly epoch: string;
  readonly offset: number;
  readonly payload: unknown;
}

/** An event was given to a subscriber's own code. */
export interface Receive {
  readonly kind: "receive";
  readonly subscriber: Name;
  readonly epoch: string;
  readonly offset: number;
  readonly payload: unknown;
}

/** A subscriber was told that something is missing, and goes on behind `offset` of `epoch`. */
export interface Gap {
  readonly kind: "gap";
  readonly subscriber: Name;
  readonly epoch: string;
  readonly offset: number;
}

/** A subscription ended with an error. */
export interface Lost {
  readonly kind: "lost";
  readonly subscriber: Name;
  readonly code: string;
}

/** A subscription ended without one: stopped by its owner, or by the end of the stream. */
export interface Ended {
  readonly kind: "ended";
  readonly subscriber: Name;
}

/** The conductor saw that nothing is published any more and everybody had time to receive it. */
export interface Quiet {
  readonly kind: "quiet";
}

/** A socket became the socket of a session. A later generation fences the one before. */
export interface Attach {
  readonly kind: "attach";
  readonly session: Name;
  readonly generation: number;
  readonly socket: Name;
}

/** A socket ended, as one end saw it. */
export interface Detach {
  readonly kind: "detach";
  readonly socket: Name;
  readonly code: number;
}

/** Messages of a session were handed to it by a socket. */
export interface Deliver {
  readonly kind: "deliver";
  readonly socket: Name;
}

/** A user may not be served any more, at the latest after the grace. */
export interface Revoked {
  readonly kind: "revoked";
  readonly user: string;
  readonly graceMs: number;
}

/** A user may be served again. */
export interface Granted {
  readonly kind: "granted";
  readonly user: string;
}

/** What a process holds after garbage collection. */
export interface Memory {
  readonly kind: "memory";
  /** `base`: before anybody came. `load`: with everybody there. `after`: when they have gone. */
  readonly phase: "base" | "load" | "after";
  readonly liveBytes: number;
  readonly connections: number;
}

/** The round trip of a healthy client, while `phase` went on. */
export interface Probe {
  readonly kind: "probe";
  /** `fair`: a well-behaved client sends as many bytes as the one in `foul` does. */
  readonly phase: "fair" | "foul";
  readonly ms: number;
}

/** The state of a client's line changed. */
export interface LineState {
  readonly kind: "line";
  readonly client: Name;
  readonly state: string;
  readonly code?: number;
}

/** Something was done to a server or a line. */
export interface Fault {
  readonly kind: "fault";
  readonly what: string;
}

/** A process was ended by the conductor: nothing that it still owed is to be expected. */
export interface Killed {
  readonly kind: "killed";
  readonly actor: string;
}

/** What can be in a history, without when and by whom. */
export type Happening =
  | Invoke
  | Ok
  | Fail
  | Unknown
  | Execute
  | Reply
  | Subscribe
  | Publish
  | Receive
  | Gap
  | Lost
  | Ended
  | Quiet
  | Attach
  | Detach
  | Deliver
  | Revoked
  | Granted
  | Memory
  | Probe
  | LineState
  | Fault
  | Killed;

/** One line of a history. `at` is in milliseconds of the machine's monotonic clock. */
export type Event = Happening & { readonly at: number; readonly by: string };

/** The events of one kind. */
export type EventOf<Kind extends Event["kind"]> = Extract<Event, { readonly kind: Kind }>;
