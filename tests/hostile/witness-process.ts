/**
 * The healthy client beside an attack: an ordinary Tautline client in a process of its own, which
 * calls, waits for the answer, and calls again. Its round trips say what the others suffer.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "@tautline/client";
import { obey } from "../processes/obey.js";
import type { service } from "./service.js";

let roundTrips: number[] = [];
let failures: string[] = [];
/** Told after every call. */
let onCall: (() => void) | undefined;

/** What the process can be told. */
export const witnessOrders = {
  /** Begins to call, on one connection, some eighty times a second. */
  start(port: number) {
    const api = createClient<typeof service>({ url: `ws://127.0.0.1:${port}`, deadlineMs: 10_000 });
    void (async () => {
      for (let n = 0; ; n++) {
        const askedAt = performance.now();
        try {
          const sum = await api.add.query({ a: n, b: 1 });
          if (sum !== n + 1) failures.push(`${n} + 1 was said to be ${sum}`);
        } catch (error) {
          failures.push(String(error));
        }
        roundTrips.push(performance.now() - askedAt);
        onCall?.();
        await sleep(10);
      }
    })();
  },

  /** What was seen since the last report, in milliseconds, after so many calls more. */
  async report({ after }: { readonly after: number }) {
    const from = roundTrips.length;
    await new Promise<void>((resolve) => {
      onCall = () => {
        if (roundTrips.length - from >= after) resolve();
      };
    });
    const sorted = roundTrips.sort((a, b) => a - b);
    const part = (share: number) => sorted[Math.ceil(sorted.length * share) - 1]!;
    const report = {
      calls: sorted.length,
      p50: part(0.5),
      p99: part(0.99),
      max: part(1),
      failures,
    };
    roundTrips = [];
    failures = [];
    return report;
  },
};

obey(witnessOrders);
