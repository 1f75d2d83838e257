/**
 * Request records: what stands between dispatch and the handler of a mutation, so that it runs at
 * most once whatever is lost. It notes the mutation in the store before the handler begins, stores
 * the answer before anybody is told, and gives the same answer to whoever sends the same again.
 * What to do is decided in `decide.ts`; here it is done.
 *
 * Nothing is awaited that is there already: over a store in memory, a handler that answers at once
 * is answered at once.
 */
import type { Clock } from "@tautline/contracts/runtime";
import type { TRPCError } from "../../trpc.js";
import { Asking, andThen } from "./asking.js";
import { type Decision, decide, type FirstSending } from "./decide.js";
import {
  answerOfLater,
  notRecorded,
  outcomeUnknown,
  storeIsSilent,
  toRefusal,
} from "./refusals.js";
import { Repairs } from "./repairs.js";
import {
  type Answer,
  type Hold,
  type MaybePromise,
  nobody,
  type RequestDraft,
  type RequestId,
  type RequestRecord,
  type RequestStore,
} from "./store.js";

/** A mutation as dispatch received it. */
export interface RecordedRequest {
  /** Who asks; empty for nobody. The keys of nobody are everybody's, so they have to be secrets. */
  readonly principal: string;
  readonly session: string;
  readonly n: number;
  /** The smallest n that the session has not had the answer to: the highest it has told. */
  readonly low: number;
  /** The application's own word for it: the same promise across sessions. */
  readonly key?: string | undefined;
  /** Present on what is sent again in another session. */
  readonly first?: FirstSending | undefined;
  /** Of path and input: `hashRequest`. */
  readonly hash: number;
  readonly repeat: Repeat;
  /** Why nobody waits for it any more, if so. Asked before the handler begins, and while waiting. */
  abortedBy?(): TRPCError | undefined;
  /** It runs already, in this process: its answer is waited for. */
  joined?(): void;
}

/** What came of a mutation that has no handler: nothing ran, so nothing is remembered. */
export class NothingRan {
  readonly error: TRPCError;

  /** @param error What this sending of it is told. */
  constructor(error: TRPCError) {
    this.error = error;
  }
}

/** What may be done where nobody knows whether it ran. */
export type Repeat =
  | "never"
  | "safe"
  | {
      /** Asks the handler's own record: its answer, or `undefined` when it has surely not run. */
      lookup(): MaybePromise<Answer | undefined>;
    };

/** Options of {@link RequestRecords}. */
export interface RequestRecordsOptions {
  readonly store: RequestStore;
  readonly clock: Clock;
  /** Of this server process. */
  readonly incarnation: string;
  /**
   * Whether another server lives. One that is thought dead and is not costs no promise: its late
   * writes are refused.
   *
   * @default nobody else does
   */
  readonly isLive?: (incarnation: string) => boolean;
  /**
   * The longest one operation of the store may take, in milliseconds.
   *
   * @default 5_000
   */
  readonly storeTimeoutMs?: number;
  /**
   * How often the store is asked for an answer that another server is to give, in milliseconds.
   *
   * @default 100
   */
  readonly pollMs?: number;
  /** The store failed, or a handler's lookup: for the log. */
  readonly onFailure?: (cause: unknown) => void;
  /** The policy. Only the test of the explorer has another one: it has to find it out. */
  readonly policy?: typeof decide;
}

/** One request on its way through the store. */
interface Task {
  readonly request: RecordedRequest;
  readonly id: RequestId;
  readonly execute: () => MaybePromise<Answer | NothingRan>;
}

/** A task that somebody waits for, in this process. */
interface RunningTask {
  readonly task: Task;
  readonly answer: Promise<Answer>;
}

// Each round lost means that another server has won one. More than a few is a store that
// contradicts itself, and asking on would hang the call.
const maxRounds = 16;

/** Runs mutations at most once. */
export class RequestRecords {
  readonly #store: RequestStore;
  readonly #clock: Clock;
  readonly #asking: Asking;
  readonly #repairs: Repairs;
  readonly #incarnation: string;
  readonly #isLive: (incarnation: string) => boolean;
  readonly #pollMs: number;
  readonly #onFailure: (cause: unknown) => void;
  readonly #policy: typeof decide;
  /** Every request that has begun here and was not answered yet, unless it is answered at once. */
  readonly #running = new Map<string, RunningTask>();
  #claims = 0;

