/**
 * Transcript: what went over a network in memory, as text that a person reads and a test compares.
 * What a server makes up anew in every run gets a name, so that two runs read the same.
 */
import type { Frame } from "@tautline/contracts/runtime";
import type { Closing } from "./frame.js";

/** How a transcript is written. */
export interface TranscriptOptions {
  /**
   * How much of a frame is shown, in characters. `Infinity` shows all of it.
   * @default 200
   */
  readonly maxCharacters?: number;
}

/** One of the two ends of a socket: `C`, the client's, or `S`, the server's. */
export type End = "C" | "S";

/** Writes down what happens on the sockets of a network. */
export interface Recorder {
  /** A client dials; this names its socket by a number. */
  dialled(socket: number, url: string): void;
  /** A frame of that end reached the other one. */
  frame(socket: number, from: End, frame: Frame): void;
  /** That end was told that its socket has ended. */
  ended(socket: number, told: End, closing: Closing): void;
  /** All of it as text. */
  text(options?: TranscriptOptions): string;
}

type Line = { readonly atMs: number; readonly head: string; readonly body: string };

/**
 * Creates a recorder that has nothing yet.
 *
 * @param now The time, in milliseconds; without it none is written.
 */
export function createRecorder(now?: () => number): Recorder {
  const startMs = now?.() ?? 0;
  const lines: Line[] = [];
  const write = (head: string, body: string) =>
    void lines.push({ atMs: Math.round((now?.() ?? 0) - startMs), head, body });

  return {
    dialled: (socket, url) => write(`C${socket} dials`, url),
    frame: (socket, from, frame) =>
      write(
        `${from}${socket}:`,
        typeof frame === "string" ? frame : `${frame.byteLength} bytes, binary`,
      ),
    ended: (socket, told, { code, reason }) =>
      write(`${told}${socket}!`, reason === "" ? String(code) : `${code} ${reason}`),
    text({ maxCharacters = 200 } = {}) {
      const named = namesIn(lines);
      const written: string[] = [];
      let atMs = 0;
      for (const line of lines) {
        if (line.atMs !== atMs) written.push(`@ ${line.atMs} ms`);
        atMs = line.atMs;
        written.push(`${line.head} ${cut(named(line.body), maxCharacters)}`);
      }
      return written.join("\n");
    },
  };
}

function cut(text: string, most: number) {
  return text.length <= most ? text : `${text.slice(0, most)}… (${text.length} characters)`;
}

/** Finds the sessions that were given, and gives back what puts names in their place. */
function namesIn(lines: readonly Line[]): (text: string) => string {
  const names = new Map<string, string>();
  const counts = new Map<string, number>();
  for (const { body } of lines) {
    if (!body.includes('"session":{')) continue;
    for (const { session } of messagesIn(body)) {
      const { id: ofSession, secret, storeEpoch: epoch } = session ?? {};
      for (const [kind, value] of Object.entries({ session: ofSession, secret, epoch })) {
        if (typeof value !== "string" || names.has(value)) continue;
        const nth = (counts.get(kind) ?? 0) + 1;
        counts.set(kind, nth);
        names.set(value, nth === 1 ? `<${kind}>` : `<${kind} ${nth}>`);
      }
    }
  }
  return (text) => {
    let read = text;
    for (const [value, name] of names) read = read.replaceAll(value, name);
    return read;
  };
}

/** Of a `welcome`, all that matters here. PROTOCOL.md §3.2 */
interface Greeting {
  readonly session?: { readonly [Field in "id" | "secret" | "storeEpoch"]?: unknown };
}

function messagesIn(text: string): Greeting[] {
  try {
    return [JSON.parse(text)].flat().filter((message) => typeof message === "object" && message);
  } catch {
    return []; // not ours: an application's own protocol, or the text of a test
  }
}
