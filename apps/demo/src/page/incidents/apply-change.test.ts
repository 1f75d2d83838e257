import { describe, expect, it } from "vitest";
import type { Change, Entry, Incident } from "../../domain.js";
import { applyToStory, withIncident } from "./apply-change.js";

const at = (seconds: number) => new Date(1_700_000_000_000 + seconds * 1_000);
const incident = (change: Partial<Incident> = {}): Incident => ({
  id: "a",
  number: 2001,
  title: "Orders stuck",
  service: "checkout",
  severity: "sev1",
  status: "open",
  opened: { by: "Priya", at: at(0) },
  acknowledged: null,
  resolved: null,
  comments: 0,
  revision: 1,
  ...change,
});
const entry = (seq: number): Entry => ({
  seq,
  id: `e${seq}`,
  kind: "commented",
  by: "Yuki",
  at: at(seq),
  text: `${seq}`,
});
const change = (seq: number, of: Partial<Incident> = {}): Change => ({
  incident: incident({ revision: seq, comments: seq - 1, ...of }),
  entry: entry(seq),
});

describe("an incident, put into the list", () => {
  const list = [incident({ id: "b", number: 2002 }), incident()];

  it("replaces its older copy where that stands", () => {
    const after = withIncident(list, incident({ revision: 3, comments: 2 }));
    expect(after.map(({ id, comments }) => [id, comments])).toEqual([
      ["b", 0],
      ["a", 2],
    ]);
  });

  it("goes where its number belongs when it is new", () => {
    const after = withIncident(list, incident({ id: "c", number: 2003 }));
    expect(after.map(({ id }) => id)).toEqual(["c", "b", "a"]);
  });

  it("changes nothing twice, and an older copy never replaces a newer one", () => {
    const newer = withIncident(list, incident({ revision: 5, comments: 4 }));
    expect(withIncident(newer, incident({ revision: 5, comments: 4 }))).toBe(newer);
    expect(withIncident(newer, incident({ revision: 4, comments: 3 }))).toBe(newer);
  });
});

describe("a change, applied to the detail", () => {
  const story = { incident: incident({ revision: 2 }), timeline: [entry(1), entry(2)] };

  it("adds its entry once", () => {
    const after = applyToStory(story, change(3));
    expect(after.timeline.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(applyToStory(after, change(3))).toBe(after);
  });

  it("keeps the order when an earlier entry arrives later", () => {
    const after = applyToStory(applyToStory(story, change(4)), {
      ...change(3),
      incident: incident({ revision: 4, comments: 3 }),
    });
    expect(after.timeline.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
    expect(after.incident.revision).toBe(4);
  });

  it("leaves the detail of another incident alone", () => {
    expect(applyToStory(story, change(3, { id: "b" }))).toBe(story);
  });
});
