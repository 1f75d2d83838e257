/**
 * History: what every actor of a run did and saw, one event a line, so that what was promised can be
 * checked afterwards. Each process appends to a file of its own; a file outlives the process that is
 * killed while it writes, but for its last line.
 */
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import type { Event, Happening } from "./events.js";

/**
 * Now, in milliseconds. Of one clock for all processes of a machine (CLOCK_MONOTONIC on Linux),
 * which `performance.now()` is not: it counts from the start of its process.
 */
export const now = () => Number(process.hrtime.bigint()) / 1e6;

/** Where an actor writes down what happens to it. */
export interface Writer {
  /** Notes something. It is written in this turn of the event loop. */
  note(happening: Happening): void;
  /**
   * Notes something and writes it now: what others see of this process after that has been noted, even
   * if it is killed then.
   */
  noteNow(happening: Happening): void;
  close(): void;
}

/**
 * Opens a file to append to. A torn last line of a writer before is taken away.
 *
 * @param by Who writes.
 * @param later When notes are written. Microtasks come before the most of what a server says is sent.
 * Who is never killed while it matters can take `setImmediate`: thousands of notes then share a call.
 */
export function openHistory(
  path: string,
  by: string,
  later: (run: () => void) => unknown = queueMicrotask,
): Writer {
  dropTornLine(path);
  const file = openSync(path, "a");
  let waiting = "";
  let isOpen = true;

  function add(happening: Happening) {
    waiting += `${JSON.stringify({ at: now(), by, ...happening })}\n`;
  }
  function flush() {
    if (waiting === "" || !isOpen) return;
    const text = waiting;
    waiting = "";
    // One call for one or more lines, and in the kernel's hands at once: a SIGKILL takes nothing back.
    writeSync(file, text);
  }
  process.on("exit", flush);

  return {
    note(happening) {
      if (waiting === "") later(flush);
      add(happening);
    },
    noteNow(happening) {
      add(happening);
      flush();
    },
    close() {
      flush();
      isOpen = false;
      process.off("exit", flush);
      closeSync(file);
    },
  };
}

function dropTornLine(path: string) {
  if (!existsSync(path)) return;
  const bytes = readFileSync(path);
  const whole = bytes.lastIndexOf("\n") + 1;
  if (whole < bytes.length) truncateSync(path, whole);
}

/**
 * Reads the events of one file. Whoever wrote it may have been killed, so its last line may be torn.
 *
 * @throws SyntaxError when any other line is no event.
 */
export function parseHistory(text: string): Event[] {
  const lines = text.split("\n");
  const last = lines.pop()!; // nothing, unless it was torn
  const events = lines.map((line) => JSON.parse(line) as Event);
  if (last !== "") {
    try {
      events.push(JSON.parse(last));
    } catch {
      // Torn: whatever it was to say has had no effect that others could see.
    }
  }
  return events;
}

/** Reads all histories of a folder as one, in the order of time. */
export function readHistory(folder: string): Event[] {
  const files = readdirSync(folder).filter((name) => name.endsWith(".jsonl"));
  return files
    .flatMap((name) => parseHistory(readFileSync(join(folder, name), "utf8")))
    .sort((a, b) => a.at - b.at);
}
