import { describe, expect, it } from "vitest";
import type { Incident } from "../../domain.js";
import { countViews, everything, grouped, matching } from "./filter.js";

const now = new Date(2026, 10, 20, 15);
const hoursAgo = (hours: number) => new Date(now.getTime() - hours * 3_600_000);
const mark = (hours: number, by = "Priya Raman") => ({ by, at: hoursAgo(hours) });

let number = 2000;
function incident(change: Partial<Incident> = {}): Incident {
  number += 1;
  return {
    id: `${number}`,
    number,
    title: "Orders stuck in confirming",
    service: "checkout",
    severity: "sev2",
    status: change.resolved ? "resolved" : change.acknowledged ? "acknowledged" : "open",
    opened: mark(40, "Watchtower"),
    acknowledged: null,
    resolved: null,
    comments: 0,
    revision: number,
    ...change,
  };
}

const open = incident();
const minor = incident({ severity: "sev4", service: "search", title: "Typos in Finnish" });
const worse = incident({ severity: "sev1" });
const taken = incident({ acknowledged: mark(2) });
const today = incident({ acknowledged: mark(3), resolved: mark(1) });
const yesterday = incident({ resolved: mark(20) });
const older = incident({ resolved: mark(72) });
const all = [older, yesterday, today, taken, worse, minor, open];

const active = { ...everything, view: "active" } as const;

describe("the list's filter", () => {
  it("shows everything until asked for something else", () => {
    expect(matching(all, everything)).toEqual(all);
    expect(matching(all, { ...everything, view: "resolved" })).toEqual([older, yesterday, today]);
    expect(matching(all, active)).toEqual([taken, worse, minor, open]);
  });

  it("finds every word anywhere: title, number, service, people, in any case", () => {
    const found = (search: string) => matching(all, { ...active, search });
    expect(found("FINNISH")).toEqual([minor]);
    expect(found(`inc-${taken.number}`)).toEqual([taken]);
    expect(found("stuck priya")).toEqual([taken]);
    expect(found("  ")).toHaveLength(4);
    expect(found("no such thing")).toEqual([]);
  });

  it("narrows by severity and service together", () => {
    const narrowed = { ...active, severities: ["sev4", "sev1"] as const };
    expect(matching(all, narrowed)).toEqual([worse, minor]);
    expect(matching(all, { ...narrowed, service: "search" })).toEqual([minor]);
  });

  it("counts every view", () => {
    expect(countViews(all)).toEqual({ active: 4, open: 3, acknowledged: 1, resolved: 3, all: 7 });
  });
});

describe("the list's groups", () => {
  it("put what needs somebody first, the worst on top, and what is over by day", () => {
    expect(grouped(all, now)).toEqual([
      { heading: "Needs someone", incidents: [worse, open, minor] },
      { heading: "Being worked on", incidents: [taken] },
      { heading: "Resolved on Tuesday 17 November", incidents: [older] },
      { heading: "Resolved yesterday", incidents: [yesterday] },
      { heading: "Resolved today", incidents: [today] },
    ]);
  });

  it("have no empty headings", () => {
    expect(grouped([], now)).toEqual([]);
  });
});
