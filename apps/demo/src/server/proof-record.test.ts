import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "libsql";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createProofRecord, type ProofRecord } from "./proof-record.js";

const run = crypto.randomUUID();
let folder: string;
let file: string;
let record: ProofRecord;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "incident-room-"));
  file = join(folder, "proof.db");
  record = createProofRecord(file);
});
afterEach(() => {
  record.close();
  rmSync(folder, { recursive: true });
});

describe("the record of the proof", () => {
  it("knows what was executed, run by run", () => {
    for (const number of [4, 1, 2, 9, 10]) expect(record.execute(run, number)).toBe(false);
    record.execute(crypto.randomUUID(), 3);
    expect(record.of(run)).toEqual({
      executed: [
        [1, 2],
        [4, 4],
        [9, 10],
      ],
      twice: 0,
      known: 0,
    });
  });

  it("executes nothing twice, and counts who asked", () => {
    expect([1, 1, 1].map((number) => record.execute(run, number))).toEqual([false, true, true]);
    expect(record.of(run)).toEqual({ executed: [[1, 1]], twice: 0, known: 2 });
  });

  it("would show it if something was executed twice", () => {
    record.execute(run, 1);
    const db = new Database(file);
    db.exec("INSERT INTO requests (run, number, executed, at) SELECT run, 1, 1, at FROM requests");
    db.close();
    expect(record.of(run)).toEqual({ executed: [[1, 1]], twice: 1, known: 0 });
  });

  it("is there for the next process", () => {
    record.execute(run, 1);
    const next = createProofRecord(file); // the first was never closed, as if it had been killed
    expect(next.execute(run, 1)).toBe(true);
    next.close();
  });

  it("forgets runs that are old when another begins", () => {
    let now = 0;
    const clocked = createProofRecord(":memory:", () => now);
    clocked.execute(run, 1);
    now = 4_000_000;
    clocked.execute(run, 2);
    expect(clocked.of(run).executed).toEqual([[1, 2]]);
    clocked.execute(crypto.randomUUID(), 1);
    expect(clocked.of(run).executed).toEqual([[2, 2]]);
    clocked.close();
  });
});
