import { describe, expect, it } from "vitest";
import { historyOf, pressureAt, readingAt, sampleAt, type Trouble } from "./metrics-model.js";

const noon = Date.UTC(2026, 10, 20, 12);
const minute = 60_000;
const at = (ms: number) => new Date(noon + ms);
const trouble = (change: Partial<Trouble> = {}): Trouble => ({
  id: "6f1c3a52-5f0c-4f0e-9a53-0d4f6f2b7a10",
  service: "checkout",
  severity: "sev1",
  opened: { by: "Watchtower", at: at(0) },
  acknowledged: null,
  resolved: null,
  ...change,
});
const mark = (ms: number) => ({ by: "Priya", at: at(ms) });

describe("the metrics model", () => {
  it("gives the same reading for the same moment, in any process", () => {
    expect(readingAt("search", at(1), [])).toEqual(readingAt("search", at(1), []));
    expect(readingAt("search", at(1_000), [])).not.toEqual(readingAt("search", at(2_000), []));
  });

  it("keeps every reading possible: no negative rates, errors between 0 and 1", () => {
    const all = [trouble(), trouble({ id: "b" }), trouble({ id: "c" }), trouble({ id: "d" })];
    for (let second = 0; second < 600; second++) {
      for (const reading of sampleAt(at(second * 1_000), all).services) {
        expect(reading.requests).toBeGreaterThan(0);
        expect(reading.p95Ms).toBeGreaterThan(0);
        expect(reading.errors).toBeGreaterThanOrEqual(0);
        expect(reading.errors).toBeLessThanOrEqual(1);
      }
    }
  });

  it("presses harder the worse the severity, eases when acknowledged, ends when resolved", () => {
    const late = noon + 10 * minute;
    const [sev1, sev3] = [trouble(), trouble({ severity: "sev3" })];
    const eased = trouble({ acknowledged: mark(minute) });
    const over = trouble({ resolved: mark(2 * minute) });
    expect(pressureAt(sev1, noon)).toBe(0);
    expect(pressureAt(sev1, late)).toBeCloseTo(1, 2);
    expect(pressureAt(sev3, late)).toBeLessThan(pressureAt(sev1, late) / 2);
    expect(pressureAt(eased, late)).toBeCloseTo(0.55, 2);
    expect(pressureAt(over, late)).toBeCloseTo(0, 4);
  });

  it("shows trouble at its own service and, fainter, at the gateway, and nowhere else", () => {
    const moment = at(3 * minute);
    const errors = (service: Parameters<typeof readingAt>[0], troubles: Trouble[]) =>
      readingAt(service, moment, troubles).errors;
    expect(errors("checkout", [trouble()])).toBeGreaterThan(5 * errors("checkout", []));
    expect(errors("api-gateway", [trouble()])).toBeGreaterThan(2 * errors("api-gateway", []));
    expect(errors("api-gateway", [trouble()])).toBeLessThan(errors("checkout", [trouble()]));
    expect(errors("search", [trouble()])).toBe(errors("search", []));
  });

  it("tells history on whole steps, ending at the step before now", () => {
    const hour = historyOf("payments", "1h", at(7_400), []);
    expect(hour).toMatchObject({ from: at(-60 * minute), stepMs: 15_000 });
    expect(hour.errors).toHaveLength(241);
  });

  it("continues live exactly where its history ends", () => {
    const { requests, errors, p95Ms } = historyOf("checkout", "5m", at(200), [trouble()]);
    const live = sampleAt(at(0), [trouble()]).services.find((one) => one.service === "checkout");
    expect(live).toMatchObject({
      requests: requests.at(-1),
      errors: errors.at(-1),
      p95Ms: p95Ms.at(-1),
    });
  });
});
