/** How a service is doing: three charts, one time axis. */
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { type ChartWindow, chartWindows, type Service, services } from "../../vocabulary.js";
import { useTRPC } from "../line/tautline.js";
import { useLineStory } from "../line/use-line.js";
import { serviceNames } from "../ui/badges.js";
import { Chart, knotsOf } from "./chart.js";
import type { Metric } from "./series.js";
import { useReadings } from "./use-readings.js";

const metrics: readonly (readonly [Metric, string])[] = [
  ["requests", "Requests / s"],
  ["errors", "Error rate"],
  ["p95Ms", "p95 latency"],
];
const windowNames: Record<ChartWindow, string> = { "5m": "5 min", "1h": "1 h", "24h": "24 h" };
const windows = Object.keys(chartWindows) as ChartWindow[];

export function MetricsPanel({
  service,
  choose,
}: {
  service: Service;
  choose: (service: Service) => void;
}) {
  const trpc = useTRPC();
  const { state } = useLineStory();
  const [window, setWindow] = useState<ChartWindow>("5m");
  const [pointedAt, setPointedAt] = useState<number | null>(null);
  const { readings, failed, retry } = useReadings(service, window);
  const list = useQuery(trpc.incident.list.queryOptions());
  const knots = useMemo(
    () => knotsOf(list.data?.incidents.filter((incident) => incident.service === service) ?? []),
    [list.data, service],
  );

  return (
    <section className="metrics" aria-label={`Metrics of ${serviceNames[service]}`}>
      <header className="metrics-head">
        <label className="metrics-service">
          <span className="unseen">Service of the charts</span>
          <select value={service} onChange={(event) => choose(event.target.value as Service)}>
            {services.map((each) => (
              <option key={each} value={each}>
                {serviceNames[each]}
              </option>
            ))}
          </select>
        </label>
        <span className="live" data-on={state === "open" || undefined}>
          {state === "open" ? "Live" : "Paused"}
        </span>
        <fieldset className="segments">
          <legend className="unseen">Time shown</legend>
          {windows.map((each) => (
            <label key={each}>
              <input
                type="radio"
                name="window"
                checked={window === each}
                onChange={() => setWindow(each)}
              />
              <span>{windowNames[each]}</span>
            </label>
          ))}
        </fieldset>
      </header>
      {failed && !readings ? (
        <p className="metrics-failed" role="alert">
          The readings could not be fetched.{" "}
          <button type="button" className="button small" onClick={() => retry()}>
            Try again
          </button>
        </p>
      ) : (
        <div className="charts" data-waiting={!readings || undefined}>
          {metrics.map(([metric, name]) => (
            <Chart
              key={metric}
              metric={metric}
              name={name}
              readings={readings ?? []}
              window={window}
              knots={knots}
              pointedAt={pointedAt}
              onPoint={setPointedAt}
            />
          ))}
        </div>
      )}
    </section>
  );
}
