/**
 * The server's own record of what the load of the proof made it do: an append for each time a
 * number was asked for. It is a file of its own, so that it survives the process, which the proof
 * kills, and none of it gets among the incidents.
 */
import Database from "libsql";
import type { RunRecord } from "../domain.js";

/** What is older than this is forgotten when a run begins, in milliseconds. */
const keptMs = 3_600_000;

// Nothing here is UNIQUE: a number that was executed twice has to show, not to fail.
const schema = `
  CREATE TABLE IF NOT EXISTS requests (
    seq INTEGER PRIMARY KEY,
    run TEXT NOT NULL,
    number INTEGER NOT NULL,
    executed INTEGER NOT NULL,
    at INTEGER NOT NULL
  );
  CREATE INDEX IF NOT EXISTS requests_of_run ON requests (run, executed, number);
`;

/** The open record. */
export type ProofRecord = ReturnType<typeof createProofRecord>;

/**
 * Opens the record in `file`; `":memory:"` keeps it in memory.
 *
 * @throws Error when the file is no database or can not be written.
 */
export function createProofRecord(file: string, now: () => number = Date.now) {
  const db = new Database(file);
  // As in store.ts: what was committed survives a killed process.
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = NORMAL");
  db.exec(schema);

  const executions = db.prepare(
    "SELECT count(*) AS times FROM requests WHERE run = ? AND executed = 1 AND number = ?",
  );
  const forget = db.prepare("DELETE FROM requests WHERE at < ?");
  const append = db.prepare("INSERT INTO requests (run, number, executed, at) VALUES (?, ?, ?, ?)");
  // Neighbours rise as fast as their places in the list do: number - place is the same for them.
  const ranges = db.prepare(
    `SELECT min(number) AS first, max(number) AS last, sum(times > 1) AS twice
     FROM (
       SELECT number, count(*) AS times, number - row_number() OVER (ORDER BY number) AS range
       FROM requests WHERE run = ? AND executed = 1 GROUP BY number
     )
     GROUP BY range ORDER BY first`,
  );
  const repeats = db.prepare(
    "SELECT count(*) AS times FROM requests WHERE run = ? AND executed = 0",
  );

  return {
    /**
     * Executes `number` of `run`, which is to write that down, unless that was done before.
     *
     * @returns whether it was.
     */
    execute: db.transaction((run: string, number: number): boolean => {
      if (number === 1) forget.run(now() - keptMs);
      const known = (executions.get(run, number) as { times: number }).times > 0;
      append.run(run, number, known ? 0 : 1, now());
      return known;
    }) as (run: string, number: number) => boolean,

    /** What was written down of `run`. */
    of(run: string): RunRecord {
      const rows = ranges.all(run) as { first: number; last: number; twice: number }[];
      return {
        executed: rows.map(({ first, last }) => [first, last]),
        twice: rows.reduce((sum, { twice }) => sum + twice, 0),
        known: (repeats.get(run) as { times: number }).times,
      };
    },

    /** Closes the file. Nothing may be called afterwards. */
    close() {
      db.close();
    },
  };
}
