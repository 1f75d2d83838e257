/**
 * The room's memory: one SQLite file. What happened (`entries`) is also the log that `changes`
 * is read from: an entry and the incident it changes are written in one transaction, so whoever
 * follows the entries by `seq` has seen everything, across any number of restarts.
 */
import Database from "libsql";
import type { Change, Entry, Incident, Mark } from "../domain.js";
import type { EntryKind, Service, Severity } from "../vocabulary.js";

/** What is known of an incident when it is opened. */
export interface Draft {
  readonly id: string;
  readonly title: string;
  readonly service: Service;
  readonly severity: Severity;
}

/** Something to write into a timeline. */
export interface NewEntry {
  readonly id: string;
  readonly kind: Exclude<EntryKind, "opened">;
  readonly text: string | null;
}

/** The first incident of an empty database is the one after this. Small numbers look like a toy. */
const numbersStartAfter = 2_000;

const schema = `
  CREATE TABLE IF NOT EXISTS incidents (
    id TEXT PRIMARY KEY,
    number INTEGER NOT NULL UNIQUE,
    title TEXT NOT NULL,
    service TEXT NOT NULL,
    severity TEXT NOT NULL,
    opened_by TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    acknowledged_by TEXT,
    acknowledged_at INTEGER,
    resolved_by TEXT,
    resolved_at INTEGER,
    comments INTEGER NOT NULL DEFAULT 0,
    revision INTEGER NOT NULL DEFAULT 0
  );
  CREATE TABLE IF NOT EXISTS entries (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    incident_id TEXT NOT NULL REFERENCES incidents (id),
    kind TEXT NOT NULL,
    "by" TEXT NOT NULL,
    at INTEGER NOT NULL,
    text TEXT
  );
  CREATE INDEX IF NOT EXISTS entries_of_incident ON entries (incident_id, seq);
`;

/** The open database. Every method is synchronous, so two callers never interleave in one. */
export type Store = ReturnType<typeof createStore>;

/**
 * Opens the database in `file` and makes its tables if it is new. `":memory:"` keeps it in memory.
 *
 * @throws Error when the file is no database or can not be written.
 */
