/**
 * What the proof counts, and what it may say of it. Pure: numbers in, numbers and a sentence out.
 *
 * Nothing here takes the page's word for what was done. A call is *lost* when it has settled, in
 * whatever way, and the server's record does not have it; *twice* is what the record itself says.
 */
import type { RunRecord } from "../../domain.js";

/** How a call has settled. `unknown`: it may have been done or not, and nobody told. */
export type Outcome = "answered" | "unknown" | "failed";

/** What was heard of a stream of numbers that should come one by one. */
export interface Stream {
  readonly received: number;
  /** Numbers that were passed over. */
  readonly missed: number;
  /** Numbers that came after themselves or after a later one. */
  readonly doubled: number;
  readonly last: number | null;
  /** How often it had to be followed anew, because the session was lost. */
  readonly begunAnew: number;
}

/** Before anything was heard. */
export const silence: Stream = { received: 0, missed: 0, doubled: 0, last: null, begunAnew: 0 };

/** The stream with one more number. Where it begins is where it begins: nothing was missed before. */
export function hear(stream: Stream, number: number): Stream {
  const received = stream.received + 1;
  const due = stream.last === null ? number : stream.last + 1;
  if (number < due) return { ...stream, received, doubled: stream.doubled + 1 };
  return { ...stream, received, missed: stream.missed + number - due, last: number };
}

/** What the server's record says of the calls that had settled before it was asked for. */
export interface Checked {
  readonly executed: number;
  readonly answered: number;
  readonly unknown: number;
  readonly lost: number;
  readonly twice: number;
  /** Calls that reached the server again after it had done them, and were not done again. */
  readonly known: number;
}

/** Before the record was asked for. */
export const unchecked: Checked = {
  executed: 0,
  answered: 0,
  unknown: 0,
  lost: 0,
  twice: 0,
  known: 0,
};

/** Holds what the page knows against what the server has written down. */
export function check(settled: ReadonlyMap<number, Outcome>, record: RunRecord): Checked {
  const executed = new Set<number>();
  for (const [first, last] of record.executed) {
    for (let number = first; number <= last; number++) executed.add(number);
  }
  const counted = { answered: 0, unknown: 0, failed: 0 };
  let lost = 0;
  for (const [number, outcome] of settled) {
    counted[outcome] += 1;
    if (!executed.has(number)) lost += 1;
  }
  const { answered, unknown } = counted;
  return {
    ...{ executed: executed.size, answered, unknown, lost },
    ...{ twice: record.twice, known: record.known },
  };
}

/** A run of the load as it is shown. */
export interface Proof extends Checked {
  /** `finishing`: nothing more is sent, and what was sent is waited for. */
  readonly phase: "idle" | "running" | "finishing" | "done";
  readonly sent: number;
  /** Sent, and not settled. */
  readonly onTheWay: number;
  readonly stream: Stream;
}

/** Before the first run. */
export const untried: Proof = {
  phase: "idle",
  sent: 0,
  onTheWay: 0,
  stream: silence,
  ...unchecked,
};

/** What can be said of a run, and whether it is good news. */
export function verdictOf(proof: Proof): { readonly tone: "plain" | "good" | "bad"; text: string } {
  const { phase, lost, twice, stream } = proof;
  const wrong = [
    lost > 0 && `${lost} lost`,
    twice > 0 && `${twice} done twice`,
    stream.missed > 0 && `${stream.missed} missed`,
    stream.doubled > 0 && `${stream.doubled} doubled`,
  ].filter((part) => part !== false);
  if (wrong.length > 0) return { tone: "bad", text: `${wrong.join(", ")}.` };
  if (phase === "running") return { tone: "plain", text: "Nothing lost so far." };
  if (phase === "finishing") return { tone: "plain", text: "Waiting for the last answers." };
  return { tone: "good", text: "Nothing lost, nothing twice." };
}
