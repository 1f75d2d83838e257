/**
 * What the room talks about: incidents, what happened to them, and the readings of the services
 * they happen to. These schemas are validated on the server; the page uses their types alone.
 */
import * as z from "zod";
import { entryKinds, services, severities, statuses } from "./vocabulary.js";

/** The name somebody signed in with. There are no accounts: a name is who you are. */
export const Name = z.string().trim().min(1).max(40);

/** Who did something, and when (the server's clock). */
export const Mark = z.object({ by: Name, at: z.date() });
/** See the schema of the same name. */
export type Mark = z.infer<typeof Mark>;

/** An incident as it stands. */
export const Incident = z.object({
  /** Chosen by the page that opens it, so that opening it again is the same incident. */
  id: z.uuid(),
  /** What people call it: 2041 is INC-2041. */
  number: z.int(),
  title: z.string(),
  service: z.enum(services),
  severity: z.enum(severities),
  status: z.enum(statuses),
  opened: Mark,
  acknowledged: Mark.nullable(),
  resolved: Mark.nullable(),
  comments: z.int(),
  /** The `seq` of the last entry in its timeline. Of two copies, the higher one is newer. */
  revision: z.int(),
});
/** See the schema of the same name. */
export type Incident = z.infer<typeof Incident>;

/** One line of a timeline. */
export const Entry = z.object({
  /** Rises through the whole database, so it orders everything that ever happened. */
  seq: z.int(),
  id: z.uuid(),
  kind: z.enum(entryKinds),
  by: Name,
  at: z.date(),
  /** The comment, or the note left while resolving. */
  text: z.string().nullable(),
});
/** See the schema of the same name. */
export type Entry = z.infer<typeof Entry>;

/** Something happened: the new entry, and the incident as it is now. */
export const Change = z.object({ incident: Incident, entry: Entry });
/** See the schema of the same name. */
export type Change = z.infer<typeof Change>;

/** What a service does at one moment. */
export const Reading = z.object({
  at: z.date(),
  /** Requests per second. */
  requests: z.number(),
  /** Failed requests, as a share from 0 to 1. */
  errors: z.number(),
  /** Latency that 95 of 100 requests stay under, in milliseconds. */
  p95Ms: z.number(),
});
/** See the schema of the same name. */
export type Reading = z.infer<typeof Reading>;

/**
 * Readings at equal distances, a column for each metric: a chart's worth of them is a fifth of
 * what it would be as a list of readings.
 */
export const Series = z.object({
  /** When the first reading was taken. */
  from: z.date(),
  stepMs: z.int(),
  requests: z.array(z.number()),
  errors: z.array(z.number()),
  p95Ms: z.array(z.number()),
});
/** See the schema of the same name. */
export type Series = z.infer<typeof Series>;

/** What the server has written down of one run of the load. */
export const RunRecord = z.object({
  /** The numbers that were executed, as runs of neighbours: [[1, 812], [815, 815]]. */
  executed: z.array(z.tuple([z.int(), z.int()])),
  /** How many of them were executed more than once. */
  twice: z.int(),
  /** How often one was asked for again, and found done. */
  known: z.int(),
});
/** See the schema of the same name. */
export type RunRecord = z.infer<typeof RunRecord>;

/** One reading of every service, taken together. */
export const Sample = z.object({
  at: z.date(),
  services: z.array(Reading.extend({ service: z.enum(services) })),
});
/** See the schema of the same name. */
export type Sample = z.infer<typeof Sample>;
