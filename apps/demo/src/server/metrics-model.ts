/**
 * Readings that look like a real system and are made up from nothing but the time and the list of
 * incidents. Everything is a pure function of the two, so a chart of yesterday can be drawn by a
 * process that started a second ago, and every process draws the same one.
 */
import type { Incident, Reading, Sample, Series } from "../domain.js";
import {
  type ChartWindow,
  chartWindows,
  type Service,
  type Severity,
  services,
} from "../vocabulary.js";

/** What the model needs to know of an incident. */
export type Trouble = Pick<
  Incident,
  "id" | "service" | "severity" | "opened" | "acknowledged" | "resolved"
>;

/** A service on a good day: requests per second at noon, share of failures, latency. */
const calm: Record<Service, { requests: number; errors: number; p95Ms: number }> = {
  "api-gateway": { requests: 1_240, errors: 0.0012, p95Ms: 84 },
  checkout: { requests: 182, errors: 0.0018, p95Ms: 212 },
  payments: { requests: 96, errors: 0.0024, p95Ms: 338 },
  search: { requests: 418, errors: 0.0009, p95Ms: 121 },
  identity: { requests: 305, errors: 0.0007, p95Ms: 66 },
  notifications: { requests: 148, errors: 0.0031, p95Ms: 154 },
};

/** How hard an incident of each severity presses on its service, from 0 to 1. */
const weights: Record<Severity, number> = { sev1: 1, sev2: 0.55, sev3: 0.26, sev4: 0.08 };

/** The share of another service's trouble that is seen at the gateway, through which all calls go. */
const seenAtGateway = 0.3;

/** What `service` does at the moment `at`. */
export function readingAt(service: Service, at: Date, troubles: readonly Trouble[]): Reading {
  const ms = at.getTime();
  const { requests, errors, p95Ms } = calm[service];
  let slow = 0;
  let broken = 0;
  for (const trouble of troubles) {
    const own = trouble.service === service;
    if (!own && service !== "api-gateway") continue;
    const pressure = pressureAt(trouble, ms) * (own ? 1 : seenAtGateway);
    // Some incidents are slow ones and some fail outright; its id decides which this one is.
    const lean = hash(trouble.id);
    slow += pressure * (0.35 + 0.65 * lean);
    broken += pressure * (1 - 0.75 * lean);
  }

  const seed = services.indexOf(service) * 1_000;
  const noise = (ms_: number, salt: number) => smoothNoise(ms / ms_, seed + salt);
  const swell = noise(40_000, 1) + 0.5 * noise(9_000, 2);
  return {
    at,
    // Callers who fail try again, callers who wait do not come.
    requests: round(
      requests *
        timeOfDay(ms) *
        (1 + 0.05 * swell + 0.035 * noise(1_000, 3)) *
        (1 + 0.12 * broken - 0.22 * slow),
      1,
    ),
    errors: round(
      Math.min(
        0.9,
        errors * (1 + 0.35 * noise(14_000, 4) + 0.4 * noise(1_000, 5)) +
          broken * 0.085 * (1 + 0.16 * noise(5_000, 6) + 0.14 * noise(1_000, 7)),
      ),
      5,
    ),
    p95Ms: round(
      p95Ms *
        (1 + 0.05 * swell + 0.05 * noise(1_000, 8)) *
        (1 + slow * 3.4 * (1 + 0.12 * noise(6_000, 9) + 0.1 * noise(1_000, 10))),
      1,
    ),
  };
}

/** All services at the moment `at`. */
export function sampleAt(at: Date, troubles: readonly Trouble[]): Sample {
  return {
    at,
    services: services.map((service) => ({ service, ...readingAt(service, at, troubles) })),
  };
}

/** The readings of `service` that a chart of this window shows up to `now`. */
export function historyOf(
  service: Service,
  window: ChartWindow,
  now: Date,
  troubles: readonly Trouble[],
): Series {
  const { spanMs, stepMs } = chartWindows[window];
  // On whole steps, so that two pages asked at different moments show the same points.
  const last = Math.floor(now.getTime() / stepMs) * stepMs;
  const from = new Date(last - spanMs);
  const series: Series = { from, stepMs, requests: [], errors: [], p95Ms: [] };
  for (let ms = from.getTime(); ms <= last; ms += stepMs) {
    const { requests, errors, p95Ms } = readingAt(service, new Date(ms), troubles);
    series.requests.push(requests);
    series.errors.push(errors);
    series.p95Ms.push(p95Ms);
  }
  return series;
}

/** How hard one incident presses at a moment, from 0 to its severity's weight. */
export function pressureAt(trouble: Trouble, ms: number): number {
  const sinceOpened = ms - trouble.opened.at.getTime();
  if (sinceOpened <= 0) return 0;
  const rise = 1 - Math.exp(-sinceOpened / 15_000);
  // Somebody looks at it: half of it is mitigated within a minute or two.
  const eased = 1 - 0.45 * fadeIn(trouble.acknowledged?.at, ms, 60_000);
  const left = 1 - fadeIn(trouble.resolved?.at, ms, 20_000);
  return weights[trouble.severity] * rise * eased * left;
}

function fadeIn(since: Date | undefined, ms: number, tauMs: number): number {
  return since && ms > since.getTime() ? 1 - Math.exp(-(ms - since.getTime()) / tauMs) : 0;
}

/** Busy in the afternoon, quiet before dawn (UTC), 0.55 to 1.05. */
function timeOfDay(ms: number): number {
  const day = (ms % 86_400_000) / 86_400_000;
  return 0.8 - 0.25 * Math.cos((day - 0.125) * 2 * Math.PI);
}

/** Value noise: random at whole numbers, smooth between them, from -1 to 1. */
function smoothNoise(x: number, seed: number): number {
  const whole = Math.floor(x);
  const part = x - whole;
  const eased = part * part * (3 - 2 * part);
  const left = hash(`${seed}:${whole}`);
  const right = hash(`${seed}:${whole + 1}`);
  return 2 * (left + (right - left) * eased) - 1;
}

/** A number from 0 to 1 that depends on nothing but `text`. FNV-1a, then a final mix. */
function hash(text: string): number {
  let bits = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    bits = Math.imul(bits ^ text.charCodeAt(index), 0x01000193);
  }
  bits = Math.imul(bits ^ (bits >>> 16), 0x45d9f3b);
  return ((bits ^ (bits >>> 15)) >>> 0) / 0xffffffff;
}

function round(value: number, digits: number): number {
  const scale = 10 ** digits;
  return Math.round(value * scale) / scale;
}
