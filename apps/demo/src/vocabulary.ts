/**
 * The words of the product, as plain lists. They stand apart from the schemas so that the page
 * can offer them in menus without bringing zod into its bundle.
 */

/** The services people are on call for, in the order they are shown. */
export const services = [
  "api-gateway",
  "checkout",
  "payments",
  "search",
  "identity",
  "notifications",
] as const;

/** One of {@link services}. */
export type Service = (typeof services)[number];

/** How bad it is, worst first. */
export const severities = ["sev1", "sev2", "sev3", "sev4"] as const;

/** One of {@link severities}. */
export type Severity = (typeof severities)[number];

/** The life of an incident, in order. */
export const statuses = ["open", "acknowledged", "resolved"] as const;

/** One of {@link statuses}. */
export type Status = (typeof statuses)[number];

/** What an entry of a timeline can tell. */
export const entryKinds = ["opened", "acknowledged", "commented", "resolved"] as const;

/** One of {@link entryKinds}. */
export type EntryKind = (typeof entryKinds)[number];

/** How far back a chart looks: the stretch it shows and the step between two readings. */
export const chartWindows = {
  "5m": { spanMs: 5 * 60_000, stepMs: 1_000 },
  "1h": { spanMs: 3_600_000, stepMs: 15_000 },
  "24h": { spanMs: 86_400_000, stepMs: 300_000 },
} as const;

/** One of {@link chartWindows}. */
export type ChartWindow = keyof typeof chartWindows;

/** The load of the proof: a call and an event each so many milliseconds. */
export const loadEveryMs = 50;

/** A run of the load ends by itself after so many calls: three minutes are enough to break much. */
export const longestRun = 3_600;
