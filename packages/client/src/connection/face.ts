/** The connection as applications see it, and what it is made with. */
import type {
  ClientSocket,
  Clock,
  ConnectSocket,
  HeartbeatOptions,
  Unsubscribe,
} from "@tautline/contracts/runtime";
import type { ToldLimits, Welcome } from "@tautline/contracts/wire";
import type { Decoding } from "../call/receive.js";
import type { AddressOptions } from "./address.js";
import type { ConnectionState } from "./state.js";

/** What was counted since the client was made. */
export interface ConnectionStats {
  /** How often a connection was made after the first. */
  readonly reconnects: number;
  /** How often a session went on after its socket was lost. PROTOCOL.md §9.4 */
  readonly resumes: number;
  /** Messages that were sent again then, because nobody knew whether they had arrived. */
  readonly messagesRepeated: number;
  /** Of the last `PING` that was answered, in milliseconds. */
  readonly roundTripMs: number | undefined;
  /** How long the present connection has been open, in milliseconds. */
  readonly openForMs: number | undefined;
  readonly framesIn: number;
  readonly framesOut: number;
  /** Characters of the frames received: for JSON nearly always its bytes. */
  readonly charactersIn: number;
  readonly charactersOut: number;
}

/** The connection under a client: `connectionOf(api)`. */
export interface Connection extends AsyncDisposable {
  /** Where it stands. The same object until it changes. */
  readonly state: ConnectionState;
  /** Calls `listener` after each change of `state`, until the returned function is called. */
  readonly subscribe: (listener: (state: ConnectionState) => void) => Unsubscribe;
  /** A snapshot of what was counted. */
  readonly stats: ConnectionStats;
  /**
   * Asks the server for a sign of life and resolves with the milliseconds it took. Rejects with
   * `NOT_SENT` when there is no connection or it is lost meanwhile.
   */
  ping(): Promise<number>;
  /** Connects now: not at the first call, not after the delay, also if it was closed. */
  connect(): void;
  /** Makes a new connection and moves to it; an open one is left only then. */
  reconnect(): void;
  /**
   * Closes for good. Subscriptions end without an error; mutations that were sent and not answered
   * fail with `OUTCOME_UNKNOWN`, all else that has not settled with `CLOSED`, and so does every
   * later call. The promise resolves once the socket
   * is gone.
   */
  close(): Promise<void>;
}

/** What a connection is made with. */
export interface ConnectionOptions extends AddressOptions, Decoding<Served> {
  readonly full: boolean;
  /** Whether the server is asked for a session that outlives its socket. @default true */
  readonly session?: boolean | undefined;
  readonly connect: ConnectSocket<ClientSocket>;
  readonly watchNetwork: (look: () => void) => Unsubscribe;
  readonly clock: Clock;
  /** The day's clock, in milliseconds: unlike the other one it goes on while the machine sleeps. */
  readonly today: () => number;
  readonly random: () => number;
  readonly limits: ToldLimits;
  readonly heartbeat: HeartbeatOptions;
  readonly reconnect: { readonly minMs?: number; readonly maxMs?: number };
  readonly connectTimeoutMs: number;
  readonly idleMs?: number;
  readonly maxWaitingCalls: number;
  readonly offline?: "wait" | "fail";
  readonly name?: string | undefined;
  readonly contract: string | undefined;
}

/** What a server told of its contract. PROTOCOL.md §6.3 */
export type Served = Pick<Welcome, "contract" | "revision">;
