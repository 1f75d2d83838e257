/**
 * Prometheus: what a server's events come to, as numbers. This file is the home of `prom-client`; as
 * `@tautline/server/prometheus` it is loaded by those who ask for it, and the peer is needed by
 * nobody else. The library rather than code of ours: an application's own metrics are in its
 * registry already, and then all are on one page.
 *
 * A label has as many values as this server has procedures, codes and reasons: never as many as its
 * clients can think of.
 */
import { CloseCode } from "@tautline/contracts/wire";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { watchEventLoop } from "./event-loop.js";
import type { EventSink, ServerEvent } from "./events.js";
import { answerWith, type Metrics } from "./metrics.js";

export type { Metrics } from "./metrics.js";

/** Options of {@link prometheus}. */
export interface PrometheusOptions {
  /**
   * Where `listen` shows the metrics. Whoever reaches the port may read them: keep the path from
   * strangers in the proxy, or leave `metrics` of the server out and mount `handle` on another port.
   *
   * @default "/metrics"
   */
  readonly path?: string;
  /**
   * Where they are registered: an application's own registry puts all metrics on one page.
   *
   * @default one of their own
   */
  readonly register?: Registry;
  /**
   * The upper bounds of the histogram of durations, in seconds.
   *
   * @default fourteen, from 0.001 to 30
   */
  readonly buckets?: readonly number[];
}

/** What {@link prometheus} makes. One may measure several servers; their numbers add up. */
export interface PrometheusMetrics extends Metrics {
  readonly register: Registry;
  /** The page, in the text format 0.0.4. */
  text(): Promise<string>;
  /** Ends the measuring of the event loop, which lasts as long as the process otherwise. */
  stop(): void;
}

/**
 * Makes the metrics of a server.
 *
 * @throws Error when the registry has metrics of these names: one `prometheus()` is enough for it.
 * @example
 * ```ts
 * const server = createServer({ router, metrics: prometheus() });
 * ```
 */
export function prometheus(options: PrometheusOptions = {}): PrometheusMetrics {
  const { path = "/metrics", register = new Registry() } = options;
  const loop = watchEventLoop();
  const sink = createCounting(register, options.buckets);
  new Gauge({
    name: "tautline_event_loop_delay_seconds",
    help: "How late the event loop was since the last scrape",
    labelNames: ["quantile"],
    registers: [register],
    collect() {
      const { p50, p99, max } = loop.take();
      this.set({ quantile: "0.5" }, p50);
      this.set({ quantile: "0.99" }, p99);
      this.set({ quantile: "1" }, max);
    },
  });
  const text = () => register.metrics();
  return {
    path,
    register,
    sink,
    text,
    handle: answerWith(register.contentType, text),
    stop: () => loop.stop(),
  };
}

// From a lookup in memory to the default deadline of a call.
const defaultBuckets = [
  ...[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1],
  ...[0.25, 0.5, 1, 2.5, 5, 10, 30],
];

