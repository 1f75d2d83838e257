import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { now, openHistory, parseHistory, readHistory } from "./history.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tautline-history-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const ok = (call: string) => ({ kind: "ok", call, result: null }) as const;

describe("a history", () => {
  it("gives back what was noted, with who and when", async () => {
    const before = now();
    const writer = openHistory(join(folder, "a.jsonl"), "a");
    writer.note(ok("1"));
    writer.note(ok("2"));
    writer.close();
    const events = readHistory(folder);
    expect(events).toMatchObject([
      { by: "a", kind: "ok", call: "1" },
      { by: "a", kind: "ok", call: "2" },
    ]);
    expect(events[0]!.at).toBeGreaterThanOrEqual(before);
    expect(events[1]!.at).toBeLessThanOrEqual(now());
  });

  it("is written before the turn of the event loop ends", async () => {
    const path = join(folder, "a.jsonl");
    const writer = openHistory(path, "a");
    const written = new Promise<string>((resolve) => {
      setImmediate(() => resolve(readFileSync(path, "utf8")));
    });
    writer.note(ok("1"));
    writer.note(ok("2"));
    expect(parseHistory(await written)).toHaveLength(2);
    writer.close();
  });

  it("is written at once when asked to, after what was noted before", () => {
    const path = join(folder, "a.jsonl");
    const writer = openHistory(path, "a");
    writer.note(ok("1"));
    writer.noteNow(ok("2"));
    const calls = parseHistory(readFileSync(path, "utf8")).map(
      (event) => "call" in event && event.call,
    );
    expect(calls).toEqual(["1", "2"]);
    writer.close();
  });

  it("of several processes is one, in the order of time", () => {
    const a = openHistory(join(folder, "a.jsonl"), "a");
    const b = openHistory(join(folder, "b.jsonl"), "b");
    a.noteNow(ok("1"));
    b.noteNow(ok("2"));
    a.noteNow(ok("3"));
    for (const writer of [a, b]) writer.close();
    expect(readHistory(folder).map(({ by }) => by)).toEqual(["a", "b", "a"]);
  });

  it("goes on in the same file when its writer is started again", () => {
    const path = join(folder, "a.jsonl");
    for (const call of ["1", "2"]) {
      const writer = openHistory(path, "a");
      writer.noteNow(ok(call));
      writer.close();
    }
    expect(readHistory(folder)).toHaveLength(2);
  });

  it("has one clock with other processes", async () => {
    const before = now();
    const code = "console.log(Number(process.hrtime.bigint()) / 1e6)";
    const child = spawn(process.execPath, ["-e", code], { stdio: ["ignore", "pipe", "inherit"] });
    const [text] = await once(child.stdout.setEncoding("utf8"), "data");
    expect(Number(text)).toBeGreaterThan(before);
    expect(Number(text)).toBeLessThan(now());
  });

  it("has lost at most its last line when its writer was killed", () => {
    const path = join(folder, "a.jsonl");
    const writer = openHistory(path, "a");
    writer.noteNow(ok("1"));
    writer.close();
    appendFileSync(path, '{"at":12,"by":"a","kind":"o');
    expect(readHistory(folder)).toMatchObject([{ call: "1" }]);
  });

  it("goes on after a torn line as if that had not been begun", () => {
    const path = join(folder, "a.jsonl");
    appendFileSync(path, '{"at":1,"by":"a","kind":"ok","call":"1","result":null}\n{"at":12,"b');
    const writer = openHistory(path, "a");
    writer.noteNow(ok("2"));
    writer.close();
    expect(readHistory(folder)).toMatchObject([{ call: "1" }, { call: "2" }]);
  });

  it("is refused when a line before the last is no event", () => {
    expect(() => parseHistory('{"at":1}\n{"at\n{"at":2}\n')).toThrow(SyntaxError);
  });
});
