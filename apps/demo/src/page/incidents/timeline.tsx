/** What happened, knot by knot, along a rope that is tied off when the incident is over. */
import { useMutationState } from "@tanstack/react-query";
import type { Entry, Incident } from "../../domain.js";
import type { EntryKind } from "../../vocabulary.js";
import { useTRPC } from "../line/tautline.js";
import { useLine, useLineStory } from "../line/use-line.js";
import { Avatar } from "../ui/avatar.js";
import { RelativeTime } from "../ui/relative-time.js";
import { clockTime, wholeDate } from "../ui/time.js";
import type { Comment } from "./composer.js";

const verbs: Record<EntryKind, string> = {
  opened: "opened it",
  acknowledged: "acknowledged",
  commented: "",
  resolved: "resolved it",
};

export function Timeline({ incident, entries }: { incident: Incident; entries: readonly Entry[] }) {
  const { name } = useLine();
  const trpc = useTRPC();
  const { state } = useLineStory();
  const told = new Set(entries.map(({ id }) => id));
  const underWay = useMutationState({
    filters: { mutationKey: trpc.incident.comment.mutationKey(), status: "pending" },
    select: ({ state: { variables } }) => variables as Comment,
  }).filter(({ id, entryId }) => id === incident.id && !told.has(entryId));

  return (
    <section className="timeline" aria-labelledby="timeline-title">
      <h3 id="timeline-title">Timeline</h3>
      <ol data-over={incident.status === "resolved" || undefined}>
        {entries.map((entry) => (
          <li key={entry.seq} data-kind={entry.kind}>
            <span className="knot">
              <Avatar name={entry.by} size={26} />
            </span>
            <div className="entry">
              <p className="entry-head">
                <strong>{entry.by}</strong>
                {verbs[entry.kind] && <span> {verbs[entry.kind]}</span>}
                <span className="entry-time" title={wholeDate(entry.at)}>
                  {clockTime(entry.at)} · <RelativeTime at={entry.at} />
                </span>
              </p>
              {entry.text && <p className="entry-text">{entry.text}</p>}
            </div>
          </li>
        ))}
        {underWay.map(({ entryId, text }) => (
          <li key={entryId} className="ghost" data-kind="commented">
            <span className="knot">
              <Avatar name={name} size={26} />
            </span>
            <div className="entry">
              <p className="entry-head">
                <strong>{name}</strong>
                <span className="entry-time">
                  {state === "open" ? "sending" : "waiting for the line"}
                </span>
              </p>
              <p className="entry-text">{text}</p>
            </div>
          </li>
        ))}
      </ol>
    </section>
  );
}
