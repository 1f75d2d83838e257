import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createStore, type Store } from "./store.js";

const draft = {
  id: crypto.randomUUID(),
  title: "Orders stuck",
  service: "checkout",
  severity: "sev1",
} as const;
const at = (seconds: number) => new Date(1_700_000_000_000 + seconds * 1_000);
const entry = (kind: "acknowledged" | "commented" | "resolved", text: string | null = null) => ({
  id: crypto.randomUUID(),
  kind,
  text,
});

let folder: string;
let file: string;
let store: Store;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "incident-room-"));
  file = join(folder, "incidents.db");
  store = createStore(file);
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true });
});

describe("the store", () => {
  it("gives an opened incident the next number and a first entry", () => {
    const first = store.open(draft, { by: "Priya", at: at(0) });
    const second = store.open({ ...draft, id: crypto.randomUUID() }, { by: "Marco", at: at(1) });
    expect([first.number, second.number]).toEqual([2001, 2002]);
    expect(first).toMatchObject({ ...draft, status: "open", acknowledged: null, comments: 0 });
    expect(store.timeline(first.id)).toMatchObject([{ seq: 1, kind: "opened", by: "Priya" }]);
    expect(store.list().map(({ number }) => number)).toEqual([2002, 2001]);
  });

  it("moves an incident through acknowledged, commented and resolved", () => {
    const { id } = store.open(draft, { by: "Priya", at: at(0) });
    const taken = store.add(id, entry("acknowledged"), { by: "Marco", at: at(60) });
    expect(taken).toMatchObject({ status: "acknowledged", revision: 2 });
    expect(taken.acknowledged).toEqual({ by: "Marco", at: at(60) });
    expect(store.add(id, entry("commented", "hm"), { by: "Yuki", at: at(61) }).comments).toBe(1);
    const done = store.add(id, entry("resolved", "flag off"), { by: "Marco", at: at(90) });
    expect(done).toMatchObject({ status: "resolved", revision: 4, resolved: { by: "Marco" } });
    expect(store.timeline(id).map(({ text }) => text)).toEqual([null, null, "hm", "flag off"]);
  });

  it("leaves nothing behind when the second half of a change fails", () => {
    const { id } = store.open(draft, { by: "Priya", at: at(0) });
    const once = entry("commented", "once");
    store.add(id, once, { by: "Yuki", at: at(1) });
    expect(() => store.add(id, once, { by: "Yuki", at: at(2) })).toThrow();
    expect(store.find(id)).toMatchObject({ comments: 1, revision: 2 });
    expect(store.seqAt(store.position())).toBe(2);
  });

  it("knows the open twin of a title, whatever its case, until it is resolved", () => {
    const { id } = store.open(draft, { by: "Priya", at: at(0) });
    expect(store.openWithTitle("checkout", "ORDERS stuck")?.id).toBe(id);
    expect(store.openWithTitle("search", "Orders stuck")).toBeUndefined();
    store.add(id, entry("resolved"), { by: "Priya", at: at(1) });
    expect(store.openWithTitle("checkout", "Orders stuck")).toBeUndefined();
  });

  it("reads changes after a position in order, in pages, with the incident as it is now", () => {
    const { id } = store.open(draft, { by: "Priya", at: at(0) });
    for (let n = 1; n <= 5; n++) {
      store.add(id, entry("commented", `${n}`), { by: "Yuki", at: at(n) });
    }
    const page = store.changesAfter(2, 3);
    expect(page.map((change) => change.entry.seq)).toEqual([3, 4, 5]);
    expect(page[0]!.incident.comments).toBe(5);
    expect(store.changesAfter(6, 3)).toEqual([]);
  });

  it("finds what is active: unresolved, or resolved since a moment", () => {
    const old = store.open(draft, { by: "Priya", at: at(0) });
    store.add(old.id, entry("resolved"), { by: "Priya", at: at(10) });
    const open = store.open({ ...draft, id: crypto.randomUUID() }, { by: "Priya", at: at(5) });
    const ids = (since: number) => store.activeSince(at(since)).map(({ id }) => id);
    expect(ids(11)).toEqual([open.id]);
    expect(ids(10).sort()).toEqual([old.id, open.id].sort());
  });

  it("has everything, and goes on counting, when the file is opened again", () => {
    const { id } = store.open(draft, { by: "Priya", at: at(0) });
    store.add(id, entry("commented", "survives"), { by: "Yuki", at: at(1) });
    store.close();
    store = createStore(file);
    expect(store.timeline(id).at(-1)?.text).toBe("survives");
    expect(store.add(id, entry("acknowledged"), { by: "Yuki", at: at(2) }).revision).toBe(3);
  });

  it("gives out positions that only this database takes back, after any number of restarts", () => {
    const { id } = store.open(draft, { by: "Priya", at: at(0) });
    const position = store.position();
    store.add(id, entry("commented", "one"), { by: "Yuki", at: at(1) });
    store.close();
    store = createStore(file);
    expect(store.seqAt(position)).toBe(1);
    expect(store.toPosition(2)).toBe(store.position());

    const other = createStore(":memory:");
    other.open(draft, { by: "Priya", at: at(0) });
    const strange = [other.position(), store.toPosition(3), "", "1", `${position}x`, "a:b"];
    expect(strange.map((one) => store.seqAt(one))).toEqual(strange.map(() => undefined));
    other.close();
  });
});
