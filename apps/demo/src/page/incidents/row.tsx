/** One incident in the list. A link, so that it opens in a new tab as well. */
import { useEffect, useRef } from "react";
import type { Incident } from "../../domain.js";
import { Avatar } from "../ui/avatar.js";
import { SeverityBadge, StatusBadge, serviceNames } from "../ui/badges.js";
import { CommentIcon } from "../ui/icons.js";
import { RelativeTime } from "../ui/relative-time.js";
import { goTo, pathTo } from "../ui/route.js";

/** An incident this young was opened while the visitor looked, in milliseconds. */
const newbornMs = 4_000;

export function IncidentRow({ incident, selected }: { incident: Incident; selected: boolean }) {
  const { number, title, severity, status, service, opened, acknowledged, resolved } = incident;
  const ref = useFlash(incident);
  const who = resolved?.by ?? acknowledged?.by;
  const when = resolved?.at ?? opened.at;

  return (
    <a
      ref={ref}
      className="row"
      data-status={status}
      data-incident={number}
      href={pathTo(number)}
      aria-current={selected || undefined}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        goTo(number);
      }}
    >
      <span className="row-number">INC-{number}</span>
      <SeverityBadge severity={severity} />
      <span className="row-title">{title}</span>
      <span className="row-comments" data-none={incident.comments === 0 || undefined}>
        <CommentIcon size={14} />
        {incident.comments}
        <span className="unseen">{incident.comments === 1 ? " comment" : " comments"}</span>
      </span>
      <span className="row-service">{serviceNames[service]}</span>
      <StatusBadge status={status} />
      <span className="row-who">
        {who ? <Avatar name={who} size={22} /> : <span className="nobody" />}
        <span className="unseen">{who ? ` by ${who}` : ""}</span>
      </span>
      <span className="row-time">
        <RelativeTime at={when} />
      </span>
    </a>
  );
}

/** Lights the row up for a moment when its incident changes while it is being looked at. */
function useFlash({ revision, opened }: Incident) {
  const ref = useRef<HTMLAnchorElement>(null);
  const shown = useRef(Date.now() - opened.at.getTime() < newbornMs ? 0 : revision);
  useEffect(() => {
    if (shown.current === revision) return;
    shown.current = revision;
    ref.current?.animate([{ backgroundColor: "var(--line-soft)" }, {}], {
      duration: 1_800,
      easing: "ease-out",
    });
  }, [revision]);
  return ref;
}
