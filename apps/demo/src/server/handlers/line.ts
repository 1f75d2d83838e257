/** The line itself: who is at its other end, and two ways to break it on purpose. */
import type { HandlersOf } from "@tautline/server";
import type { incidents } from "../../contract.js";
import type { Ctx } from "../context.js";

/** Lets the answer leave before the line it travels on is broken, in milliseconds. */
const answerFirstMs = 60;

export const line: HandlersOf<typeof incidents.line, Ctx> = {
  server({ ctx }) {
    return { pid: process.pid, startedAt: ctx.startedAt };
  },

  cut({ input, ctx }) {
    const forMs = input.seconds * 1_000;
    setTimeout(() => ctx.network.cut(ctx.page, forMs), answerFirstMs);
    return { until: new Date(Date.now() + answerFirstMs + forMs) };
  },

  restart({ ctx, fail }) {
    const { restart } = ctx;
    if (!restart) throw fail("NOT_SUPERVISED", { command: "node dist/server/main.js" });
    setTimeout(restart, answerFirstMs);
    return { pid: process.pid };
  },
};
