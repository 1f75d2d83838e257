/**
 * Recording: how a mutation is asked of the records that let it run at most once, and what of its
 * running they keep. PROTOCOL.md §10
 */
import type { Request } from "@tautline/contracts/wire";
import type { Call } from "../call/call.js";
import type { Lane } from "../call/lane.js";
import type { Events } from "../observe/emit.js";
import type { RepeatOutcome } from "../observe/events.js";
import { failureOf } from "../observe/watch.js";
import { hashRequest } from "../session/requests/hash.js";
import type { NothingRan, Repeat, RequestRecords } from "../session/requests/records.js";
import type { Answer, MaybePromise } from "../session/requests/store.js";
import { getTRPCErrorFromUnknown } from "../trpc.js";

/** Where the mutations of one client are recorded. */
export interface Recording {
  readonly records: RequestRecords;
  readonly events: Events;
  /** Who asks; empty for nobody in particular. */
  readonly principal: string;
  /** Whose ids count; nothing where a mutation needs a key to be recorded. */
  readonly sessionId: string | undefined;
  /** The smallest id the client has no answer to: the highest it has told. */
  low: number;
}

/** A mutation that is about to run, or not. */
export interface Recordable {
  readonly call: Call;
  readonly lane: Pick<Lane, "repeat">;
}

/** Where this request is recorded, if it is. */
export function recordingOf(
  recording: Recording | undefined,
  { method, id, key }: Request,
): Recording | undefined {
  if (method !== "mutation" || recording === undefined) return undefined;
  const isNumbered = recording.sessionId !== undefined && Number.isSafeInteger(id) && +id >= 0;
  return isNumbered || key !== undefined ? recording : undefined;
}

/**
 * Runs a mutation, or gives the answer it has already.
 *
 * @param execute Runs its handler. It throws only where nobody can tell what the handler has done.
 * @param lookup Asks the application's own record, where there is one.
 */
export function record(
  recording: Recording,
  { call, lane }: Recordable,
  request: Request,
  execute: () => MaybePromise<Answer | NothingRan>,
  lookup: (() => MaybePromise<Answer | undefined>) | undefined,
): MaybePromise<Answer> {
  const { id, key, low = 0, first, params } = request;
  recording.low = Math.max(recording.low, low);
  let hasRun = false;
  let known: RepeatOutcome = "replayed";
  const told = (outcome: RepeatOutcome) =>
    recording.events["request.repeated"]?.({
      path: params.path,
      outcome,
      keyed: key !== undefined,
    });
  const answered = (answer: Answer) => {
    if (!hasRun) told(known);
    else if (first !== undefined) told("run-again");
    return answer;
  };
  // What was looked up and not found is told as run again.
  const repeatOf = (): Repeat => {
    if (lane.repeat !== "lookup") return lane.repeat;
    if (lookup === undefined) return "never";
    call.key = nameOf(recording, request);
    return {
      lookup() {
        known = "looked-up";
        return lookup();
      },
    };
  };
  const failed = (cause: unknown) => {
    const outcome = outcomes[failureOf(getTRPCErrorFromUnknown(cause)).appCode ?? ""];
    if (outcome !== undefined && !hasRun) told(outcome);
    throw cause;
  };
  try {
    const answer = recording.records.run(
      {
        principal: recording.principal,
        session: recording.sessionId ?? "",
        n: recording.sessionId === undefined ? 0 : Number(id),
        low: recording.sessionId === undefined ? 0 : recording.low,
        key,
        first,
        hash: hashRequest(params.path, params.input),
        repeat: repeatOf(),
        abortedBy: () => call.abortedBy,
        joined() {
          known = "joined";
        },
      },
      () => {
        hasRun = true;
        return execute();
      },
    );
    return answer instanceof Promise ? answer.then(answered, failed) : answered(answer);
  } catch (cause) {
    return failed(cause);
  }
}

/** What an application may note of it, alike whenever it is sent. */
function nameOf({ sessionId }: Recording, { id, key, first }: Request): string {
  return key ?? (first ? `${first.session}:${first.n}` : `${sessionId}:${id}`);
}

const outcomes: Readonly<Record<string, RepeatOutcome | undefined>> = {
  REQUEST_ID_CONFLICT: "conflict",
  OUTCOME_UNKNOWN: "unknown",
  RESULT_NOT_RETAINED: "not-retained",
  STALE: "stale",
};
