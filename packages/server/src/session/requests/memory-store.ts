/**
 * Request records in the memory of this process: the default, and the reference for engines. It
 * answers at once, so a recorded mutation pays for no promise. Its records end with the process,
 * and its epoch says so.
 */
import { type Clock, systemClock } from "@tautline/contracts/runtime";
import { Retention } from "./retention.js";
import type {
  Answer,
  Creation,
  Hold,
  RequestDraft,
  RequestId,
  RequestRecord,
  RequestStore,
} from "./store.js";

/** Options of {@link createMemoryRequestStore}. */
export interface MemoryRequestStoreOptions {
  /** @default systemClock */
  readonly clock?: Clock;
  /**
   * How long the record of a session's request is kept after it was written last, in milliseconds.
   *
   * @default 600_000
   */
  readonly sessionRetentionMs?: number;
  /**
   * How long a record with a key is kept after it was written last, in milliseconds.
   *
   * @default 86_400_000
   */
  readonly keyRetentionMs?: number;
  /**
   * The largest answer that is kept, in bytes of UTF-8.
   *
   * @default 65_536
   */
  readonly maxAnswerBytes?: number;
  /**
   * Records at once, about 400 bytes each without their answers. Further mutations are refused
   * with `NOT_RECORDED`: to let an older record go would let its mutation run twice. The last tenth
   * is only for requests without a key, which are forgotten soon. With keys kept for a day, the
   * default is used up by 2.6 mutations with a key a second.
   *
   * @default 250_000
   */
  readonly maxRecords?: number;
  /**
   * Records at once of one principal, so that one can not use up the room of all. Who is nobody
   * is bounded by `maxRecords` only.
   *
   * @default 10_000
   */
  readonly maxRecordsPerPrincipal?: number;
  /**
   * Kept answers at once, in UTF-16 units, of one or two bytes each. Beyond it the oldest are let
   * go: their records go on to say that the mutation ran, with `RESULT_NOT_RETAINED`.
   *
   * @default 67_108_864
   */
  readonly maxAnswerChars?: number;
}

/** One record, and where it is filed. */
interface Entry {
  readonly id: RequestId;
  readonly principal: string;
  readonly hash: number;
  claim: number;
  incarnation: string;
  attempt: number;
  state: RequestRecord["state"];
  answer: Answer | null;
}

/** The records of one session. */
interface SessionEntry {
  readonly name: string;
  readonly records: Map<number, Entry>;
  low: number;
  usedAt: number;
}

const created: Creation = { name: "created" };
const taken = { name: "taken" } as const;

/**
 * Creates a store in memory.
 *
 * @throws RangeError when an option is not above 0.
 */
export function createMemoryRequestStore(options: MemoryRequestStoreOptions = {}): RequestStore {
  return new MemoryRequestStore(options);
}

class MemoryRequestStore implements RequestStore {
  readonly caps = { survivesRestart: false, sharedByServers: false };
  readonly epoch = crypto.randomUUID();
  readonly retentionMs: RequestStore["retentionMs"];
  readonly maxAnswerBytes: number;

  readonly #clock: Clock;
  readonly #maxRecords: number;
  readonly #maxPerPrincipal: number;
  readonly #maxAnswerChars: number;

  readonly #sessions = new Map<string, SessionEntry>();
  /** By principal, then by key. No principal is without keys. */
  readonly #keyed = new Map<string, Map<string, Entry>>();
  /** How many records each principal has; none has 0. */
  readonly #perPrincipal = new Map<string, number>();
  /** Those whose answer is kept, in the order of settling. */
  readonly #answered = new Set<Entry>();
  /** Of all in `#answered`. */
  #answerChars = 0;
  /** Records and sessions: what takes memory. */
  #count = 0;

  readonly #ofSessions: Retention<Entry>;
  readonly #ofKeys: Retention<Entry>;
  readonly #idleSessions: Retention<SessionEntry>;

