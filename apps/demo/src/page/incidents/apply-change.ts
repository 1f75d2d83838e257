/**
 * What a change does to what the page already holds. Pure: the same change twice, or late, or
 * between two answers of the server, leaves the same result, so nothing has to be in step.
 */
import type { Change, Entry, Incident } from "../../domain.js";

/** What `incident.read` answers. */
export interface Story {
  readonly incident: Incident;
  readonly timeline: readonly Entry[];
}

/** The list with this incident in its place; the same list when it holds a newer copy. */
export function withIncident<Known extends readonly Incident[]>(
  incidents: Known,
  incident: Incident,
): Known | Incident[] {
  const known = incidents.find(({ id }) => id === incident.id);
  if (!known) return [incident, ...incidents].sort((a, b) => b.number - a.number);
  // The answer of a call can overtake the events that were under way, or come after them.
  if (known.revision >= incident.revision) return incidents;
  return incidents.map((one) => (one === known ? incident : one));
}

/** The detail of an incident after a change to it. The same object when it brings nothing new. */
export function applyToStory<Known extends Story>(
  story: Known,
  { incident, entry }: Change,
): Known {
  if (story.incident.id !== incident.id) return story;
  const newer = incident.revision > story.incident.revision;
  const told = story.timeline.some(({ seq }) => seq === entry.seq);
  if (!newer && told) return story;
  return {
    ...story,
    incident: newer ? incident : story.incident,
    timeline: told ? story.timeline : [...story.timeline, entry].sort((a, b) => a.seq - b.seq),
  };
}
