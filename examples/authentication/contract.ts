import { contract, mutation, query } from "@tautline/contracts";
import { z } from "zod";

export const account = contract({
  /** Who the server thinks I am. */
  me: query({ output: z.object({ userId: z.string(), role: z.enum(["member", "admin"]) }) }),
  admin: {
    /** Forgets a user. For admins only. */
    remove: mutation({ input: z.object({ userId: z.string() }), output: z.boolean() }),
  },
});
