/**
 * The store of request records: what an engine has to do so that a mutation runs at most once.
 * Each operation is one atomic step that NATS KV (create, update at a revision), Redis (a script)
 * and SQLite (a transaction) have as well; what to make of the answers is decided in `decide.ts`.
 * DELIVERY.md §4
 */

/**
 * A value now, or a promise of it. A store that has its records at hand gives values: a promise
 * costs a turn of microtasks, and a recorded mutation would pay two.
 */
export type MaybePromise<T> = T | Promise<T>;

/** What a record is filed under. */
export type RequestId =
  /** One request of one session. Sessions are told apart by 128 random bits, so they need no owner. */
  | { readonly session: string; readonly n: number; readonly key?: undefined }
  /** A key is the application's word, so it means something only within its principal. */
  | { readonly principal: string; readonly key: string };

/** How a mutation answered, encoded: it is sent as it is, under whatever id asks for it. */
export interface Answer {
  /** Whether `encoded` is a result; else it is an error. */
  readonly ok: boolean;
  /** JSON text of `result.data`, `undefined` where JSON has no word for it; or of `error`. */
  readonly encoded: string | undefined;
}

/**
 * A server's hold on a record, and its fencing token: who took the record from it holds it by
 * another one, also where the record was lost and created again at the same attempt.
 */
export interface Hold {
  /** The server process that runs it; {@link nobody} where it is certain that none does. */
  readonly incarnation: string;
  /** A number that this process gives to no other hold. */
  readonly claim: number;
}

/** What is noted of a mutation before it runs. */
export interface RequestDraft extends Hold {
  /** Who asked: nobody else is told the answer. */
  readonly principal: string;
  /** Of path and input: see `hash.ts`. */
  readonly hash: number;
}

/** The incarnation of what is RUNNING and runs nowhere: a server has given it up. */
export const nobody = "";

/** What a store holds of one request. */
export type RequestRecord = RequestDraft & {
  /** 1 for who created it, one more for each who took it over. */
  readonly attempt: number;
} & (
    | { readonly state: "RUNNING" }
    /** It has answered, with a result or with an error; null: its answer is not kept. */
    | { readonly state: "DONE" | "FAILED"; readonly answer: Answer | null }
  );

/** What came of {@link RequestStore.create}. */
export type Creation =
  | { readonly name: "created" }
  /** Somebody was faster; nothing was changed. */
  | { readonly name: "exists"; readonly record: RequestRecord }
  /** It was to be created under another epoch only; `epoch` is the present one. */
  | { readonly name: "other-epoch"; readonly epoch: string }
  /** There is no room. There was no such record either. */
  | { readonly name: "full"; readonly limit: string };

/** What came of {@link RequestStore.takeOver}. */
export type TakeOver =
  | { readonly name: "taken" }
  /** Somebody else holds it by now, or it has answered, or it is gone: this is what is there. */
  | { readonly name: "moved"; readonly record: RequestRecord | undefined };

/** What came of {@link RequestStore.settle}: a late write of who holds it no more is `fenced` off. */
export type Settling = "settled" | "fenced" | "gone";

/** What a store can promise, as data: what it can not is refused at start. DELIVERY.md §5 */
export interface RequestStoreCaps {
  /** Records outlive the server process; else a restart is a new epoch. */
  readonly survivesRestart: boolean;
  /** Every server sees the records of every other. */
  readonly sharedByServers: boolean;
}

/**
 * Records of requests. Every operation may give its result or a native promise of it, and throws
 * or rejects only when it can not tell whether it was done.
 *
 * A record expires `retentionMs` after it was last written. So who asks sooner than that after the
 * first sending, and finds nothing, knows that there never was a record under this epoch.
 */
export interface RequestStore {
  readonly caps: RequestStoreCaps;
  /**
   * New whenever records may have been lost before their time: the process started (memory), or
   * the log was made anew or restored (engines). May lag behind; `create` never does.
   */
  readonly epoch: string;
  readonly retentionMs: {
    /** Records of one session's requests. */
    readonly session: number;
    /** Records with a key. */
    readonly key: number;
  };
  /** The largest answer that is kept, in bytes of UTF-8. */
  readonly maxAnswerBytes: number;

  /**
   * Compare-and-set: creates the record RUNNING at attempt 1 where there is none.
   *
   * @param onlyUnder The epoch that has to hold at this very moment.
   */
  create(id: RequestId, draft: RequestDraft, onlyUnder?: string): MaybePromise<Creation>;

  /** What there is now; `stale` for a request that was forgotten by {@link forget}. */
  read(id: RequestId): MaybePromise<RequestRecord | "stale" | undefined>;

  /** Compare-and-set: a RUNNING record that is held as it was `seen` is held by `next`, one attempt on. */
  takeOver(id: RequestId, seen: Hold, next: Hold): MaybePromise<TakeOver>;

  /**
   * Stores how a RUNNING record has answered, while `hold` holds it. Only the first settling counts.
   *
   * @param answer null when it is too large to be kept.
   */
  settle(
    id: RequestId,
    hold: Hold,
    state: "DONE" | "FAILED",
    answer: Answer | null,
  ): MaybePromise<Settling>;

  /**
   * Takes back a record whose handler never began, as if it never was: the one that was created
   * with this hold, while it is RUNNING and was not taken over.
   */
  release(id: RequestId, hold: Hold): MaybePromise<void>;

  /**
   * The client has the answers to all requests of this session below `low`, or the session has
   * ended (`Infinity`): their records go. {@link read} says `stale` for them while the session is
   * known: as long as records of it would be kept. Told with every request, and awaited by nobody:
   * an engine may gather.
   */
  forget(session: string, low: number): MaybePromise<void>;

  /** Lets go of timers and connections. Nothing is asked afterwards. */
  close(): MaybePromise<void>;
}
