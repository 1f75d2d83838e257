/** Incidents this visitor has opened that the server does not know yet: they wait for the line. */
import { useMutationState } from "@tanstack/react-query";
import { useTRPC } from "../line/tautline.js";
import { useLineStory } from "../line/use-line.js";
import { SeverityBadge, serviceNames } from "../ui/badges.js";
import type { Draft } from "./new-incident.js";

export function Opening() {
  const trpc = useTRPC();
  const { state } = useLineStory();
  const drafts = useMutationState({
    filters: { mutationKey: trpc.incident.open.mutationKey(), status: "pending" },
    select: ({ state: { variables } }) => variables as Draft,
  });
  if (drafts.length === 0) return null;

  return (
    <section className="group" aria-label="On the way">
      <h2>
        On the way <span className="count">{drafts.length}</span>
      </h2>
      <ul>
        {drafts.map(({ id, title, severity, service }) => (
          <li key={id} className="row ghost">
            <SeverityBadge severity={severity} />
            <span className="row-number">INC-…</span>
            <span className="row-title">{title}</span>
            <span className="row-service">{serviceNames[service]}</span>
            <span className="status">{state === "open" ? "Sending" : "Waiting for the line"}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
