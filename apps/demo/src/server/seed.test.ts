import { afterEach, describe, expect, it } from "vitest";
import { seed } from "./seed.js";
import { stories } from "./seed-stories.js";
import { createStore } from "./store.js";

const now = new Date();
const store = createStore(":memory:");
seed(store, now);
const all = store.list();
afterEach(() => expect(store.list()).toEqual(all));

describe("the seeded history", () => {
  it("holds every story, the newest with the highest number", () => {
    expect(all).toHaveLength(stories.length);
    const opened = all.map((incident) => incident.opened.at.getTime());
    expect(opened).toEqual([...opened].sort((a, b) => b - a));
  });

  it("has incidents to act on and incidents to learn from", () => {
    const count = (status: string) => all.filter((one) => one.status === status).length;
    expect(count("open")).toBeGreaterThanOrEqual(2);
    expect(count("acknowledged")).toBeGreaterThanOrEqual(2);
    expect(count("resolved")).toBeGreaterThanOrEqual(12);
  });

  it("tells nothing that has not happened yet, in the order in which it happened", () => {
    const changes = store.changesAfter(0, 1_000);
    const times = changes.map(({ entry }) => entry.at.getTime());
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times.at(-1)).toBeLessThanOrEqual(now.getTime());
  });
});
