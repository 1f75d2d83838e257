/** A session as lines and the connection see it, and what it is made with. */
import type { Clock } from "@tautline/contracts/runtime";
import type { SessionAsked, SessionGiven, ToldLimits, Welcome } from "@tautline/contracts/wire";
import type { Call, CallRoute } from "../call/call.js";
import type { Calls } from "../call/calls.js";
import type { Underway } from "./underway.js";

/** What a session is made with. */
export interface SessionOptions {
  readonly full: boolean;
  /** Whether it is to outlive its socket. @default true */
  readonly session?: boolean | undefined;
  readonly clock: Clock;
  /** The day's clock, in milliseconds: unlike the other one it goes on while the machine sleeps. */
  readonly today: () => number;
  /** What holds until `welcome` tells others. */
  readonly limits: ToldLimits;
  /** Bytes that may leave before `welcome`. */
  readonly earlyBytes: number;
}

/** Where a session gets its calls. */
export type CallSource = Pick<Calls, "next" | "sent" | "fail" | "waiting">;

/** What carries a session: a line. */
export interface Carrier {
  transmit(frame: string): void;
}

/** One session, from its first hello on. */
export interface Session extends CallRoute {
  /** What was sent in it and not answered. */
  readonly underway: Pick<Underway, "values">;
  /** What the server gave, if it keeps it. */
  readonly given: SessionGiven | undefined;
  /** The line that carries it; undefined between two. */
  readonly carrier: Carrier | undefined;
  /** The calls sent in it that were not answered. */
  calls(): Call[];
  /** What `hello` is to say of it. PROTOCOL.md §9.1 */
  toAsked(): SessionAsked | undefined;
  /** Sends hello, and behind it what may leave at once. */
  greet(carrier: Carrier, hello: string): void;
  /** The server has let us in, and began the session. There is no `welcome` in the base dialect. */
  begin(carrier: Carrier, welcome: Welcome | undefined): void;
  /** The server goes on with it. Returns how much is said again; nothing if its counts can not be true. */
  resume(carrier: Carrier, welcome: Welcome): number | undefined;
  /** Its line has ended. Nothing leaves any more, until it begins or is resumed again. */
  suspend(): void;
  /** A counted message arrived. False if it was heard before. PROTOCOL.md §9.2 */
  hear(chars: number): boolean;
  /** The server has heard `count` messages. False if that can not be. */
  acknowledge(count: number): boolean;
  /** The call with this number, which is answered or not yet. */
  answered(id: unknown, isOver: boolean): Call | undefined;
  /** Sends what can be sent, at the end of this turn. */
  wake(): void;
  /** Sends it now. */
  flush(): void;
}
