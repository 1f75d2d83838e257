import { contract, mutation, query, subscription } from "@tautline/contracts";
import { z } from "zod";

export const shop = contract({
  /** Puts some aside for ten minutes. */
  reserve: mutation({
    input: z.int().positive(),
    output: z.object({ left: z.int() }),
    errors: { SOLD_OUT: z.object({ left: z.int() }) },
  }),
  left: query({ output: z.int() }),
  /** How many are left, now and after each change. */
  follow: subscription({ output: z.int() }),
});
