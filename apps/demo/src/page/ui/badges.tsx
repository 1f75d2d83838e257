/** The small marks an incident carries: how bad, where, how far. */
import type { Service, Severity, Status } from "../../vocabulary.js";

/** How services are written. */
export const serviceNames: Record<Service, string> = {
  "api-gateway": "API gateway",
  checkout: "Checkout",
  payments: "Payments",
  search: "Search",
  identity: "Identity",
  notifications: "Notifications",
};

/** How severities are written. */
export const severityNames: Record<Severity, string> = {
  sev1: "SEV 1",
  sev2: "SEV 2",
  sev3: "SEV 3",
  sev4: "SEV 4",
};

/** What each severity means, for those who choose one. */
export const severityMeanings: Record<Severity, string> = {
  sev1: "Customers can not work",
  sev2: "Many are affected",
  sev3: "Some are affected",
  sev4: "Hardly anybody notices",
};

/** How states are written. */
export const statusNames: Record<Status, string> = {
  open: "Open",
  acknowledged: "Acknowledged",
  resolved: "Resolved",
};

export function SeverityBadge({ severity }: { severity: Severity }) {
  return (
    <span className="severity" data-severity={severity}>
      {severityNames[severity]}
    </span>
  );
}

export function StatusBadge({ status }: { status: Status }) {
  return (
    <span className="status" data-status={status}>
      <StatusGlyph status={status} />
      {statusNames[status]}
    </span>
  );
}

/** A ring that is empty, half and whole. */
export function StatusGlyph({ status }: { status: Status }) {
  return (
    <svg
      className="status-glyph"
      data-status={status}
      width="14"
      height="14"
      viewBox="0 0 14 14"
      aria-hidden="true"
    >
      <circle cx="7" cy="7" r="5.6" fill="none" stroke="currentColor" strokeWidth="1.8" />
      {status === "open" && <circle cx="7" cy="7" r="2" fill="currentColor" />}
      {status === "acknowledged" && <path d="M7 3.7a3.3 3.3 0 0 1 0 6.6z" fill="currentColor" />}
      {status === "resolved" && (
        <path
          d="m4.4 7.2 1.9 1.9 3.5-3.8"
          fill="none"
          stroke="currentColor"
          strokeWidth="1.6"
          strokeLinecap="round"
          strokeLinejoin="round"
        />
      )}
    </svg>
  );
}
