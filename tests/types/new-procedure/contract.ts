/** A small service before its newest procedure: new-procedure.test.ts adds that, part by part. */
import { contract, mutation, query } from "@tautline/contracts";
import * as z from "zod";

export const Incident = z.object({
  id: z.string(),
  title: z.string(),
  resolvedBy: z.string().optional(),
  silentUntil: z.date().optional(),
});

export const app = contract({
  incident: {
    /** All incidents, the newest first. */
    list: query({ output: z.array(Incident) }),
    /** Ends an incident for good. */
    resolve: mutation({ input: z.object({ id: z.string() }), output: Incident }),
    // (here)
  },
});
