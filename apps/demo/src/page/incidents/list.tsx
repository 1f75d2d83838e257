/** The list of incidents: grouped by what they need, alive, and walkable with the keyboard. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTRPC } from "../line/tautline.js";
import { useNow } from "../ui/now.js";
import { type Filter, grouped, matching } from "./filter.js";
import { Opening } from "./opening.js";
import { IncidentRow } from "./row.js";

export function IncidentList({
  filter,
  selected,
  clearFilter,
}: {
  filter: Filter;
  selected: number | null;
  clearFilter: () => void;
}) {
  const trpc = useTRPC();
  const list = useQuery(trpc.incident.list.queryOptions());
  const today = useNow().toDateString(); // the headings change at midnight, not every second
  const groups = useMemo(
    () => grouped(matching(list.data?.incidents ?? [], filter), new Date(today)),
    [list.data, filter, today],
  );

  if (list.isPending) return <ListSkeleton />;
  if (list.isError && !list.data) {
    return (
      <div className="empty" role="alert">
        <SlackRope />
        <h2>The incidents could not be read</h2>
        <p>They are safe on the server, and the room keeps asking for them.</p>
        <button type="button" className="button" onClick={() => list.refetch()}>
          Try again
        </button>
      </div>
    );
  }
  return (
    <div className="groups">
      <Opening />
      {groups.map(({ heading, incidents }) => (
        <section className="group" key={heading} aria-label={heading}>
          <h2>
            {heading} <span className="count">{incidents.length}</span>
          </h2>
          <ul>
            {incidents.map((incident) => (
              <li key={incident.id}>
                <IncidentRow incident={incident} selected={incident.number === selected} />
              </li>
            ))}
          </ul>
        </section>
      ))}
      {groups.length === 0 && <Nothing filter={filter} clearFilter={clearFilter} />}
    </div>
  );
}

function Nothing({ filter, clearFilter }: { filter: Filter; clearFilter: () => void }) {
  const narrowed = filter.search !== "" || filter.severities.length > 0 || filter.service !== null;
  return (
    <div className="empty">
      <SlackRope taut={!narrowed} />
      <h2>{narrowed ? "No match" : "All quiet"}</h2>
      <p>
        {narrowed
          ? "No incident here is what you are looking for."
          : "No incident is waiting for anybody here."}
      </p>
      {narrowed && (
        <button type="button" className="button" onClick={clearFilter}>
          Show everything
        </button>
      )}
    </div>
  );
}

function SlackRope({ taut = false }: { taut?: boolean }) {
  const d = taut ? "M8 20 L152 20" : "M8 12 Q80 58 152 12";
  return (
    <svg className="empty-rope" width="160" height="48" viewBox="0 0 160 48" aria-hidden="true">
      <path className="strand-edge" d={d} />
      <path className="strand-body" d={d} />
      <path className="strand-twist" d={d} />
    </svg>
  );
}

function ListSkeleton() {
  return (
    <div className="groups" role="status" aria-label="Reading the incidents">
      <div className="group">
        <div className="bone" style={{ width: 120, height: 12, margin: "18px 16px 14px" }} />
        {["72%", "54%", "63%", "48%", "70%", "57%"].map((width) => (
          <div className="row-bone" key={width}>
            <div className="bone" style={{ width: 46, height: 18 }} />
            <div className="bone" style={{ width, height: 13 }} />
            <div className="bone round" />
          </div>
        ))}
      </div>
    </div>
  );
}
