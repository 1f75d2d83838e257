/**
 * What the line has been through, so that it can be shown: when it was lost and found, what was
 * caught up with afterwards, which process answers. Pure; storyteller.ts feeds it.
 */

/** The line as the page speaks of it. */
export type LineState = "connecting" | "open" | "waiting" | "resuming" | "closed";

/** Something that happened to the line. */
export type LineEvent =
  | { readonly type: "state"; readonly state: Exclude<LineState, "open">; readonly at: Date }
  /** It is open: in the session of before if it was `resumed`, else in one of its own. */
  | {
      readonly type: "state";
      readonly state: "open";
      readonly resumed: boolean;
      readonly at: Date;
    }
  /** This visitor cut the network. */
  | { readonly type: "cut"; readonly forMs: number; readonly at: Date }
  /** This visitor killed the server. */
  | { readonly type: "kill"; readonly pid: number; readonly at: Date }
  /** A server process said who it is. */
  | { readonly type: "greeted"; readonly pid: number; readonly startedAt: Date; readonly at: Date }
  /** A ping was answered. */
  | { readonly type: "pong"; readonly roundTripMs: number }
  /** A change arrived that happened at `happenedAt`. */
  | { readonly type: "change"; readonly happenedAt: Date }
  /** A call made at `madeAt` has settled: with an answer, if only a refusal, or without one. */
  | { readonly type: "settled"; readonly madeAt: Date; readonly answered: boolean };

/** A line of the log. */
export type LogItem =
  | { readonly kind: "cut"; readonly at: Date; readonly forMs: number }
  | { readonly kind: "kill"; readonly at: Date; readonly pid: number }
  | { readonly kind: "lost"; readonly at: Date }
  | {
      readonly kind: "back";
      readonly at: Date;
      readonly downMs: number;
      /** Whether the session went on, so that nothing had to be asked for again. */
      readonly resumed: boolean;
      /** Changes that happened meanwhile and arrived afterwards. */
      readonly caughtUp: number;
      /** Calls that were made meanwhile and answered afterwards. */
      readonly delivered: number;
      /** Calls that were made meanwhile and came to nothing. */
      readonly failed: number;
    }
  | { readonly kind: "replaced"; readonly at: Date; readonly from: number; readonly to: number };

/** The story so far. */
export interface LineStory {
  readonly state: LineState;
  /** When the present connection was made, `null` while there is none. */
  readonly openSince: Date | null;
  /** When the session began that the line is in, or hopes to go on with; `null` before the first. */
  readonly sessionSince: Date | null;
  /** When the last one was lost, `null` while it is open or has never been. */
  readonly lostAt: Date | null;
  readonly reconnects: number;
  readonly server: { readonly pid: number; readonly startedAt: Date } | null;
  /** Pings answered so far, and the last one's round trip in milliseconds. */
  readonly pongs: number;
  readonly roundTripMs: number | null;
  /** The latest events, newest first. */
  readonly log: readonly LogItem[];
}

const logKept = 20;

/** Before anything happened. */
export const untold: LineStory = {
  state: "connecting",
  openSince: null,
  sessionSince: null,
  lostAt: null,
  reconnects: 0,
  server: null,
  pongs: 0,
  roundTripMs: null,
  log: [],
};

/** The story with one more event. */
export function tell(story: LineStory, event: LineEvent): LineStory {
  switch (event.type) {
    case "state":
      return afterState(story, event);
    case "cut":
      return withLog(story, { kind: "cut", at: event.at, forMs: event.forMs });
    case "kill":
      return withLog(story, { kind: "kill", at: event.at, pid: event.pid });
    case "greeted":
      return afterGreeting(story, event);
    case "pong":
      return { ...story, pongs: story.pongs + 1, roundTripMs: event.roundTripMs };
    case "change":
      return counted(story, "caughtUp", event.happenedAt);
    case "settled":
      return counted(story, event.answered ? "delivered" : "failed", event.madeAt);
  }
}

function afterState(story: LineStory, event: LineEvent & { type: "state" }): LineStory {
  const { state, at } = event;
  if (state === story.state) return story;
  if (state === "open") {
    const { resumed } = event;
    const sessionSince = resumed ? story.sessionSince : at;
    const opened = { ...story, state, openSince: at, sessionSince, lostAt: null };
    if (story.lostAt === null) return opened;
    const downMs = at.getTime() - story.lostAt.getTime();
    const counts = { caughtUp: 0, delivered: 0, failed: 0 };
    const back: LogItem = { kind: "back", at, downMs, resumed, ...counts };
    return withLog({ ...opened, reconnects: story.reconnects + 1 }, back);
  }
  if (story.state !== "open") return { ...story, state };
  const lost = { ...story, state, openSince: null, lostAt: at };
  // A cut or a kill by this visitor says already why the line is gone.
  const explained = story.log[0]?.kind === "cut" || story.log[0]?.kind === "kill";
  return explained ? lost : withLog(lost, { kind: "lost", at });
}

function afterGreeting(story: LineStory, event: LineEvent & { type: "greeted" }): LineStory {
  const { pid, startedAt, at } = event;
  const from = story.server?.pid ?? pid;
  const greeted = { ...story, server: { pid, startedAt } };
  return from === pid ? greeted : withLog(greeted, { kind: "replaced", at, from, to: pid });
}

/** Counts something on the latest return of the line, if it began while the line was down. */
function counted(
  story: LineStory,
  what: "caughtUp" | "delivered" | "failed",
  began: Date,
): LineStory {
  const index = story.log.findIndex(({ kind }) => kind === "back");
  const back = story.log[index];
  if (back?.kind !== "back" || story.state !== "open") return story;
  if (began > back.at || began.getTime() < back.at.getTime() - back.downMs) return story;
  return { ...story, log: story.log.with(index, { ...back, [what]: back[what] + 1 }) };
}

function withLog(story: LineStory, item: LogItem): LineStory {
  return { ...story, log: [item, ...story.log].slice(0, logKept) };
}

/** A line of the log, in words. */
export function wordsFor(item: LogItem): string {
  switch (item.kind) {
    case "cut":
      return `You cut the network for ${item.forMs / 1_000}\u00a0s.`;
    case "kill":
      return `You killed the server, process ${item.pid}.`;
    case "lost":
      return "The line was lost.";
    case "replaced":
      return `Process ${item.to} took over from ${item.from}.`;
    case "back":
      return `Back after ${(item.downMs / 1_000).toFixed(1)}\u00a0s in ${item.resumed ? "the same" : "a new"} session. ${meanwhile(item)}`;
  }
}

function meanwhile({ caughtUp, delivered, failed }: LogItem & { kind: "back" }): string {
  const many = (count: number, thing: string) => `${count} ${thing}${count === 1 ? "" : "s"}`;
  const parts = [
    caughtUp > 0 && `caught up with ${many(caughtUp, "change")}`,
    delivered > 0 && `delivered ${many(delivered, "call")}`,
    failed > 0 && `gave up on ${many(failed, "call")}`,
  ].filter((part) => part !== false);
  if (parts.length === 0) return "Nothing was missed.";
  const sentence = parts.join(", ");
  const end = failed > 0 ? "." : ", lost nothing.";
  return sentence[0]!.toUpperCase() + sentence.slice(1) + end;
}
