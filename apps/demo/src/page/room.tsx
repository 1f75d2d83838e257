/** The room: services and the line on one side, incidents in the middle, one of them on the other. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import type { Incident } from "../domain.js";
import { type Service, type Severity, services, severities } from "../vocabulary.js";
import { IncidentDetail } from "./incidents/detail.js";
import { countViews, everything, type Filter, type View, views } from "./incidents/filter.js";
import { useChanges } from "./incidents/follow-changes.js";
import { IncidentList } from "./incidents/list.js";
import { NewIncident } from "./incidents/new-incident.js";
import { LineBanner } from "./line/banner.js";
import { LineChip } from "./line/chip.js";
import { LinePanel } from "./line/panel.js";
import { useTRPC } from "./line/tautline.js";
import { useLine } from "./line/use-line.js";
import { MetricsPanel } from "./metrics/panel.js";
import { Services } from "./metrics/services.js";
import { Shortcuts } from "./shortcuts.js";
import { serviceNames, severityNames } from "./ui/badges.js";
import { Dialog } from "./ui/dialog.js";
import { PlusIcon, SearchIcon } from "./ui/icons.js";
import { useKeys } from "./ui/keys.js";
import { Mark } from "./ui/mark.js";
import { goTo, useRoute, walkTo } from "./ui/route.js";
import { UserMenu } from "./user-menu.js";

const viewNames: Record<View, string> = {
  active: "Active",
  open: "Open",
  acknowledged: "Acknowledged",
  resolved: "Resolved",
  all: "All",
};

export function Room({ signOut }: { signOut: () => void }) {
  const { name } = useLine();
  const trpc = useTRPC();
  const list = useQuery(trpc.incident.list.queryOptions());
  const incidents = list.data?.incidents;
  const counts = useMemo(() => countViews(incidents ?? []), [incidents]);
  const [filter, setFilter] = useState<Filter>(everything);
  const [dialog, setDialog] = useState<"new" | "keys" | "line" | null>(null);
  const selected = useRoute();
  const search = useRef<HTMLInputElement>(null);
  useChanges();

  const [charted, chart] = useCharted(incidents ?? [], filter.service, selected);
  const change = (part: Partial<Filter>) => setFilter((before) => ({ ...before, ...part }));

  function close() {
    const number = selected;
    goTo(null);
    document.querySelector<HTMLElement>(`[data-incident="${number}"]`)?.focus();
  }

  /** Moves the focus through the list; what is open follows it. */
  function walk(step: 1 | -1) {
    const rows = [...document.querySelectorAll<HTMLElement>("a[data-incident]")];
    const at = rows.indexOf(document.activeElement as HTMLElement);
    const from = at >= 0 ? at : rows.findIndex((row) => row.ariaCurrent === "true");
    const next = rows[from < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, from + step))];
    next?.focus();
    next?.scrollIntoView({ block: "nearest" });
    if (selected !== null && next) walkTo(Number(next.dataset.incident));
  }

  const arrow = (step: 1 | -1) => (event: KeyboardEvent) => {
    if (!(document.activeElement as HTMLElement | null)?.dataset.incident) return; // let it scroll
    event.preventDefault();
    walk(step);
  };
  useKeys({
    j: () => walk(1),
    k: () => walk(-1),
    ArrowDown: arrow(1),
    ArrowUp: arrow(-1),
    n: (event) => {
      event.preventDefault(); // or the title begins with an n
      setDialog("new");
    },
    "?": () => setDialog("keys"),
    l: () => setDialog("line"),
    "/": (event) => {
      event.preventDefault();
      search.current?.focus();
      search.current?.select();
    },
    Escape: () => {
      if (document.activeElement === search.current) {
        if (filter.search) change({ search: "" });
        else search.current?.blur();
      } else if (selected !== null) close();
    },
  });

  useEffect(() => {
    document.title = selected === null ? "Incident room" : `INC-${selected} · Incident room`;
  }, [selected]);

  return (
    <div className="room" data-detail={selected !== null || undefined}>
      <a className="skip" href="#incidents">
        Skip to the incidents
      </a>
      <aside className="side" aria-label="Services and the line">
        <p className="brand">
          <Mark size={26} />
          Incident room
        </p>
        <Services chosen={filter.service} choose={(chosen) => change({ service: chosen })} />
        <LinePanel />
      </aside>

      <main className="middle">
        <LineBanner signOut={signOut} />
        <header className="top">
          <span className="top-mark only-narrow">
            <Mark size={28} />
          </span>
          <div className="top-title">
            <h1>Incidents</h1>
            <p className="muted">
              {incidents && (
                <>
                  {counts.open} need someone
                  <span className="wide-word">, {counts.acknowledged} being worked on</span>
                </>
              )}
            </p>
          </div>
          <LineChip open={() => setDialog("line")} />
          <label className="search">
            <SearchIcon />
            <span className="unseen">Search incidents</span>
            <input
              ref={search}
              type="search"
              placeholder="Search"
              value={filter.search}
              onChange={(event) => change({ search: event.target.value })}
              onKeyDown={(event) => {
                if (event.key !== "Enter" && event.key !== "ArrowDown") return;
                event.preventDefault();
                document.querySelector<HTMLElement>("a[data-incident]")?.focus(); // on to what was found
              }}
            />
            <span className="key" aria-hidden="true">
              /
            </span>
          </label>
          <button type="button" className="button primary" onClick={() => setDialog("new")}>
            <PlusIcon />
            <span>
              New<span className="wide-word"> incident</span>
            </span>
          </button>
          <UserMenu name={name} showShortcuts={() => setDialog("keys")} signOut={signOut} />
        </header>

        <div className="middle-scroll">
          <MetricsPanel service={charted} choose={chart} />
          <div className="filters">
            <fieldset className="tabs">
              <legend className="unseen">Incidents shown</legend>
              {views.map((view) => (
                <label key={view}>
                  <input
                    type="radio"
                    name="view"
                    checked={filter.view === view}
                    onChange={() => change({ view })}
                  />
                  <span>
                    {viewNames[view]} <span className="count">{counts[view]}</span>
                  </span>
                </label>
              ))}
            </fieldset>
            <fieldset className="chips">
              <legend className="unseen">Severities shown</legend>
              {severities.map((severity) => (
                <label key={severity} data-severity={severity}>
                  <input
                    type="checkbox"
                    checked={filter.severities.includes(severity)}
                    onChange={() => change({ severities: toggled(filter.severities, severity) })}
                  />
                  <span>{severityNames[severity]}</span>
                </label>
              ))}
              {filter.service && (
                <button
                  type="button"
                  className="chip-off"
                  onClick={() => change({ service: null })}
                  aria-label={`Stop showing only ${serviceNames[filter.service]}`}
                >
                  {serviceNames[filter.service]} ×
                </button>
              )}
            </fieldset>
          </div>
          <section id="incidents" className="incidents" aria-label="Incidents" tabIndex={-1}>
            <IncidentList
              filter={filter}
              selected={selected}
              clearFilter={() => setFilter(everything)}
            />
          </section>
        </div>
      </main>

      {selected !== null && <IncidentDetail key={selected} number={selected} close={close} />}
      {dialog === "new" && <NewIncident service={filter.service} onClose={() => setDialog(null)} />}
      {dialog === "keys" && <Shortcuts onClose={() => setDialog(null)} />}
      {dialog === "line" && (
        <Dialog title="The line" onClose={() => setDialog(null)} className="narrow line-dialog">
          <LinePanel titled={false} />
        </Dialog>
      )}
    </div>
  );
}

function toggled(chosen: readonly Severity[], severity: Severity): Severity[] {
  return chosen.includes(severity)
    ? chosen.filter((each) => each !== severity)
    : [...chosen, severity];
}

/**
 * The service of the charts: the one chosen for them, until another incident or service is looked
 * at; else that of the incident that is open, of the list, of the worst trouble there is.
 */
function useCharted(
  incidents: readonly Incident[],
  listed: Service | null,
  selected: number | null,
): [Service, (service: Service) => void] {
  const context = `${listed} ${selected}`;
  const [chosen, setChosen] = useState<{ service: Service; context: string } | null>(null);
  const opened = incidents.find(({ number }) => number === selected);
  const worst = incidents
    .filter(({ status }) => status !== "resolved")
    .toSorted((a, b) => a.severity.localeCompare(b.severity))[0];
  const service =
    (chosen?.context === context ? chosen.service : null) ??
    opened?.service ??
    listed ??
    worst?.service ??
    services[0];
  return [service, (next) => setChosen({ service: next, context })];
}
