/**
 * The server's end: production's connections and sessions, without a port and without procedures.
 * `ask` and `say` answer with what they were told; `numbers` tells what the explorer pushes.
 */

import { contract, mutation, query, subscription } from "@tautline/contracts";
import type { Socket } from "@tautline/contracts/runtime";
import { resolveLimits } from "@tautline/contracts/wire";
import { implement } from "@tautline/server";
import { createManualClock } from "@tautline/testing";
import type { TRPCError } from "@trpc/server";
import { z } from "zod";
import { createLanes, encodeConnectionError } from "../../packages/server/src/call/lane.js";
import {
  type ConnectionHost,
  ServedConnection,
} from "../../packages/server/src/connection/connection.js";
import { ConnectionFace } from "../../packages/server/src/connection/face.js";
import { unlimitedPlace } from "../../packages/server/src/connection/places.js";
import { toReadingLimits } from "../../packages/server/src/connection/read-messages.js";
import { Turn } from "../../packages/server/src/connection/turn.js";
import { welcomeText } from "../../packages/server/src/connection/welcome.js";
import { jsonWriter } from "../../packages/server/src/connection/writer.js";
import { createEvents } from "../../packages/server/src/observe/emit.js";
import type { ServerEvent } from "../../packages/server/src/observe/events.js";
import { createMemoryRequestStore } from "../../packages/server/src/session/requests/memory-store.js";
import { RequestRecords } from "../../packages/server/src/session/requests/records.js";
import { Sessions } from "../../packages/server/src/session/sessions.js";

/** Longer than any schedule: who is gone is found out by the explorer, not by silence. */
export const foreverMs = 1_000_000_000;
/** How long a session of this server waits for its client, in milliseconds. */
export const graceMs = 30_000;

/** What both ends know. */
export const explored = contract({
  ask: query({ input: z.number(), output: z.number() }),
  say: mutation({ input: z.number(), output: z.number() }),
  numbers: subscription({ output: z.object({ stream: z.number(), n: z.number() }) }),
});

/** What the handlers of a process act on. */
interface Stage {
  answer(n: number): number | Promise<number>;
  stream(): Stream;
}

// Made once: a life costs less than what a contract is compiled to.
const router = implement(explored)
  .context<Stage>()
  .router({
    ask: ({ input, ctx }) => ctx.answer(input),
    say: ({ input, ctx }) => ctx.answer(input),
    numbers: ({ ctx }) => ctx.stream(),
  });
const lanes = createLanes(router);
const limits = resolveLimits({});
const heartbeat = { intervalMs: foreverMs, timeoutMs: foreverMs };
const welcome = welcomeText(limits, heartbeat, 0, undefined);
const readingLimits = toReadingLimits(limits);
const where = { headers: {}, url: new URL("ws://explored/"), remoteAddress: undefined };

/** An event: which subscription's, and which of that. */
export interface Numbered {
  readonly stream: number;
  readonly n: number;
}

/** Events of one subscription, pushed from outside. */
export class Stream {
  pushed = 0;
  isOver = false;
  readonly number: number;
  #waiting: ((next: IteratorResult<Numbered>) => void) | undefined;
  #given = 0;

  constructor(number: number) {
    this.number = number;
  }

  push(count = 1) {
    this.pushed += count;
    this.#offer();
  }

  [Symbol.asyncIterator](): AsyncIterator<Numbered> {
    return {
      next: () =>
        new Promise((resolve) => {
          this.#waiting = resolve;
          this.#offer();
        }),
      return: async () => {
        this.isOver = true;
        return { done: true, value: undefined };
      },
    };
  }

  #offer() {
    const resolve = this.#waiting;
    if (resolve === undefined || this.#given >= this.pushed) return;
    this.#waiting = undefined;
    resolve({ done: false, value: { stream: this.number, n: ++this.#given } });
  }
}

/** What a server process tells of itself. */
export interface ServerEndHost {
  executed(n: number): void;
  /** A number of its own for each subscription, over all processes. */
  nextStream(): number;
  event(event: ServerEvent): void;
  /** What is written at the end of a turn, the explorer may put off. */
  afterTurn(run: () => void): void;
  readonly keepsRecords: boolean;
  /** Whether handlers answer when they are told to, and not at once. */
  readonly answersLate: boolean;
}

/** One server process. */
export type ServerEnd = ReturnType<typeof createServerEnd>;

/** Starts a server process, which knows nothing of any before it. */
export function createServerEnd(options: ServerEndHost) {
  const { executed, nextStream, event, afterTurn, keepsRecords, answersLate } = options;
  const clock = createManualClock();
  const store = createMemoryRequestStore({ clock });
  const streams: Stream[] = [];
  const unanswered: (() => void)[] = [];
  const stage: Stage = {
    answer(n) {
      executed(n);
      if (!answersLate) return n;
      return new Promise((resolve) => void unanswered.push(() => resolve(n)));
    },
    stream() {
      const stream = new Stream(nextStream());
      streams.push(stream);
      return stream;
    },
  };
  const events = createEvents([event]);
  const dispatching = {
    limits,
    clock,
    writer: jsonWriter,
    lane: lanes,
    encodeInternal: (error: TRPCError) => encodeConnectionError(router, error),
    report() {},
    events,
    records: keepsRecords
      ? new RequestRecords({ store, clock, incarnation: store.epoch })
      : undefined,
  };
  const sessions = new Sessions({ ...dispatching, graceMs, maxSuspended: 10, welcome });
  const host: ConnectionHost = {
    ...dispatching,
    sessions,
    welcome,
    readingLimits,
    heartbeat,
    reauthGraceMs: foreverMs,
    contract: undefined,
    turn: new Turn(afterTurn, clock),
    async admit(request, client, served) {
      const userId = request.credentials?.user ?? "ana";
      const face = new ConnectionFace(served, { userId }, client);
      return { face, ctx: stage, place: unlimitedPlace, userId, expiresInMs: undefined };
    },
    entered() {},
    left() {},
    gone() {},
    stalled() {},
    encodeConnectionError: (error) => encodeConnectionError(router, error),
  };

  return {
    clock,
    sessions,
    streams: streams as readonly Stream[],
    /** Handlers that are to answer, the oldest first. */
    unanswered,
    accept(socket: Socket) {
      const start = { ...where, dialect: "full", expectsParams: false } as const;
      new ServedConnection(socket, start, host).start();
    },
  };
}
