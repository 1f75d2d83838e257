import { contract, mutation, query, subscription } from "@tautline/contracts";
import { z } from "zod";

export const account = contract({
  /** Who the server thinks I am. */
  me: query({ output: z.object({ userId: z.string(), role: z.enum(["member", "admin"]) }) }),
  /** Counts, twenty times a second. */
  ticks: subscription({ output: z.int() }),
  admin: {
    /** Signs a user out, everywhere and for good. For admins only. */
    bar: mutation({ input: z.object({ userId: z.string() }), output: z.boolean() }),
  },
});
