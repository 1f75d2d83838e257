/**
 * What checkers share. A checker is a pure function from a history to what in it must not be; which
 * promise it stands for is in its name and its first comment.
 */
import type { Event, EventOf, Publish, Subscribe } from "../events.js";

/** One thing in a history that must not be. */
export interface Violation {
  /** The number of the invariant, as in the README beside this folder. */
  readonly invariant: string;
  readonly message: string;
  /** When it was seen, in milliseconds of the history's clock. */
  readonly at: number;
}

/** Finds what must not be. */
export type Checker = (history: readonly Event[]) => Violation[];

/** The events of one kind, in the order of time. */
export function ofKind<Kind extends Event["kind"]>(
  history: readonly Event[],
  kind: Kind,
): EventOf<Kind>[] {
  return history.filter((event): event is EventOf<Kind> => event.kind === kind);
}

/** A subscriber and what it was told. */
export interface Subscription {
  readonly name: string;
  readonly begun: Subscribe & { readonly at: number };
  readonly told: EventOf<"receive" | "gap" | "lost" | "ended">[];
}

/** All subscribers, each with what it was told in the order of time. */
export function subscriptionsIn(history: readonly Event[]): Map<string, Subscription> {
  const found = new Map<string, Subscription>();
  for (const event of history) {
    if (event.kind === "subscribe") {
      found.set(event.subscriber, { name: event.subscriber, begun: event, told: [] });
    } else if (
      event.kind === "receive" ||
      event.kind === "gap" ||
      event.kind === "lost" ||
      event.kind === "ended"
    ) {
      found.get(event.subscriber)?.told.push(event);
    }
  }
  return found;
}

/** A publication, with when it was made. */
export type Publication = Publish & { readonly at: number };

/** The publications of one epoch of a stream. */
export interface Lane {
  /** In the order of their offsets. */
  readonly all: readonly Publication[];
  /** Those under one offset: one, if everything is well. */
  at(offset: number): readonly Publication[];
}

/** All publications, by stream and epoch. */
export function publicationsIn(history: readonly Event[]) {
  const lanes = new Map<string, { all: Publication[]; byOffset: Map<number, Publication[]> }>();
  const latest = new Map<string, Publication>();
  for (const event of ofKind(history, "publish")) {
    const key = `${event.stream}\n${event.epoch}`;
    let lane = lanes.get(key);
    if (lane === undefined) {
      lane = { all: [], byOffset: new Map() };
      lanes.set(key, lane);
    }
    lane.all.push(event);
    const there = lane.byOffset.get(event.offset);
    if (there === undefined) lane.byOffset.set(event.offset, [event]);
    else there.push(event);
    latest.set(event.stream, event);
  }
  for (const lane of lanes.values()) lane.all.sort((a, b) => a.offset - b.offset);
  return {
    of(stream: string, epoch: string): Lane {
      const lane = lanes.get(`${stream}\n${epoch}`);
      return { all: lane?.all ?? [], at: (offset) => lane?.byOffset.get(offset) ?? [] };
    },
    /** The last one of a stream, in time. */
    latest: (stream: string) => latest.get(stream),
  };
}

/** Whether two values are the same as JSON. */
export const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/** Reports violations of one invariant. */
export function report(invariant: string) {
  const violations: Violation[] = [];
  return {
    violations,
    add: (at: number, message: string) => void violations.push({ invariant, message, at }),
  };
}

/** The value below which the given share of `values` lies, as the nearest of them. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
