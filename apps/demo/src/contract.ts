/**
 * Everything the page can ask of the server. Both ends are typed by this file: the server does
 * not compile without a handler for each name here, the page not with a name that is not here.
 */
import { contract, mutation, query, subscription } from "@tautline/contracts";
import * as z from "zod";
import { Change, Entry, Incident, Mark, RunRecord, Sample, Series } from "./domain.js";
import { type ChartWindow, chartWindows, longestRun, services, severities } from "./vocabulary.js";

// Every change to an incident may be sent again when its answer was lost: each names what it makes
// or finds what it made, so doing it twice is doing it once. The deadline leaves room for a cut
// network or a restarted server in between.
const change = { output: Incident, repeat: "safe", deadlineMs: 20_000 } as const;
const INCIDENT_NOT_FOUND = z.object({ asked: z.string() });

export const incidents = contract({
  incident: {
    /** The latest 500 incidents, newest first, and the position to follow `changes` from. */
    list: query({ output: z.object({ incidents: z.array(Incident), position: z.string() }) }),

    /** One incident and all that happened to it, oldest first. */
    read: query({
      input: z.object({ number: z.int() }),
      output: z.object({ incident: Incident, timeline: z.array(Entry) }),
      errors: { INCIDENT_NOT_FOUND },
    }),

    /** Opens an incident under an id of the caller's choice. A service has no title open twice. */
    open: mutation({
      ...change,
      input: z.object({
        id: z.uuid(),
        title: z.string().trim().min(3).max(140),
        service: z.enum(services),
        severity: z.enum(severities),
      }),
      errors: { DUPLICATE_TITLE: z.object({ number: z.int() }) },
    }),

    /** Takes an incident on. The first one wins; everybody else learns who it was. */
    acknowledge: mutation({
      ...change,
      input: z.object({ id: z.uuid() }),
      errors: { INCIDENT_NOT_FOUND, ALREADY_ACKNOWLEDGED: Mark, ALREADY_RESOLVED: Mark },
    }),

    /** Closes an incident, with a note on what fixed it if there is one. */
    resolve: mutation({
      ...change,
      input: z.object({ id: z.uuid(), note: z.string().trim().max(2_000).nullable() }),
      errors: { INCIDENT_NOT_FOUND, ALREADY_RESOLVED: Mark },
    }),

    /** Adds a line to the timeline, under an id of the caller's choice. */
    comment: mutation({
      ...change,
      input: z.object({
        id: z.uuid(),
        entryId: z.uuid(),
        text: z.string().trim().min(1).max(2_000),
      }),
      errors: { INCIDENT_NOT_FOUND },
    }),

    /**
     * Every change after a position, then each new one. An event's id is its position, so a
     * subscriber who was away gets what it missed, once, in order. A position of another database
     * is refused with the present one: read the list anew.
     */
    changes: subscription({
      input: z.object({ after: z.string() }),
      output: Change,
      tracked: true,
      errors: { POSITION_UNKNOWN: z.object({ position: z.string() }) },
    }),
  },

  metrics: {
    /** The readings of one service up to now. */
    history: query({
      input: z.object({
        service: z.enum(services),
        window: z.enum(Object.keys(chartWindows) as [ChartWindow, ...ChartWindow[]]),
      }),
      output: Series,
    }),

    /** All services, once a second. A slow reader skips to the newest: an old reading is no use. */
    live: subscription({ output: Sample, overflow: "latest" }),
  },

  line: {
    /** Says which process answers, and since when: another one after a restart. */
    server: query({ output: z.object({ pid: z.int(), startedAt: z.date() }) }),

    /** Severs the sockets of this page and refuses new ones, so that one can watch it come back. */
    cut: mutation({
      input: z.object({ seconds: z.int().min(1).max(30) }),
      output: z.object({ until: z.date() }),
    }),

    /** Kills the server's process. Another takes its place. */
    restart: mutation({
      output: z.object({ pid: z.int() }),
      errors: { NOT_SUPERVISED: z.object({ command: z.string() }) },
    }),
  },

  proof: {
    /**
     * One numbered piece of work of a run. Its session sees to it that a call is heard once, however
     * often its socket is lost. A killed server takes the sessions with it: then the client sends
     * again what was not answered, for it is `repeat: "safe"`, and the server finds in its database
     * what was done already.
     *
     * No `key`: run and number are one already, kept where a kill does not reach.
     */
    work: mutation({
      input: z.object({ run: z.uuid(), number: z.int().min(1).max(longestRun) }),
      output: z.object({ known: z.boolean() }),
      repeat: "safe",
      deadlineMs: 20_000,
    }),

    /** What the server has written down of a run, whatever the page believes. */
    record: query({ input: z.object({ run: z.uuid() }), output: RunRecord }),

    /**
     * Numbers, one after the other, as many a second as there are calls. A plain generator: its
     * events have no ids, so only the session keeps them while the socket is away. Whoever has lost
     * the session as well goes on `after` a number.
     */
    numbers: subscription({
      input: z.object({ after: z.int().nullable() }),
      output: z.int(),
    }),
  },
});
