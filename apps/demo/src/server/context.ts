/** What every handler is given: the room, and who is asking. */
import type { Feed } from "./feed.js";
import type { Network } from "./network.js";
import type { ProofRecord } from "./proof-record.js";
import type { Store } from "./store.js";

/** The room: one per process. */
export interface Room {
  readonly store: Store;
  readonly feed: Feed;
  readonly network: Network;
  /** What the load of the proof has made this room do. */
  readonly proof: ProofRecord;
  /** When this process began. */
  readonly startedAt: Date;
  /** Asks the supervisor for another process; `undefined` when nobody supervises this one. */
  readonly restart: (() => void) | undefined;
}

/** Who is asking. */
export interface Visitor {
  /** The name this visitor signed in with. Limits are counted by it. */
  readonly userId: string;
  /** Tells the pages of one visitor apart. */
  readonly page: string;
}

/** What a handler gets: the room, and who is asking. One per connection. */
export type Ctx = Room & Visitor;
