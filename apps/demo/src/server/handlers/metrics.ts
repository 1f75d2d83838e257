/** Readings of the services, past and present. */
import { setTimeout as delay } from "node:timers/promises";
import type { HandlersOf } from "@tautline/server";
import type { incidents } from "../../contract.js";
import { chartWindows } from "../../vocabulary.js";
import type { Ctx } from "../context.js";
import { historyOf, sampleAt } from "../metrics-model.js";

/** A resolved incident has faded from the readings by then, in milliseconds. */
const fadedAfterMs = 300_000;
const stepMs = 1_000;

export const metrics: HandlersOf<typeof incidents.metrics, Ctx> = {
  history({ input, ctx }) {
    const now = new Date();
    const from = now.getTime() - chartWindows[input.window].spanMs - fadedAfterMs;
    return historyOf(input.service, input.window, now, ctx.store.activeSince(new Date(from)));
  },

  async *live({ ctx, signal }) {
    while (!signal.aborted) {
      const now = Date.now();
      // On whole seconds, so that all pages draw the same points.
      const at = new Date(now - (now % stepMs));
      yield sampleAt(at, ctx.store.activeSince(new Date(now - fadedAfterMs)));
      const untilNextMs = stepMs - (Date.now() % stepMs);
      await delay(untilNextMs, undefined, { signal }).catch(() => {}); // aborted: the loop ends
    }
  },
};
