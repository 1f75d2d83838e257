/**
 * Connection: keeps one line to the server, makes the next when it is lost, and sees to it that
 * every call settles whatever becomes of the line it went out on.
 */
import { createEmitter, type Timer } from "@tautline/contracts/runtime";
import { CloseCode, endsSession, type SessionGiven } from "@tautline/contracts/wire";
import { afterLoss, type Call, lostSentences } from "../call/call.js";
import { type AnyCallError, toLocalError } from "../call/call-error.js";
import { createCalls } from "../call/calls.js";
import { createReceiver } from "../call/receive.js";
import { createSession, type Session } from "../session/session.js";
import type { Connection, ConnectionOptions, Served } from "./face.js";
import { createLine, type Line, type LineEnd, type LineHost } from "./line.js";
import { afterClose, type ConnectionState } from "./state.js";

/** How a session was lost. */
type Loss = Pick<LineEnd, "code" | "reason">;

/** A session whose mutations are recorded. */
type Recording = SessionGiven & { readonly storeEpoch: string };

/** The connection, and the way in for calls. */
export type ConnectionCore = ReturnType<typeof createConnection>;

// A connection that held this long was a good one: the next loss is a new story, not the next
// attempt of the old one.
const firmMs = 5_000;

// What leaves before a server has told its limits: many small calls, and no server whose limit is
// smaller than this is likely. A larger call waits for the welcome.
const earlyBytes = 16_384;

// By so much the day's clock may be ahead of ours, and we have not slept. Servers allow for a minute.
const asleepMs = 10_000;

const noConnection = "Not connected";

const toWhy = ({ code, reason }: Loss) => ` (close code ${code}${reason && `: ${reason}`})`;