export function createStore(file: string) {
  const db = new Database(file);
  // WAL with NORMAL: what was committed survives a killed process, which is what the restart
  // button does. Only a power cut may lose the last commits.
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = NORMAL");
  db.exec(schema);

  // Tells this database from one made anew in its place, whose entries count from 1 again.
  // SQLite keeps a number of the application's own in the file's head: `user_version`.
  let [{ user_version: version }] = db.pragma("user_version") as [{ user_version: number }];
  if (version === 0) {
    version = 1 + Math.floor(Math.random() * 0x7ffffffe);
    db.pragma(`user_version = ${version}`);
  }
  const epoch = version.toString(36);
  const toPosition = (seq: number) => `${epoch}:${seq}`;

  const insertIncident = db.prepare(
    `INSERT INTO incidents (id, number, title, service, severity, opened_by, opened_at)
     VALUES (?, (SELECT coalesce(max(number), ${numbersStartAfter}) + 1 FROM incidents), ?, ?, ?, ?, ?)`,
  );
  const insertEntry = db.prepare(
    `INSERT INTO entries (id, incident_id, kind, "by", at, text) VALUES (?, ?, ?, ?, ?, ?)`,
  );
  const touch = {
    opened: db.prepare("UPDATE incidents SET revision = ? WHERE id = ?"),
    acknowledged: db.prepare(
      "UPDATE incidents SET revision = ?, acknowledged_by = ?, acknowledged_at = ? WHERE id = ?",
    ),
    commented: db.prepare(
      "UPDATE incidents SET revision = ?, comments = comments + 1 WHERE id = ?",
    ),
    resolved: db.prepare(
      "UPDATE incidents SET revision = ?, resolved_by = ?, resolved_at = ? WHERE id = ?",
    ),
  };
  const byId = db.prepare("SELECT * FROM incidents WHERE id = ?");
  const byNumber = db.prepare("SELECT * FROM incidents WHERE number = ?");
  const latest = db.prepare("SELECT * FROM incidents ORDER BY number DESC LIMIT ?");
  const openWithTitle = db.prepare(
    "SELECT * FROM incidents WHERE resolved_at IS NULL AND service = ? AND lower(title) = lower(?)",
  );
  const activeSince = db.prepare(
    "SELECT * FROM incidents WHERE resolved_at IS NULL OR resolved_at >= ?",
  );
  const entryById = db.prepare("SELECT * FROM entries WHERE id = ?");
  const entriesOf = db.prepare("SELECT * FROM entries WHERE incident_id = ? ORDER BY seq");
  const entriesAfter = db.prepare("SELECT * FROM entries WHERE seq > ? ORDER BY seq LIMIT ?");
  const top = db.prepare("SELECT coalesce(max(seq), 0) AS seq FROM entries");

  function find(id: string): Incident | undefined {
    return toIncident(byId.get(id) as IncidentRow | undefined);
  }

  function write(id: string, entry: Omit<NewEntry, "kind"> & { kind: EntryKind }, mark: Mark) {
    const { kind, text } = entry;
    const { lastInsertRowid } = insertEntry.run(
      entry.id,
      id,
      kind,
      mark.by,
      mark.at.getTime(),
      text,
    );
    const seq = Number(lastInsertRowid);
    if (kind === "acknowledged" || kind === "resolved") {
      touch[kind].run(seq, mark.by, mark.at.getTime(), id);
    } else touch[kind].run(seq, id);
    return find(id)!; // it has just been written
  }

  return {
    find,

    /** The latest `limit` incidents, newest first. */
    list(limit = 500): Incident[] {
      return (latest.all(limit) as IncidentRow[]).map((row) => toIncident(row)!);
    },

    /** The incident that people know by `number`. */
    numbered(number: number): Incident | undefined {
      return toIncident(byNumber.get(number) as IncidentRow | undefined);
    },

    /** An incident of `service` that is not resolved and has this title, whatever its case. */
    openWithTitle(service: Service, title: string): Incident | undefined {
      return toIncident(openWithTitle.get(service, title) as IncidentRow | undefined);
    },

    /** Incidents that are not resolved, or were at `since` or later. */
    activeSince(since: Date): Incident[] {
      return (activeSince.all(since.getTime()) as IncidentRow[]).map((row) => toIncident(row)!);
    },

    /** The entries of an incident, oldest first. */
    timeline(id: string): Entry[] {
      return (entriesOf.all(id) as EntryRow[]).map(toEntry);
    },

    /** Whether an entry with this id was written before. */
    hasEntry(id: string): boolean {
      return entryById.get(id) !== undefined;
    },

    /** Opens an incident; the first entry of its timeline says so. */
    open: db.transaction((draft: Draft, mark: Mark): Incident => {
      const { id, title, service, severity } = draft;
      insertIncident.run(id, title, service, severity, mark.by, mark.at.getTime());
      return write(id, { id: crypto.randomUUID(), kind: "opened", text: null }, mark);
    }) as (draft: Draft, mark: Mark) => Incident,

    /** Adds to a timeline and changes its incident accordingly. */
    add: db.transaction(
      (id: string, entry: NewEntry, mark: Mark): Incident => write(id, entry, mark),
    ) as (id: string, entry: NewEntry, mark: Mark) => Incident,

    /** Where the log ends. */
    position(): string {
      return toPosition((top.get() as { seq: number }).seq);
    },

    /** The position right after the entry `seq`. */
    toPosition,

    /** The `seq` that a position stands for, `undefined` when this database never gave it out. */
    seqAt(position: string): number | undefined {
      const [of, digits] = position.split(":");
      const seq = of === epoch && /^\d+$/.test(digits ?? "") ? Number(digits) : undefined;
      return seq !== undefined && seq <= (top.get() as { seq: number }).seq ? seq : undefined;
    },

    /** Up to `limit` changes after `seq`, oldest first. Each carries its incident as it is now. */
    changesAfter(seq: number, limit: number): Change[] {
      return (entriesAfter.all(seq, limit) as EntryRow[]).map((row) => ({
        incident: find(row.incident_id)!, // the foreign key holds
        entry: toEntry(row),
      }));
    },

    /** Closes the file. Nothing may be called afterwards. */
    close() {
      db.close();
    },
  };
}

interface IncidentRow {
  id: string;
  number: number;
  title: string;
  service: Service;
  severity: Severity;
  opened_by: string;
  opened_at: number;
  acknowledged_by: string | null;
  acknowledged_at: number | null;
  resolved_by: string | null;
  resolved_at: number | null;
  comments: number;
  revision: number;
}

interface EntryRow {
  seq: number;
  id: string;
  incident_id: string;
  kind: EntryKind;
  by: string;
  at: number;
  text: string | null;
}

function toIncident(row: IncidentRow | undefined): Incident | undefined {
  if (!row) return undefined;
  const { id, number, title, service, severity, comments, revision } = row;
  const acknowledged = toMark(row.acknowledged_by, row.acknowledged_at);
  const resolved = toMark(row.resolved_by, row.resolved_at);
  const status = resolved ? "resolved" : acknowledged ? "acknowledged" : "open";
  const opened = { by: row.opened_by, at: new Date(row.opened_at) };
  return {
    ...{ id, number, title, service, severity, status },
    ...{ opened, acknowledged, resolved, comments, revision },
  };
}

function toMark(by: string | null, at: number | null): Mark | null {
  return by === null || at === null ? null : { by, at: new Date(at) };
}

function toEntry({ seq, id, kind, by, at, text }: EntryRow): Entry {
  return { seq, id, kind, by, at: new Date(at), text };
}
