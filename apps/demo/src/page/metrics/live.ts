/**
 * The last minutes of every service as they came in: one subscription for the whole page, however
 * many charts look at it.
 */
import type { Client } from "@tautline/client";
import type { incidents } from "../../contract.js";
import type { Reading, Sample } from "../../domain.js";
import { type Service, services } from "../../vocabulary.js";

/** As long as the shortest chart is wide, in readings. */
const kept = 300;

/** Live readings by service, oldest first. */
export type Live = Readonly<Record<Service, readonly Reading[]>>;

const none = Object.fromEntries(services.map((service) => [service, []])) as unknown as Live;

/** Follows the live readings until `stop` is called. */
export function startLive(api: Client<typeof incidents>) {
  let live = none;
  const listeners = new Set<() => void>();

  function take(sample: Sample) {
    const next = { ...live };
    for (const { service, ...reading } of sample.services) {
      next[service] = [...next[service], reading].slice(-kept);
    }
    live = next;
    for (const listener of listeners) listener();
  }

  // Readings carry no positions: after its session is lost it begins anew, and history fills
  // the hole.
  const { unsubscribe } = api.metrics.live.subscribe(undefined, {
    onData: take,
    onLost: "restart",
  });

  return {
    current: () => live,
    subscribe(listener: () => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stop: unsubscribe,
  };
}