  constructor({
    clock = systemClock,
    sessionRetentionMs = 600_000,
    keyRetentionMs = 86_400_000,
    maxAnswerBytes = 65_536,
    maxRecords = 250_000,
    maxRecordsPerPrincipal = 10_000,
    maxAnswerChars = 67_108_864,
  }: MemoryRequestStoreOptions) {
    for (const [name, value] of Object.entries({
      sessionRetentionMs,
      keyRetentionMs,
      maxAnswerBytes,
      maxRecords,
      maxRecordsPerPrincipal,
      maxAnswerChars,
    })) {
      if (value > 0) continue;
      throw new RangeError(`Cannot keep request records with ${name} ${value}: it must be above 0`);
    }
    this.retentionMs = { session: sessionRetentionMs, key: keyRetentionMs };
    this.maxAnswerBytes = maxAnswerBytes;
    this.#clock = clock;
    this.#maxRecords = maxRecords;
    this.#maxPerPrincipal = maxRecordsPerPrincipal;
    this.#maxAnswerChars = maxAnswerChars;
    this.#ofSessions = new Retention(clock, sessionRetentionMs, (entry) => this.#unfile(entry));
    this.#ofKeys = new Retention(clock, keyRetentionMs, (entry) => this.#unfile(entry));
    this.#idleSessions = new Retention(clock, sessionRetentionMs, (session) => {
      const now = clock.now();
      // Its age is not counted at every request: it is asked when it might be over.
      const isOver = session.records.size === 0 && now - session.usedAt >= sessionRetentionMs;
      if (!isOver) this.#idleSessions.touch(session, now);
      else this.#dropSession(session);
    });
  }

  create(id: RequestId, draft: RequestDraft, onlyUnder?: string): Creation {
    if (onlyUnder !== undefined && onlyUnder !== this.epoch) {
      return { name: "other-epoch", epoch: this.epoch };
    }
    const now = this.#clock.now();
    const found = this.#find(id, now);
    if (found !== undefined) return { name: "exists", record: toRecord(found) };
    const limit = this.#limitReached(id, draft.principal);
    if (limit !== undefined) return { name: "full", limit };

    const { principal, hash, incarnation, claim } = draft;
    const state = "RUNNING";
    this.#file({ id, principal, hash, claim, incarnation, attempt: 1, state, answer: null }, now);
    return created;
  }

  read(id: RequestId) {
    const entry = this.#find(id, this.#clock.now());
    if (entry !== undefined) return toRecord(entry);
    if (id.key !== undefined) return undefined;
    const low = this.#sessions.get(id.session)?.low ?? 0;
    return id.n < low ? "stale" : undefined;
  }

  takeOver(id: RequestId, seen: Hold, { incarnation, claim }: Hold) {
    const now = this.#clock.now();
    const entry = this.#find(id, now);
    if (entry === undefined) return { name: "moved", record: undefined } as const;
    if (!isHeld(entry, seen)) {
      return { name: "moved", record: toRecord(entry) } as const;
    }
    entry.attempt++;
    entry.incarnation = incarnation;
    entry.claim = claim;
    this.#retentionOf(id).touch(entry, now);
    return taken;
  }

  settle(id: RequestId, hold: Hold, state: "DONE" | "FAILED", answer: Answer | null) {
    const now = this.#clock.now();
    const entry = this.#find(id, now);
    if (entry === undefined) return "gone";
    if (!isHeld(entry, hold)) return "fenced";
    entry.state = state;
    this.#retentionOf(id).touch(entry, now);
    if (answer !== null) this.#keepAnswer(entry, answer);
    return "settled";
  }

  release(id: RequestId, hold: Hold) {
    const entry = this.#find(id, this.#clock.now());
    if (entry?.attempt === 1 && isHeld(entry, hold)) this.#remove(entry);
  }

  forget(session: string, low: number) {
    const found = this.#sessions.get(session);
    if (found === undefined || low <= found.low) return;
    const { records } = found;
    // The shorter way: `low` moves by one most times, and by any number when the client says so.
    if (low - found.low <= records.size) {
      for (let n = found.low; n < low; n++) this.#removeOf(records, n);
    } else {
      for (const n of records.keys()) if (n < low) this.#removeOf(records, n);
    }
    found.low = low;
    found.usedAt = this.#clock.now();
  }

  close() {
    this.#ofSessions.close();
    this.#ofKeys.close();
    this.#idleSessions.close();
    this.#sessions.clear();
    this.#keyed.clear();
    this.#perPrincipal.clear();
    this.#answered.clear();
  }

  #find(id: RequestId, now: number): Entry | undefined {
    const entry =
      id.key === undefined
        ? this.#sessions.get(id.session)?.records.get(id.n)
        : this.#keyed.get(id.principal)?.get(id.key);
    // The timer may be late, and a record must not answer beyond its time.
    if (entry === undefined || !this.#retentionOf(id).isOver(entry, now)) return entry;
    this.#remove(entry);
    return undefined;
  }

  #retentionOf(id: RequestId): Retention<Entry> {
    return id.key === undefined ? this.#ofSessions : this.#ofKeys;
  }

  #limitReached(id: RequestId, principal: string): string | undefined {
    const most = id.key === undefined ? this.#maxRecords : this.#maxRecords * 0.9;
    if (this.#count >= most) return `maxRecords is ${this.#maxRecords}`;
    const count = this.#perPrincipal.get(principal) ?? 0;
    if (principal === "" || count < this.#maxPerPrincipal) return undefined;
    return `maxRecordsPerPrincipal is ${this.#maxPerPrincipal}`;
  }

  #file(entry: Entry, now: number) {
    const { id, principal } = entry;
    if (id.key === undefined) this.#sessionOf(id.session, now).records.set(id.n, entry);
    else this.#keysOf(id.principal).set(id.key, entry);
    this.#retentionOf(id).touch(entry, now);
    this.#count++;
    this.#perPrincipal.set(principal, (this.#perPrincipal.get(principal) ?? 0) + 1);
  }

  #sessionOf(name: string, now: number): SessionEntry {
    let session = this.#sessions.get(name);
    if (session === undefined) {
      session = { name, records: new Map(), low: 0, usedAt: 0 };
      this.#sessions.set(name, session);
      this.#idleSessions.touch(session, now);
      this.#count++;
    }
    session.usedAt = now;
    return session;
  }

  #keysOf(principal: string): Map<string, Entry> {
    let keys = this.#keyed.get(principal);
    if (keys === undefined) {
      keys = new Map();
      this.#keyed.set(principal, keys);
    }
    return keys;
  }

  #removeOf(records: Map<number, Entry>, n: number) {
    const entry = records.get(n);
    if (entry !== undefined) this.#remove(entry);
  }

  #remove(entry: Entry) {
    this.#retentionOf(entry.id).drop(entry);
    this.#unfile(entry);
  }

  /** Takes a record out that its retention has let go. */
  #unfile(entry: Entry) {
    const { id, principal } = entry;
    this.#letAnswerGo(entry);
    if (id.key === undefined) this.#sessions.get(id.session)?.records.delete(id.n);
    else {
      const keys = this.#keyed.get(id.principal);
      keys?.delete(id.key);
      if (keys?.size === 0) this.#keyed.delete(id.principal);
    }
    this.#count--;
    const count = this.#perPrincipal.get(principal) ?? 0;
    if (count <= 1) this.#perPrincipal.delete(principal);
    else this.#perPrincipal.set(principal, count - 1);
  }

  #dropSession(session: SessionEntry) {
    this.#sessions.delete(session.name);
    this.#count--;
  }

  #keepAnswer(entry: Entry, answer: Answer) {
    entry.answer = answer;
    this.#answered.add(entry);
    this.#answerChars += answer.encoded?.length ?? 0;
    for (const oldest of this.#answered) {
      if (this.#answerChars <= this.#maxAnswerChars) return;
      this.#letAnswerGo(oldest);
    }
  }

  #letAnswerGo(entry: Entry) {
    if (!this.#answered.delete(entry)) return;
    this.#answerChars -= entry.answer?.encoded?.length ?? 0;
    entry.answer = null;
  }
}

/** Whether it is RUNNING in these hands. */
function isHeld({ state, incarnation, claim }: Entry, hold: Hold): boolean {
  return state === "RUNNING" && incarnation === hold.incarnation && claim === hold.claim;
}

/** What is told of a record: a copy, for the record goes on to change. */
function toRecord(entry: Entry): RequestRecord {
  const { principal, hash, claim, incarnation, attempt, state, answer } = entry;
  const facts = { principal, hash, claim, incarnation, attempt };
  return state === "RUNNING" ? { ...facts, state } : { ...facts, state, answer };
}
