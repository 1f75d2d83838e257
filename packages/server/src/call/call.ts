/**
 * One call of a procedure: what its handler is given, and how it learns that nobody waits for
 * the answer any more.
 */
import type { AppErrorCode } from "@tautline/contracts";
import type { Clock } from "@tautline/contracts/runtime";
import { appError } from "../errors.js";
import type { TRPCError } from "../trpc.js";

/** Why a call's signal aborted. */
export type AbortCause = Extract<AppErrorCode, "CANCELLED" | "DEADLINE_EXCEEDED" | "CLOSED">;

/** What starts a call. */
export interface CallStart {
  readonly type: "query" | "mutation" | "subscription";
  readonly path: string;
  readonly ctx: unknown;
  /** Decoded, not yet validated. */
  readonly rawInput?: unknown;
  readonly lastEventId?: string | undefined;
  readonly batchIndex?: number;
  /** A signal that exists already: of an HTTP request or a caller. */
  readonly signal?: AbortSignal | undefined;
}

/** A call in progress. Handlers destructure it: `({ input, ctx, signal, fail }) => …`. */
export class Call {
  readonly type: CallStart["type"];
  readonly path: string;
  readonly lastEventId: string | undefined;
  readonly batchIndex: number;
  rawInput: unknown;
  ctx: unknown;
  /** What the input schema yielded; `undefined` before. */
  input: unknown;
  /** Names a recorded mutation, alike each time it is sent. */
  key: string | undefined;
  /** Told when the call is given up, by whoever has a signal of another kind. */
  onAbort: (() => void) | undefined;

  #clock: Pick<Clock, "now"> | undefined;
  #dueMs = 0;
  readonly #given: AbortSignal | undefined;
  #controller: AbortController | undefined;
  #abortedBy: TRPCError | undefined;
  #isOver = false;

  constructor({ type, path, ctx, rawInput, lastEventId, batchIndex = 0, signal }: CallStart) {
    this.type = type;
    this.path = path;
    this.ctx = ctx;
    this.rawInput = rawInput;
    this.lastEventId = lastEventId;
    this.batchIndex = batchIndex;
    this.#given = signal;
  }

  /**
   * Aborts when the caller gave up, the deadline passed, the connection or the subscription ended.
   * Made when first read: it costs more than the rest of a small call, and most handlers never ask.
   */
  get signal(): AbortSignal {
    if (this.#given !== undefined) return this.#given;
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#abortedBy !== undefined) this.#controller.abort(this.#abortedBy);
      else if (this.#isOver) this.#controller.abort(abortReason.over());
    }
    return this.#controller.signal;
  }

  /** It has to be answered by `dueMs` of this clock. */
  expire(clock: Pick<Clock, "now">, dueMs: number) {
    this.#clock = clock;
    this.#dueMs = dueMs;
  }

  /** The time that is left, in milliseconds, never below 0; `undefined` without a deadline. */
  get deadlineMs(): number | undefined {
    if (this.#clock === undefined) return undefined;
    return Math.max(0, this.#dueMs - this.#clock.now());
  }

  /** Why the call was given up; `undefined` while somebody waits. */
  get abortedBy(): TRPCError | undefined {
    return this.#abortedBy;
  }

  /** Gives the call up. Only the first reason counts. */
  abort(reason: TRPCError) {
    if (this.#abortedBy !== undefined) return;
    this.#abortedBy = reason;
    this.#controller?.abort(reason);
    this.onAbort?.();
  }

  /** Nothing more is taken from the handler, though nobody gave it up: what it listens to may go. */
  end() {
    if (this.#abortedBy !== undefined || this.#isOver) return;
    this.#isOver = true;
    this.#controller?.abort(abortReason.over());
  }
}

/** The reasons for which a call is given up. */
export const abortReason = {
  cancelled: () => appError("CANCELLED", undefined, "The caller cancelled"),
  deadline: (deadlineMs: number) =>
    appError("DEADLINE_EXCEEDED", { deadlineMs }, `The deadline of ${deadlineMs} ms has passed`),
  closed: (closeCode: number) =>
    appError("CLOSED", { closeCode }, `The connection ended with ${closeCode}`),
  over: () => appError("CANCELLED", undefined, "The subscription has ended"),
};
