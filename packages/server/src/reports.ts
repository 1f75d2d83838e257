/**
 * Reports: what the application is told of, and what becomes of an exception in what it gave us. A
 * callback's bug is its author's; it must not take a connection with it.
 */
import type { Clock } from "@tautline/contracts/runtime";
import type { Call } from "./call/call.js";
import { incidentOf, isUndeclared } from "./errors.js";
import type { Events } from "./observe/emit.js";
import type { Logger } from "./observe/logger.js";
import { failureOf } from "./observe/watch.js";
import type { ServerOptions } from "./options.js";
import type { TRPCError } from "./trpc.js";

/**
 * Writes that somebody who was listening threw. Straight into the log: as an event it would come to
 * the listener that has just thrown. And the log is a listener, too.
 */
export function logThrown(logger: Logger, who: string, err: unknown) {
  try {
    logger.error({ err }, `${who} threw`);
  } catch {
    console.error(`[tautline] ${who} threw, and the logger as well`, err);
  }
}

/** What the parts of a server report, each in its own words. */
export interface Reports {
  /** Runs a callback of the application. What it throws, now or later, is an event. */
  guarded(name: string, run: () => unknown): void;
  /** A call failed, or a message that is none. */
  failed(error: TRPCError, call: Call | undefined): void;
  /** The event loop stood still: every connection whose heartbeat was due meanwhile says so. */
  stalled(lateMs: number): void;
}

/** What reports need of their server. */
export interface ReportsHost {
  readonly events: Events;
  readonly clock: Pick<Clock, "now">;
  readonly onError: ServerOptions<null>["onError"];
}

/** Reports to an application's listeners and callbacks. */
export function createReports({ events, clock, onError }: ReportsHost): Reports {
  let toldStallAtMs = Number.NEGATIVE_INFINITY;

  function guarded(name: string, run: () => unknown) {
    const failed = (err: unknown) => events["callback.failed"]?.({ name, err });
    try {
      const result = run();
      if (result instanceof Promise) result.catch(failed);
    } catch (err) {
      failed(err);
    }
  }

  return {
    guarded,
    failed(error, call) {
      const incidentId = isUndeclared(error) ? incidentOf(error) : undefined;
      const { type = "query", path = "", rawInput: input, ctx } = call ?? {};
      if (incidentId !== undefined) {
        const err = error.cause ?? error;
        events["handler.failed"]?.({ kind: type, path, incidentId, err });
      } else {
        const reason = error.message;
        events["call.failed"]?.({ kind: type, path, ...failureOf(error), reason });
      }
      guarded("onError", () => onError?.({ error, type, path, input, ctx, incidentId }));
    },
    stalled(lateMs) {
      const now = clock.now();
      if (now - toldStallAtMs < lateMs) return; // told already
      toldStallAtMs = now;
      events["loop.stalled"]?.({ stalledMs: Math.round(lateMs) });
    },
  };
}
