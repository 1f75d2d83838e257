/** The contract that the type tests talk about: every kind of entry, and every way to leave one out. */
import { clientCall, contract, mutation, query, subscription, topic } from "@tautline/contracts";
import * as v from "valibot";
import * as z from "zod";

/** What the sample is about. */
export const Incident = z.object({
  id: z.string(),
  title: z.string(),
  openedAt: z.date(),
  watchers: z.set(z.string()),
});
export type Incident = z.output<typeof Incident>;

/** What can be served in this version. */
export const app = contract({
  /** The server's time. */
  now: query({ output: z.date() }),
  incident: {
    /** All incidents, the newest first. */
    list: query({
      input: z.object({ limit: z.number().default(20), cursor: z.string().optional() }),
      output: z.object({ items: z.array(Incident), nextCursor: z.string().optional() }),
      errors: { TOO_BROAD: z.object({ matches: z.number() }) },
    }),
    /** The newest incident, or the newest of one team. */
    newest: query({ input: z.string().optional(), output: Incident.nullable() }),
    /** Says that somebody looks after it. */
    acknowledge: mutation({
      input: z.object({ id: z.string(), note: z.string().trim().optional() }),
      output: Incident,
      errors: {
        ALREADY_ACKNOWLEDGED: z.object({ by: z.string(), at: z.date() }),
        NO_SUCH_INCIDENT: z.object({ id: z.string() }),
      },
    }),
    /** Every change, from the one after `lastEventId`. */
    changes: subscription({
      input: z.object({ id: z.string() }),
      output: Incident,
      errors: { NO_SUCH_INCIDENT: z.object({ id: z.string() }) },
      tracked: true,
    }),
  },
  /** The load, once a second. */
  load: subscription({ output: z.object({ at: z.date(), perSecond: z.number() }) }),
  /** Written with another library: one contract may mix them. */
  rename: mutation({
    input: v.object({ id: v.string(), title: v.optional(v.string(), "Untitled") }),
    output: v.object({ renamedAt: v.date() }),
    errors: { TITLE_TAKEN: v.object({ by: v.string() }) },
  }),
});

/** The same with what later versions will serve. */
export const future = contract({
  ...app,
  timeline: topic({ params: z.object({ id: z.string() }), data: Incident }),
  browser: { page: clientCall({ output: z.boolean() }), focus: query({ output: z.string() }) },
});