/** Creates a connection that is idle. */
export function createConnection(options: ConnectionOptions) {
  const { clock, random, idleMs, maxWaitingCalls, toError } = options;
  const changed = createEmitter<ConnectionState>();
  const traffic = {
    framesIn: 0,
    framesOut: 0,
    charactersIn: 0,
    charactersOut: 0,
    roundTripMs: undefined as number | undefined,
    reconnects: 0,
    resumes: 0,
    messagesRepeated: 0,
  };
  let { limits } = options;
  let { minMs: windowMs = 250, maxMs = 30_000 } = options.reconnect;

  let state: ConnectionState = { name: "idle" };
  /** Takes the calls. */
  let current: Line | undefined;
  /** Will take them once it is open; at once, if there is no other. */
  let opening: Line | undefined;
  /** All that are not over: those that finish what they have as well. */
  const lines = new Set<Line>();
  /** Takes the calls: of `current`, of `opening` if there is no other, or waiting to be resumed. */
  let session: Session | undefined;
  let attempt = 0;
  /** Sockets that asked for the session and were lost before the answer: the server may yet hear them. */
  let lostAsks = 0;
  /** When the session was lost that is to be resumed. */
  let lostAtMs = 0;
  let openedAtMs: number | undefined;
  let emptyAtMs = 0;
  let served: Served | undefined;
  /** Whether a server found too large what came before its welcome: then calls wait for that. */
  let isShy = false;
  /** Why there is no connection, once it is known. */
  let trouble = "";
  /** To the next attempt. */
  let timer: Timer | undefined;
  let idleTimer: Timer | undefined;
  let unwatch: (() => void) | undefined;
  let closing: Promise<unknown> | undefined;
  let toClosedError: (path: string) => AnyCallError;

  const calls = createCalls(clock, {
    wake: () => session?.wake(),
    empty() {
      emptyAtMs = clock.now();
    },
    why: () => trouble,
  });

  const receive = createReceiver(calls, options);

  function become(next: ConnectionState) {
    if (next.name === "idle") rest();
    state = next;
    changed.emit(next);
  }

  function newSession(): Session {
    const made: Session = createSession(
      { ...options, limits, earlyBytes: isShy ? 0 : earlyBytes },
      {
        ...calls,
        next: (...room) => (made === session ? calls.next(...room) : undefined),
      },
    );
    return made;
  }

  /** @param isElsewhere Another server is looked for: this one's session can not go on there. */
  function open(isElsewhere = false) {
    timer?.cancel();
    unwatch ??= options.watchNetwork(look);
    if (!current) session ??= newSession();
    // One that nobody gave yet can not be asked for by a second line.
    const isAnother = current && (isElsewhere || !session?.given);
    const asked = isAnother ? newSession() : session!;
    opening = createLine({ ...options, limits, traffic }, asked, host);
    lines.add(opening);
    if (!current && !(state.name === "resuming" && mayResume())) {
      become({ name: "connecting", attempt });
    }
  }

  /** Nothing is to be done: a process that is done may end. */
  function rest() {
    calls.rest();
    timer?.cancel();
    unwatch?.();
    unwatch = undefined;
  }

  /** The network may be back, or the page: what is waited for may be there, or what is there gone. */
  function look() {
    if (current) current.check();
    else connection.connect();
  }

  /** Stays closed until its owner says otherwise, who may have asked for that too. */
  function shut(code: number, reason: string, refusal?: unknown, isAsked = false) {
    toClosedError = (path) =>
      refusal === undefined
        ? toLocalError(
            "CLOSED",
            { closeCode: code },
            path,
            `The connection is closed: ${reason || code}`,
          )
        : toError(refusal, path, undefined);
    current = opening = session = undefined;
    attempt = 0;
    idleTimer?.cancel();
    state = { name: "closed", code, reason };
    calls.failAll(toClosedError, isAsked);
    rest();
    closing = Promise.all([...lines].map((line) => line.close(CloseCode.ClientClosed, reason)));
    changed.emit(state); // last: a listener may connect again
  }

  /** Takes back what will not be answered in a session. Subscriptions that can go on do so elsewhere. */
  function recover(from: Session, loss: Loss) {
    const { given } = from;
    const isRecorded = given?.storeEpoch !== undefined;
    const lost: Call[] = [];
    for (const call of from.calls()) {
      const isHeard = call.id > 0;
      const fate = isHeard ? afterLoss(call, loss.code, isRecorded) : "again";
      if (fate !== "again") {
        const data = fate === "PAYLOAD_TOO_LARGE" ? unknownSize : undefined;
        calls.fail(call, fate, data, lostSentences[fate] + toWhy(loss));
        continue;
      }
      if (call.kind === "mutation" && isHeard && isRecorded) {
        const { id: session, storeEpoch } = given as Recording;
        const { id: n, sentMs, sentAtMs } = call;
        call.first ??= (now) => {
          const byClock = now - sentMs;
          const byDay = options.today() - sentAtMs;
          // Taken for younger than its record is kept, it would run again.
          const ageMs = Math.ceil(byDay - byClock > asleepMs ? byDay : byClock);
          return { session, n, storeEpoch, ageMs };
        };
      }
      lost.push(call);
    }
    calls.again(lost);
  }

  const host: LineHost = {
    received: (call, answer) => receive(call, answer, served),
    opened(line, welcome) {
      const previous = current;
      let carried = line.session;
      const asked = carried.given;
      const isResumed = asked && welcome?.session?.resumed;
      if (isResumed) {
        const repeated = carried.resume(line, welcome);
        if (repeated === undefined) {
          session = undefined;
          return undefined;
        }
        traffic.resumes++;
        traffic.messagesRepeated += repeated;
      } else if (asked) carried = newSession(); // this server does not know it
      const left = session;
      session = carried;
      current = line;
      opening = undefined;
      if (openedAtMs !== undefined) traffic.reconnects++; // the first connection is none
      openedAtMs = emptyAtMs = clock.now();
      served = welcome;
      trouble = "";
      if (welcome) ({ limits, reconnectWindowMs: windowMs = windowMs } = welcome);
      if (!isResumed) {
        lostAsks = 0;
        carried.begin(line, welcome);
        // What was under way in a session that nobody goes on with.
        if (left && left !== carried && !left.carrier)
          recover(left, { code: 1006, reason: "The session is lost" });
      }
      if (idleMs !== undefined) watchIdle(idleMs);
      become({ name: "open", limits, contract: welcome?.contract, revision: welcome?.revision });
      if (previous) {
        if (isResumed) void previous.close(1000, "Moved");
        else leave(previous);
      }
      return carried;
    },
    moves(line, isElsewhere, delayMs) {
      if (line !== current || opening) return;
      if (!isElsewhere) return open();
      timer?.cancel();
      timer = clock.after(random() * delayMs, () => {
        if (line === current) open(true);
      });
    },
    ended(line, told) {
      let end = told;
      // Another socket has the session. Where it is one of ours that we have lost, and the server
      // not yet, nobody has taken it from us.
      if (told.code === CloseCode.Replaced && lostAsks > 0 && opening?.session !== line.session) {
        lostAsks--;
        end = { ...told, code: 1006 };
      }
      lines.delete(line);
      const wasCurrent = line === current;
      const wasOpening = line === opening;
      if (wasCurrent) {
        current = undefined;
        lostAtMs = clock.now();
        if (lostAtMs - openedAtMs! >= firmMs) attempt = 0;
      }
      if (wasOpening) opening = undefined;
      const counts = wasCurrent || wasOpening;
      const isLast = counts && !current && !opening;
      const refused = isLast && isRefused(end);
      if (refused) end = { ...end, code: CloseCode.Unauthenticated };
      const next = afterClose(end, attempt, { windowMs, maxMs }, random);
      const carried = line.session;
      const isFresh = !carried.given;
      // Another line may be about to go on with it, for which the server has closed this one.
      const isMoving = opening?.session === carried;
      const isOver = !isMoving && (endsSession(end.code) || end.strange);
      const isKept = carried === session && !isFresh && !isOver;
      if (end.unanswered && isKept) lostAsks++;
      if (isFresh && end.unheard) {
        isShy ||= end.code === 1009;
        for (const call of carried.calls()) call.id = 0;
      }
      if (isLast && next.name === "closed") {
        // It settles all: nothing is sent again, and nothing is lost that could have gone on.
        return shut(end.code, end.reason, refused ? end.refusal : undefined);
      }
      if (!isKept && !carried.carrier) {
        recover(carried, end);
        if (carried === session) session = opening?.session;
      }
      if (!counts || state.name === "closed") return;
      if (opening) return become({ name: "connecting", attempt });
      // Where it could not move, it works on where it is.
      if (next.name === "closed") return;
      if (!current) trouble = toWhy(end);
      if (!current && idleMs !== undefined && calls.size() === 0) {
        session = undefined;
        return become({ name: "idle" });
      }
      attempt = next.attempt;
      if (!current) become(mayResume() ? { ...next, name: "resuming" } : next);
      const isElsewhere = wasOpening && carried !== session;
      timer?.cancel();
      timer = clock.after(next.delayMs, () => open(isElsewhere && current !== undefined));
    },
  };

  /** Moves from a line that still works: what it is asked already it answers. */
  function leave(line: Line) {
    const moving: Call[] = [];
    const { session: left } = line;
    for (const call of left.calls()) {
      if (call.kind !== "subscription") continue;
      if (afterLoss(call, 1000) !== "again") continue;
      left.withdraw(call);
      moving.push(call);
    }
    calls.again(moving);
    line.retire();
  }

  function isRefused({ code, refusal }: LineEnd) {
    if (refusal === undefined) return false;
    if (code === CloseCode.Unauthenticated) return true;
    // A stock server has no close code for it.
    const reason = toError(refusal, undefined, undefined).data?.code;
    return !options.full && (reason === "UNAUTHORIZED" || reason === "FORBIDDEN");
  }

  /** Whether a session waits for its next line that its server has not given up yet. */
  function mayResume() {
    const given = session?.given;
    return given && clock.now() - lostAtMs < given.graceMs;
  }

  function watchIdle(delayMs: number) {
    idleTimer?.cancel();
    idleTimer = clock.after(delayMs, () => {
      const isBusy = calls.size() > 0 || opening;
      const leftMs = isBusy ? idleMs! : emptyAtMs + idleMs! - clock.now();
      if (leftMs > 0) return watchIdle(leftMs);
      const line = current;
      current = session = undefined;
      become({ name: "idle" });
      void line?.close(CloseCode.Idle, "Idle");
    });
  }

  const connection: Connection = {
    get state() {
      return state;
    },
    subscribe: changed.on,
    get stats() {
      return {
        ...traffic,
        openForMs: current && clock.now() - openedAtMs!,
      };
    },
    ping() {
      return new Promise((resolve, reject) => {
        const answered = (roundTripMs?: number) => {
          late.cancel();
          if (roundTripMs !== undefined) resolve(roundTripMs);
          else reject(toLocalError("NOT_SENT", undefined, undefined, noConnection));
        };
        const late = clock.after(options.connectTimeoutMs, answered);
        if (current) current.ping(answered);
        else answered();
      });
    },
    connect() {
      if (!current && !opening) open();
    },
    reconnect() {
      if (!opening) open();
    },
    async close() {
      if (state.name !== "closed" || state.code !== CloseCode.ClientClosed) {
        shut(CloseCode.ClientClosed, "Closed by its owner", undefined, true);
      }
      await closing;
    },
    [Symbol.asyncDispose]: () => connection.close(),
  };

  return {
    ...calls,
    connection,
    /** Takes a call in; it settles sooner or later, perhaps at once. */
    start(call: Call) {
      if (call.settled) return; // it was given up while its input was looked at
      if (state.name === "closed") return calls.refuse(call, toClosedError(call.path));
      if (!current && options.offline === "fail" && attempt > 0) {
        return calls.fail(call, "NOT_SENT", undefined, noConnection + trouble);
      }
      if (!current && calls.waiting() >= maxWaitingCalls) {
        const sentence = `Cannot wait: ${maxWaitingCalls} calls do already`;
        return calls.fail(call, "NOT_SENT", undefined, sentence);
      }
      calls.start(call);
      if (state.name === "idle" && !call.settled) open();
    },
  };
}

// Nobody has told which frame it was, nor how large it was.
const unknownSize = { bytes: Number.NaN, maxBytes: Number.NaN };