function createCounting(
  register: Registry,
  buckets: readonly number[] = defaultBuckets,
): EventSink {
  const registers = [register];
  const counter = <Label extends string = never>(
    name: string,
    help: string,
    labelNames: Label[] = [],
  ) => new Counter({ name: `tautline_${name}_total`, help, labelNames, registers });
  const gauge = <Label extends string = never>(
    name: string,
    help: string,
    labelNames: Label[] = [],
  ) => new Gauge({ name: `tautline_${name}`, help, labelNames, registers });

  const connections = gauge("connections", "Open connections", ["dialect"]);
  const opened = counter("connections_opened", "Connections that were let in", ["dialect"]);
  const refused = counter("connections_refused", "Clients turned away", ["stage", "status"]);
  const closed = counter("connections_closed", "Connections that ended", ["by", "code"]);
  const heartbeats = counter("heartbeats_lost", "Clients that gave no sign of life in time");
  const credentials = counter("credentials", "What became of credentials", ["event"]);
  const revocations = counter("revocations", "Calls of revoke");
  const sessions = gauge("sessions", "Sessions, attached or waiting");
  const waiting = gauge("sessions_suspended", "Sessions that wait for their clients");
  const started = counter("sessions_started", "Sessions that began");
  const resumed = counter("sessions_resumed", "Sessions that went on over another connection");
  const replayed = counter("messages_replayed", "Messages sent again to resume");
  const ended = counter("sessions_ended", "Sessions that ended", ["reason"]);
  const fenced = counter("sessions_fenced", "Connections that lost their session to a newer one");
  const unresumed = counter("sessions_refused", "Sessions that were not resumed", ["reason"]);
  const durations = new Histogram({
    name: "tautline_call_duration_seconds",
    help: "Queries and mutations, from their message to their answer",
    labelNames: ["kind", "path", "outcome"],
    buckets: [...buckets],
    registers,
  });
  const running = gauge("calls_in_flight", "Queries and mutations without an answer", ["kind"]);
  const subscriptions = gauge("subscriptions", "Running subscriptions", ["path"]);
  const subscribed = counter("subscriptions_started", "Subscriptions that began", ["path"]);
  const unsubscribed = counter("subscriptions_ended", "Subscriptions that ended", [
    "path",
    "outcome",
  ]);
  const failures = counter("call_failures", "Calls of any kind that failed", ["path", "code"]);
  const incidents = counter("handler_failures", "Exceptions that nobody declared");
  const messages = counter("messages_refused", "Messages answered unrun", ["code"]);
  const unreadable = counter("frames_unreadable", "Frames that were no messages");
  const repeated = counter("requests_repeated", "Requests that came again", ["outcome"]);
  const draining = gauge("draining", "1 while the server asks its clients to move");
  const stalls = counter("event_loop_stalls", "Times the loop stood still past a heartbeat");
  const stalled = counter("event_loop_stalled_seconds", "How long it stood still, in all");

  return function count(event: ServerEvent) {
    switch (event.type) {
      case "connection.opened":
        connections.inc({ dialect: event.dialect });
        return opened.inc({ dialect: event.dialect });
      case "connection.refused":
        return refused.inc({ stage: event.stage, status: event.status });
      case "connection.closed":
        if (event.connectionId !== undefined) connections.dec({ dialect: event.dialect });
        return closed.inc({ by: event.by, code: closeLabel(event.code) });
      case "heartbeat.lost":
        return heartbeats.inc();
      case "auth.asked":
      case "auth.renewed":
      case "auth.expired":
      case "auth.failed":
        return credentials.inc({ event: event.type.slice("auth.".length) });
      case "revoked":
        return revocations.inc();
      case "session.started":
        sessions.inc();
        return started.inc();
      case "session.resumed":
        if (event.suspended) waiting.dec();
        replayed.inc(event.replayedOut);
        return resumed.inc();
      case "session.suspended":
        return waiting.inc();
      case "session.ended":
        if (event.suspended) waiting.dec();
        sessions.dec();
        return ended.inc({ reason: event.reason });
      case "session.fenced":
        return fenced.inc();
      case "session.refused":
        return unresumed.inc({ reason: event.reason });
      case "call.started":
        return running.inc({ kind: event.kind });
      case "call.settled": {
        const { kind, outcome } = event;
        running.dec({ kind });
        countFailure(event);
        return durations.observe({ kind, path: pathLabel(event), outcome }, event.durationMs / 1e3);
      }
      case "subscription.started":
        subscriptions.inc({ path: pathLabel(event) });
        return subscribed.inc({ path: pathLabel(event) });
      case "subscription.ended": {
        const path = pathLabel(event);
        subscriptions.dec({ path });
        countFailure(event);
        return unsubscribed.inc({ path, outcome: event.outcome });
      }
      case "handler.failed":
        return incidents.inc();
      case "message.refused":
        return messages.inc({ code: event.appCode ?? event.code });
      case "frame.unreadable":
        return unreadable.inc();
      case "request.repeated":
        return repeated.inc({ outcome: event.outcome });
      case "drain.began":
        return draining.set(1);
      case "drain.ended":
        return draining.set(0);
      case "loop.stalled":
        stalls.inc();
        return stalled.inc(event.stalledMs / 1e3);
    }
  };

  function countFailure(event: ServerEvent<"call.settled" | "subscription.ended">) {
    if (event.outcome !== "failed") return;
    failures.inc({ path: pathLabel(event), code: event.appCode ?? event.code });
  }
}

// What a client asks for may have any name, and a label for each would be a leak.
function pathLabel({ path, known }: { readonly path: string; readonly known: boolean }) {
  return known ? path : "unknown";
}

const ourCloseCodes: ReadonlySet<number> = new Set(Object.values(CloseCode));

// RFC 6455 §7.4.2 gives clients 2,000 codes to choose from.
function closeLabel(code: number) {
  const isKnown = (code >= 1_000 && code <= 1_015) || ourCloseCodes.has(code);
  return isKnown ? String(code) : "other";
}
