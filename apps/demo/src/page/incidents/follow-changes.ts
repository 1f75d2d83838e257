/**
 * Keeps what this page has read in step with the room: reads the list, then applies every change
 * after it. The subscription is tracked, so a lost line costs nothing: it goes on where it was.
 */
import { useEffect } from "react";
import type { Change } from "../../domain.js";
import type { Line } from "../line/line.js";
import { useTRPC } from "../line/tautline.js";
import { useLine } from "../line/use-line.js";
import { pause } from "../ui/pause.js";
import { applyToStory, withIncident } from "./apply-change.js";

/** Pause before everything is read anew, in milliseconds. */
const againAfterMs = 1_000;

type Trpc = ReturnType<typeof useTRPC>;

/** Follows the changes while the component is shown. */
export function useChanges() {
  const line = useLine();
  const trpc = useTRPC();
  useEffect(() => {
    const stop = new AbortController();
    follow(line, trpc, stop.signal);
    return () => stop.abort();
  }, [line, trpc]);
}

async function follow(line: Line, trpc: Trpc, signal: AbortSignal) {
  const { api, queryClient } = line;
  while (!signal.aborted) {
    try {
      const list = { ...trpc.incident.list.queryOptions(), staleTime: 0 };
      const { position } = await queryClient.fetchQuery(list);
      const changes = api.incident.changes.subscribe({ after: position }, { signal });
      for await (const { data } of changes) apply(line, trpc, data);
    } catch {
      // The list could not be read (it says so itself), or the position means nothing to the
      // server any more (its data was made anew): both begin again from the top.
    }
    await pause(againAfterMs, signal);
    if (!signal.aborted) queryClient.invalidateQueries({ queryKey: trpc.incident.read.queryKey() });
  }
}

function apply({ name, queryClient, story }: Line, trpc: Trpc, change: Change) {
  const { incident, entry } = change;
  queryClient.setQueryData(
    trpc.incident.list.queryKey(),
    (list) => list && { ...list, incidents: withIncident(list.incidents, incident) },
  );
  queryClient.setQueryData(
    trpc.incident.read.queryKey({ number: incident.number }),
    (known) => known && applyToStory(known, change),
  );
  // One's own changes are told of as calls that were answered.
  if (entry.by !== name) story.happened({ type: "change", happenedAt: entry.at });
}