  constructor(options: RequestRecordsOptions) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#incarnation = options.incarnation;
    this.#isLive = options.isLive ?? (() => false);
    this.#pollMs = options.pollMs ?? 100;
    this.#onFailure = options.onFailure ?? (() => {});
    this.#policy = options.policy ?? decide;
    this.#asking = new Asking(this.#clock, options.storeTimeoutMs ?? 5_000, this.#onFailure);
    this.#repairs = new Repairs(this.#clock, this.#asking);
  }

  /** Of the store, as far as it is known now. */
  get epoch(): string {
    return this.#store.epoch;
  }

  /** How many requests wait for an answer here. */
  get running(): number {
    return this.#running.size;
  }

  /**
   * Runs a mutation, or gives the answer that it has already.
   *
   * @param execute Runs the handler to its encoded answer, be it a failure. Called at most once; it
   * should not throw.
   * @throws TRPCError, at once or as a rejection: `NOT_RECORDED` (this sending was not run),
   * `OUTCOME_UNKNOWN`, `RESULT_NOT_RETAINED`, `REQUEST_ID_CONFLICT`, `STALE`; what `abortedBy`
   * gave; or the error of {@link NothingRan}.
   */
  run(
    request: RecordedRequest,
    execute: () => MaybePromise<Answer | NothingRan>,
  ): MaybePromise<Answer> {
    this.forget(request.session, request.low);
    const task: Task = { request, id: toRequestId(request), execute };
    // Before the store is asked: a record that is being created can be seen there before we hear of it.
    const running = this.#running.size > 0 ? this.#running.get(toText(task.id)) : undefined;
    if (running !== undefined) return this.#meet(task, running);

    const answer = request.first === undefined ? this.#decide(task, undefined) : this.#look(task);
    if (answer instanceof Promise) this.#track(task, answer);
    return answer;
  }

  /**
   * The client has the answers to all requests below `low`; with `Infinity`, the session has ended
   * and nothing of it will be sent again.
   */
  forget(session: string, low: number) {
    // Nobody waits for it, and what is not forgotten now goes with the next or by its age.
    try {
      const forgotten = this.#store.forget(session, low);
      if (forgotten instanceof Promise) forgotten.catch(this.#onFailure);
    } catch (cause) {
      this.#onFailure(cause);
    }
  }

  /** Lets go of timers. The store is its owner's. Who waits is not told: end the calls first. */
  close() {
    this.#repairs.close();
  }

  /** The same request came again while it runs here. */
  #meet(task: Task, running: RunningTask): MaybePromise<Answer> {
    const { principal, hash } = running.task.request;
    const facts = { principal, hash, incarnation: this.#incarnation, claim: 0, attempt: 1 };
    const decision = this.#policyOn(task, { ...facts, state: "RUNNING" }, { runsHere: true });
    if (decision.name !== "join") return this.#act(task, decision, undefined, 0);
    task.request.joined?.();
    return running.answer.catch((cause) => {
      // That one was given up before its handler began. This one is still wanted.
      if (cause !== undefined && cause === running.task.request.abortedBy?.()) {
        return this.run(task.request, task.execute);
      }
      throw cause;
    });
  }

  #track(task: Task, answer: Promise<Answer>) {
    const text = toText(task.id);
    this.#running.set(text, { task, answer });
    const done = () => this.#running.delete(text);
    answer.then(done, done);
  }

  #look(task: Task): MaybePromise<Answer> {
    return this.#asking.ask(
      () => this.#store.read(task.id),
      () => outcomeUnknown(storeIsSilent),
      (stored) => this.#decide(task, stored),
    );
  }

  #decide(task: Task, stored: Stored, round = 0, storeEpoch?: string): MaybePromise<Answer> {
    if (round > maxRounds) throw this.#failedBefore(task, stored !== undefined);
    const decision = this.#policyOn(task, stored, { runsHere: false, storeEpoch });
    return this.#act(task, decision, stored, round);
  }

  #policyOn(
    { request, id }: Task,
    stored: Stored,
    { runsHere, storeEpoch }: { runsHere: boolean; storeEpoch?: string | undefined },
  ): Decision {
    const { principal, hash, n, low, first, repeat } = request;
    const { retentionMs, epoch } = this.#store;
    const policy = typeof repeat === "string" ? repeat : "lookup";
    return this.#policy(
      { principal, hash, n, low, first, repeat: policy },
      {
        stored,
        storeEpoch: storeEpoch ?? epoch,
        retentionMs: id.key === undefined ? retentionMs.session : retentionMs.key,
        incarnation: this.#incarnation,
        runsHere,
        isLive: this.#isLive,
      },
    );
  }

  #act(task: Task, decision: Decision, stored: Stored, round: number): MaybePromise<Answer> {
    switch (decision.name) {
      case "run":
      case "lookup":
        return typeof stored === "object"
          ? this.#takeOver(task, decision, stored, round)
          : this.#create(task, decision, round);
      case "replay":
        return decision.answer;
      case "wait":
        return this.#wait(task);
      case "join": // only `#meet` has whom to join
        throw outcomeUnknown("It runs here, and nobody knows where");
      case "refuse":
        throw toRefusal(decision);
    }
  }

  #create(task: Task, decision: Taking, round: number): MaybePromise<Answer> {
    const { request, id } = task;
    const onlyUnder = decision.name === "run" ? decision.onlyUnder : undefined;
    const draft = this.#draft(request);
    return this.#asking.ask(
      () => this.#store.create(id, draft, onlyUnder),
      () => this.#failedBefore(task, false),
      (creation) => {
        switch (creation.name) {
          case "created":
            return this.#begin(task, decision, draft, true);
          case "exists":
            return this.#decide(task, creation.record, round + 1);
          case "other-epoch":
            return this.#decide(task, undefined, round + 1, creation.epoch);
          case "full": {
            // It was looked for, and under this epoch never was there.
            const hasNotRun = request.first === undefined || onlyUnder !== undefined;
            if (hasNotRun) throw notRecorded(`Cannot keep more request records: ${creation.limit}`);
            throw outcomeUnknown(`Cannot keep more request records: ${creation.limit}`);
          }
        }
      },
      // It is not run: nobody should find it running.
      () => this.#repairs.start(() => this.#store.release(id, draft)),
    );
  }

  #takeOver(task: Task, decision: Taking, seen: Hold, round: number): MaybePromise<Answer> {
    const hold: Hold = { incarnation: this.#incarnation, claim: ++this.#claims };
    return this.#asking.ask(
      () => this.#store.takeOver(task.id, seen, hold),
      () => this.#failedBefore(task, true),
      (takeOver) =>
        takeOver.name === "taken"
          ? this.#begin(task, decision, hold, false)
          : this.#decide(task, takeOver.record, round + 1),
      () => this.#giveUp(task, hold),
    );
  }

  /** The store has agreed: from here on it may have run. */
  #begin(task: Task, decision: Taking, hold: Hold, isNew: boolean): MaybePromise<Answer> {
    const { request } = task;
    const reason = request.abortedBy?.();
    if (reason !== undefined) return this.#notBegun(task, hold, isNew, reason);
    if (decision.name === "run" || typeof request.repeat === "string") {
      return this.#execute(task, hold, isNew);
    }
    const { repeat } = request;
    return andThen(
      () => repeat.lookup(),
      (cause) => this.#failed(task, hold, cause, "The handler's own record fails"),
      (found) => {
        if (found !== undefined) return this.#settle(task, hold, found);
        const given = request.abortedBy?.(); // the lookup took its time
        if (given !== undefined) return this.#notBegun(task, hold, isNew, given);
        return this.#execute(task, hold, isNew);
      },
    );
  }

  /** Its handler has not begun, and will not: nobody waits for it any more, or there is none. */
  #notBegun(task: Task, hold: Hold, isNew: boolean, reason: TRPCError): MaybePromise<never> {
    if (!isNew) {
      this.#giveUp(task, hold); // an earlier attempt may have run: the record stays, and says so
      throw reason;
    }
    return this.#asking.ask(
      () => this.#store.release(task.id, hold),
      () => reason,
      () => {
        throw reason;
      },
      () => this.#repairs.start(() => this.#store.release(task.id, hold)),
    );
  }

  /**
   * We do not run what we hold, or not any more, and nobody knows whether it ran: whoever waits for
   * it on another server should not.
   */
  #giveUp({ id }: Task, hold: Hold) {
    const given: Hold = { incarnation: nobody, claim: hold.claim };
    this.#repairs.start(() => this.#store.takeOver(id, hold, given));
  }

  #execute(task: Task, hold: Hold, isNew: boolean): MaybePromise<Answer> {
    return andThen(
      task.execute,
      (cause) => this.#failed(task, hold, cause, "The handler ran, and its answer is lost"),
      (answer) =>
        answer instanceof NothingRan
          ? this.#notBegun(task, hold, isNew, answer.error)
          : this.#settle(task, hold, answer),
    );
  }

  #settle({ id }: Task, hold: Hold, answer: Answer): MaybePromise<Answer> {
    const kept = this.#mayKeep(answer) ? answer : null;
    const failed = () => outcomeUnknown("It ran, and its answer could not be stored");
    const settle = () => this.#store.settle(id, hold, answer.ok ? "DONE" : "FAILED", kept);
    return this.#asking.ask(
      settle,
      failed,
      (settling) => {
        // Gone: forgotten because nobody will ask again, or lost; the answer is still the answer.
        if (settling !== "fenced") return answer;
        return this.#asking.ask(() => this.#store.read(id), failed, answerOfLater);
      },
      () => this.#repairs.start(settle), // who asks again should find the answer
    );
  }

  #mayKeep({ encoded }: Answer): boolean {
    if (encoded === undefined) return true;
    const { maxAnswerBytes } = this.#store;
    // UTF-8 takes at most three bytes for a UTF-16 unit, so most texts need no counting.
    return encoded.length * 3 <= maxAnswerBytes || Buffer.byteLength(encoded) <= maxAnswerBytes;
  }

  /** Another server runs it. */
  async #wait(task: Task): Promise<Answer> {
    await new Promise<void>((resolve) => void this.#clock.after(this.#pollMs, resolve));
    const reason = task.request.abortedBy?.();
    if (reason !== undefined) throw reason;
    const stored = await this.#asking.ask(
      () => this.#store.read(task.id),
      () => outcomeUnknown(storeIsSilent),
      (record) => record,
    );
    // It was there: gone, it has expired or was lost, and may have run.
    if (stored === undefined) throw outcomeUnknown("Its record is gone");
    return this.#decide(task, stored);
  }

  #draft({ principal, hash }: RecordedRequest): RequestDraft {
    return { principal, hash, incarnation: this.#incarnation, claim: ++this.#claims };
  }

  /** The store failed before anything ran: of what was never sent before, that is certain. */
  #failedBefore({ request }: Task, wasSeen: boolean): TRPCError {
    if (wasSeen || request.first !== undefined) {
      return outcomeUnknown(storeIsSilent);
    }
    return notRecorded("The mutation could not be recorded, and was not run");
  }

  #failed(task: Task, hold: Hold, cause: unknown, message: string): TRPCError {
    // One that was told to stop, and did, is as it should be.
    if (task.request.abortedBy?.() === undefined) this.#onFailure(cause);
    this.#giveUp(task, hold);
    return outcomeUnknown(message);
  }
}

type Stored = RequestRecord | "stale" | undefined;

/** A decision that needs the store's agreement. */
type Taking = Extract<Decision, { readonly attempt: number }>;

/** What it is filed under: its key, or its first sending. */
function toRequestId({ principal, session, n, key, first }: RecordedRequest): RequestId {
  if (key !== undefined) return { principal, key };
  return first === undefined ? { session, n } : { session: first.session, n: first.n };
}

// The length tells where a principal ends: they may hold any character.
function toText(id: RequestId): string {
  if (id.key === undefined) return `${id.n} ${id.session}`;
  return `k${id.principal.length} ${id.principal}${id.key}`;
}
