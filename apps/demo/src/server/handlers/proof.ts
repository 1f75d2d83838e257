/** The load of the proof: numbered work, the record of it, and numbers to follow meanwhile. */
import { setTimeout as delay } from "node:timers/promises";
import type { HandlersOf } from "@tautline/server";
import type { incidents } from "../../contract.js";
import type { Ctx } from "../context.js";
import { numbersAfter } from "../numbers.js";

/** How long a piece of work takes before it is done, and once more after it, in milliseconds. */
const halfMs = 100;

export const proof: HandlersOf<typeof incidents.proof, Ctx> = {
  async work({ input, ctx }) {
    // In two halves, so that whatever is cut or killed finds both: calls that were heard and not
    // done yet, and calls that were done and not answered yet.
    await delay(halfMs);
    const known = ctx.proof.execute(input.run, input.number);
    await delay(halfMs);
    return { known };
  },

  record({ input, ctx }) {
    return ctx.proof.of(input.run);
  },

  numbers({ input, signal }) {
    return numbersAfter(input.after, signal);
  },
};
