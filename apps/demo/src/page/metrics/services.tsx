/** All services at a glance: how they do now, and the last minutes of their errors. */
import { useQuery } from "@tanstack/react-query";
import type { Reading } from "../../domain.js";
import { type Service, type Severity, services } from "../../vocabulary.js";
import { useTRPC } from "../line/tautline.js";
import { serviceNames } from "../ui/badges.js";
import { format, niceTop } from "./series.js";
import { useReadings } from "./use-readings.js";

const sparkWidth = 52;
const sparkHeight = 18;
const sparkReadings = 300;

export function Services({
  chosen,
  choose,
}: {
  chosen: Service | null;
  choose: (service: Service | null) => void;
}) {
  const trpc = useTRPC();
  const list = useQuery(trpc.incident.list.queryOptions());
  const worst = new Map<Service, Severity>();
  for (const { service, severity, status } of list.data?.incidents ?? []) {
    const known = worst.get(service);
    if (status !== "resolved" && (!known || severity < known)) worst.set(service, severity);
  }

  return (
    <nav className="services" aria-label="Services">
      <h2>Services</h2>
      <ul>
        {services.map((service) => (
          <li key={service}>
            <button
              type="button"
              aria-pressed={chosen === service}
              onClick={() => choose(chosen === service ? null : service)}
            >
              <span className="health" data-severity={worst.get(service)} />
              <span className="service-name">{serviceNames[service]}</span>
              <Errors service={service} />
            </button>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** The share of failed requests: the curve of it, and where it is now. */
function Errors({ service }: { service: Service }) {
  const { readings = [] } = useReadings(service, "5m");
  const now = readings.at(-1);
  return (
    <>
      <Spark readings={readings} />
      <span className="service-now">
        <span className="unseen">errors </span>
        {now ? format("errors", now.errors) : "–"}
      </span>
    </>
  );
}

function Spark({ readings }: { readings: readonly Reading[] }) {
  const shown = readings.slice(-sparkReadings);
  const top = niceTop(Math.max(0, ...shown.map(({ errors }) => errors)), 0.01);
  const step = sparkWidth / (sparkReadings - 1);
  const start = sparkWidth - (shown.length - 1) * step;
  const points = shown.map(
    ({ errors }, index) =>
      `${(start + index * step).toFixed(1)},${(sparkHeight - 1.5 - (errors / top) * (sparkHeight - 3)).toFixed(1)}`,
  );
  return (
    <svg className="spark" width={sparkWidth} height={sparkHeight} aria-hidden="true">
      {points.length > 1 && <polyline points={points.join(" ")} />}
    </svg>
  );
}
