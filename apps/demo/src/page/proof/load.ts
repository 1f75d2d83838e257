/**
 * The load: numbered calls and a numbered stream, for as long as somebody wants to break the line
 * under them. It knows nothing of the line; that is what it proves.
 */
import { appErrorOf, type Client } from "@tautline/client";
import type { incidents } from "../../contract.js";
import { loadEveryMs, longestRun } from "../../vocabulary.js";
import { pause } from "../ui/pause.js";
import {
  type Checked,
  check,
  hear,
  type Outcome,
  type Proof,
  type Stream,
  silence,
  unchecked,
  untried,
} from "./tally.js";

/** How often the server's record is asked for, in milliseconds. */
const checkEveryMs = 1_000;
/** How often the page is told, in milliseconds: as fast as one can read. */
const showEveryMs = 250;
/** Calls that are sent at once, at most, when a timer was late: a second's worth. */
const largestBurst = 1_000 / loadEveryMs;
/** Pause before a lost stream is followed anew, in milliseconds. */
const againAfterMs = 100;

type Api = Client<typeof incidents>;

/** One run. */
interface Run {
  readonly id: string;
  /** Aborts when it is over. */
  readonly end: AbortController;
  readonly settled: Map<number, Outcome>;
  phase: Proof["phase"];
  sent: number;
  stream: Stream;
  checked: Checked;
}

/** What {@link createLoad} makes. */
export type Load = ReturnType<typeof createLoad>;

/** Makes a load that rests until `start` is called. */
export function createLoad({
  api,
  onSettled,
}: {
  api: Api;
  /** A call has settled that was made at `madeAt`. */
  onSettled: (madeAt: Date, answered: boolean) => void;
}) {
  let run: Run | undefined;
  let shown = untried;
  const listeners = new Set<() => void>();

  function show() {
    if (run) shown = toProof(run);
    for (const listener of listeners) listener();
  }

  function send(run: Run) {
    const number = ++run.sent;
    const madeAt = new Date();
    const settle = (outcome: Outcome) => {
      run.settled.set(number, outcome);
      onSettled(madeAt, outcome === "answered");
    };
    const { signal } = run.end;
    api.proof.work.mutate({ run: run.id, number }, { signal }).then(
      () => settle("answered"),
      (error) => settle(outcomeOf(error)),
    );
    if (run.sent === longestRun) stop();
  }

  async function start() {
    if (run?.phase === "running" || run?.phase === "finishing") return;
    const begun = newRun();
    const { signal } = begun.end;
    run = begun;
    const begunAtMs = Date.now();
    // By the clock: timers are late on a busy machine, and rare in a tab that nobody looks at.
    const sending = setInterval(() => {
      const due = Math.min((Date.now() - begunAtMs) / loadEveryMs, begun.sent + largestBurst);
      while (begun.phase === "running" && begun.sent < Math.floor(due)) send(begun);
    }, loadEveryMs);
    const showing = setInterval(show, showEveryMs);
    show();
    void follow(api, begun);
    await checkUntilDone(api, begun);
    clearInterval(sending);
    clearInterval(showing);
    if (signal.aborted) return;
    begun.end.abort();
    begun.phase = "done";
    show();
  }

  /** Sends no more, waits for what is on the way, and asks the server one last time. */
  function stop() {
    if (run?.phase === "running") run.phase = "finishing";
    show();
  }

  return {
    current: () => shown,
    subscribe(listener: () => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    start,
    stop,
    /** Ends at once. */
    close: () => run?.end.abort(),
  };
}

function newRun(): Run {
  return {
    id: crypto.randomUUID(),
    end: new AbortController(),
    settled: new Map(),
    phase: "running",
    sent: 0,
    stream: silence,
    checked: unchecked,
  };
}

function toProof({ phase, sent, settled, stream, checked }: Run): Proof {
  return { phase, sent, onTheWay: sent - settled.size, stream, ...checked };
}

/** Follows the numbers until the run is over, and begins anew after the last one if it must. */
async function follow(api: Api, run: Run) {
  const { signal } = run.end;
  while (!signal.aborted) {
    try {
      const numbers = api.proof.numbers.subscribe({ after: run.stream.last }, { signal });
      for await (const number of numbers) run.stream = hear(run.stream, number);
    } catch {
      // The session is lost, and the stream with it, for its server is gone: the next server is
      // asked for what came after the last number.
    }
    await pause(againAfterMs, signal);
    const { begunAnew } = run.stream;
    if (!signal.aborted) run.stream = { ...run.stream, begunAnew: begunAnew + 1 };
  }
}

/** Asks the server again and again what it has done, the last time when all calls have settled. */
async function checkUntilDone(api: Api, run: Run) {
  const { settled } = run;
  const { signal } = run.end;
  while (!signal.aborted) {
    const before = new Map(settled); // so that the record can only be ahead of it
    const isLast = run.phase === "finishing" && before.size === run.sent;
    const record = await api.proof.record.query({ run: run.id }, { signal }).catch(() => undefined); // not now: asked again, until there is an answer
    if (record) run.checked = check(before, record);
    if (record && isLast) return;
    await pause(run.phase === "running" ? checkEveryMs : showEveryMs, signal);
  }
}

/** What a failure says of the call: nothing for certain, or that it was never done. */
function outcomeOf(error: unknown): Outcome {
  const code = appErrorOf(error)?.code;
  return code === "OUTCOME_UNKNOWN" || code === "DEADLINE_EXCEEDED" ? "unknown" : "failed";
}
