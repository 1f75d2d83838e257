/**
 * What the handlers own: a file of what was done, and a log of numbered entries. Both are written
 * before anybody hears of them and outlive the process, as a database would.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { now, openHistory, parseHistory } from "./history.js";
import { checkOf, logName } from "./service.js";

const read = (path: string) => (existsSync(path) ? parseHistory(readFileSync(path, "utf8")) : []);

/** Opens the file of what was done. */
export function openLedger(folder: string, by: string) {
  const path = join(folder, "ledger.jsonl");
  const attempts = new Map<string, number>();
  for (const event of read(path)) {
    if (event.kind === "execute") attempts.set(event.call, event.attempt);
  }
  const writer = openHistory(path, by);
  return {
    /** Does it, and says how often that makes. */
    do(call: string): number {
      const attempt = (attempts.get(call) ?? 0) + 1;
      attempts.set(call, attempt);
      writer.noteNow({ kind: "execute", call, attempt });
      return attempt;
    },
  };
}

/** Opens the log. */
export function openLog(folder: string, by: string) {
  const path = join(folder, "log.jsonl");
  let last = read(path).reduce((n, event) => (event.kind === "publish" ? event.offset : n), 0);
  const writer = openHistory(path, by);
  const waiting = new Set<() => void>();
  let timer: NodeJS.Timeout | undefined;

  function add() {
    last++;
    writer.noteNow({
      kind: "publish",
      stream: logName,
      epoch: logName,
      offset: last,
      payload: checkOf(last),
    });
    for (const wake of waiting) wake();
    waiting.clear();
  }

  return {
    get last() {
      return last;
    },
    /** Adds so many entries a second; 0 stops it. */
    pace(perSecond: number) {
      clearInterval(timer);
      if (perSecond === 0) return;
      // By the clock: a stopped process that goes on has much to make up for, but not all at once.
      let dueAt = now();
      timer = setInterval(
        () => {
          const due = Math.min(20, Math.floor(((now() - dueAt) / 1_000) * perSecond));
          for (let n = 0; n < due; n++) add();
          if (due > 0) dueAt = Math.max(dueAt + (due * 1_000) / perSecond, now() - 1_000);
        },
        Math.min(50, 1_000 / perSecond),
      );
    },
    /** The numbers behind `from`, then each as it is added. */
    async *follow(from: number, signal: AbortSignal) {
      for (let n = from + 1; !signal.aborted; n++) {
        while (n > last && !signal.aborted) {
          await new Promise<void>((resolve) => {
            waiting.add(resolve);
            signal.addEventListener("abort", () => resolve(), { once: true });
          });
        }
        if (n <= last) yield n;
      }
    },
  };
}
