/** What the list shows: which incidents, and under which headings. Pure. */
import type { Incident } from "../../domain.js";
import type { Service, Severity, Status } from "../../vocabulary.js";

/** `active` is everything that is not resolved. */
export type View = "active" | Status | "all";

/** The views in the order in which they are offered. */
export const views: readonly View[] = ["all", "active", "open", "acknowledged", "resolved"];

/** What the visitor asked to see. */
export interface Filter {
  readonly view: View;
  readonly search: string;
  /** None chosen: all of them. */
  readonly severities: readonly Severity[];
  readonly service: Service | null;
}

/** What one sees on entering: all there is, with what needs somebody on top. */
export const everything: Filter = { view: "all", search: "", severities: [], service: null };

/** The incidents that `filter` asks for, in the order given. */
export function matching(incidents: readonly Incident[], filter: Filter): Incident[] {
  const { view, severities, service } = filter;
  const words = filter.search.toLowerCase().split(/\s+/).filter(Boolean);
  return incidents.filter(
    (incident) =>
      inView(incident, view) &&
      (severities.length === 0 || severities.includes(incident.severity)) &&
      (service === null || incident.service === service) &&
      words.every((word) => haystack(incident).includes(word)),
  );
}

/** How many incidents each view holds, whatever else is filtered. */
export function countViews(incidents: readonly Incident[]): Record<View, number> {
  const counts = { active: 0, open: 0, acknowledged: 0, resolved: 0, all: incidents.length };
  for (const { status } of incidents) {
    counts[status]++;
    if (status !== "resolved") counts.active++;
  }
  return counts;
}

/** Incidents under one heading. */
export interface Group {
  readonly heading: string;
  readonly incidents: readonly Incident[];
}

/**
 * Puts what needs somebody first, then what is being worked on, each with the worst on top;
 * then what is over, day by day.
 */
export function grouped(incidents: readonly Incident[], now: Date): Group[] {
  const groups = new Map<string, Incident[]>([
    ["Needs someone", []],
    ["Being worked on", []],
  ]);
  for (const incident of incidents) {
    const heading =
      incident.status === "open"
        ? "Needs someone"
        : incident.status === "acknowledged"
          ? "Being worked on"
          : `Resolved ${dayOf(incident.resolved!.at, now)}`;
    const group = groups.get(heading);
    if (group) group.push(incident);
    else groups.set(heading, [incident]);
  }
  return [...groups]
    .filter(([, members]) => members.length > 0)
    .map(([heading, members]) => ({
      heading,
      incidents: heading.startsWith("Resolved") ? members : members.toSorted(worstFirst),
    }));
}

function inView({ status }: Incident, view: View): boolean {
  if (view === "all") return true;
  return view === "active" ? status !== "resolved" : status === view;
}

function haystack({ number, title, service, severity, opened, acknowledged }: Incident): string {
  return `inc-${number} ${title} ${service} ${severity} ${opened.by} ${acknowledged?.by ?? ""}`.toLowerCase();
}

function worstFirst(a: Incident, b: Incident): number {
  return a.severity.localeCompare(b.severity) || b.number - a.number;
}

function dayOf(date: Date, now: Date): string {
  const midnight = new Date(now).setHours(0, 0, 0, 0);
  if (date.getTime() >= midnight) return "today";
  if (date.getTime() >= new Date(midnight).setDate(new Date(midnight).getDate() - 1)) {
    return "yesterday";
  }
  return `on ${date.toLocaleDateString("en-GB", { weekday: "long", day: "numeric", month: "long" })}`;
}
