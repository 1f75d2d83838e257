/**
 * Transcripts: text that a person reads as a conversation and both replays play from. The form
 * is explained in README.md beside this file; here is its parser, which knows nothing of either
 * end.
 */
import type { Dialect, Limits } from "@tautline/contracts/wire";

/** Who says something. */
export type Side = "client" | "server";

/** One thing that happens. */
export type Step = { readonly line: number } & (
  | Said
  | { readonly kind: "advance"; readonly ms: number }
  /** The network breaks: both ends lose the socket. */
  | { readonly kind: "cut" }
  /** The client opens another socket. */
  | { readonly kind: "connect" }
  /** What the application at one end does or sees. */
  | { readonly kind: "app"; readonly at: Side; readonly words: string }
);

/** What one end does to a socket: the `socket`th, counted from 1, or the newest one. */
export type Said = { readonly by: Side; readonly socket: number | undefined } & (
  | {
      readonly kind: "frame";
      readonly frame: string | Uint8Array;
      /** The bytes are said to be text, which they need not be. RFC 6455 §8.1 */
      readonly asText: boolean;
      /** The network loses it: it is said, and never heard. */
      readonly isLost: boolean;
    }
  | { readonly kind: "close"; readonly code: number; readonly reason: string }
  /** The end of the socket without a closing handshake. */
  | { readonly kind: "drop" }
);

/** One conversation. */
export interface Transcript {
  /** What it shows: the comment it begins with. */
  readonly title: string;
  readonly dialect: Dialect;
  /** The subprotocols that a played client offers; such a transcript needs a real upgrade. */
  readonly offers: readonly string[] | undefined;
  /** Base dialect: the URL has `connectionParams=1`. */
  readonly params: boolean;
  /** Whether the client asks for sessions. PROTOCOL.md §9 */
  readonly session: boolean;
  readonly limits: Partial<Limits>;
  /** Options of the server, besides. */
  readonly server: ServerHeader;
  /** Options of the client, besides. */
  readonly client: Readonly<Record<string, unknown>>;
  /** The sides that the real code plays; the header says why when it is not both. */
  readonly plays: ReadonlySet<Side>;
  readonly steps: readonly Step[];
}

/** What a transcript may say of its server. */
export interface ServerHeader {
  /** How long sessions are kept; `false`: there are none. */
  readonly session?: { readonly graceMs: number } | false;
  /** `false`: mutations are not recorded. */
  readonly requests?: false;
  /** The largest answer that is recorded, in bytes. */
  readonly maxAnswerBytes?: number;
}

/** The two messages that `@ opened` stands for: those of `3-opening/hello-and-welcome.txt`. */
export interface Opening {
  /** @param asksSession Whether a new session is asked for. */
  hello(asksSession: boolean): string;
  /**
   * The welcome of the server in such a transcript.
   *
   * @param nth The session that it gives, counted from 1; undefined if it gives none.
   */
  welcome(of: Pick<Transcript, "limits" | "server">, nth: number | undefined): string;
}

/**
 * Reads a transcript.
 *
 * @throws SyntaxError that names the line.
 */
export function readTranscript(text: string, opening: Opening): Transcript {
  const lines = text.split("\n");
  const firstEmpty = lines.indexOf("");
  const head = firstEmpty < 0 ? lines : lines.slice(0, firstEmpty);
  const header = readHeader(head);
  const dialect = header.get("dialect") ?? "full";
  if (dialect !== "full" && dialect !== "base") throw bad(1, `no dialect: ${dialect}`);
  const limits = json(header.get("limits") ?? "{}", 1) as Partial<Limits>;
  const server = json(header.get("server") ?? "{}", 1) as ServerHeader;
  const session = header.get("session") === "yes";

  const steps: Step[] = [];
  let sessions = 0;
  for (const { line, text: words } of joined(lines, head.length)) {
    if (words === "@ opened" || words === "@ opened again") {
      if (words === "@ opened") steps.push(readStep("@ client connects", line));
      const nth = session && server.session !== false ? ++sessions : undefined;
      steps.push(readStep(`C: ${opening.hello(session)}`, line));
      steps.push(readStep(`S: ${opening.welcome({ limits, server }, nth)}`, line));
    } else steps.push(readStep(words, line));
  }
  return {
    title: head
      .filter((line) => line.startsWith("# "))
      .map((line) => line.slice(2))
      .join(" "),
    dialect,
    offers: header.get("offers")?.split(", "),
    params: header.get("params") === "yes",
    session,
    limits,
    server,
    client: json(header.get("client") ?? "{}", 1) as Record<string, unknown>,
    plays: readPlays(header.get("only")),
    steps,
  };
}

const keys = new Set([
  "dialect",
  "offers",
  "params",
  "session",
  "limits",
  "server",
  "client",
  "only",
]);

function readHeader(head: readonly string[]) {
  if (!head[0]?.startsWith("# ")) throw bad(1, "a transcript begins with what it shows");
  const header = new Map<string, string>();
  for (const [index, line] of head.entries()) {
    if (line.startsWith("#")) continue;
    const [, key = "", value = ""] = /^(\w+): (.+)$/.exec(line) ?? [];
    if (!keys.has(key)) throw bad(index + 1, `no header: ${line}`);
    header.set(key, value);
  }
  return header;
}

function readPlays(only: string | undefined): ReadonlySet<Side> {
  if (only === undefined) return new Set(["client", "server"]);
  const [, side] = /^(client|server), \S+/.exec(only) ?? [];
  if (side === undefined) throw bad(1, "`only` names a side and says why");
  return new Set([side as Side]);
}

/** Puts lines that were broken for the reader together again; leaves comments out. */
function joined(lines: readonly string[], from: number) {
  const whole: { line: number; text: string }[] = [];
  for (let index = from; index < lines.length; index++) {
    const line = lines[index]!;
    if (line === "" || line.startsWith("#")) continue;
    if (!line.startsWith(" ")) whole.push({ line: index + 1, text: line });
    else if (whole.length === 0) throw bad(index + 1, "nothing to go on from");
    else whole.at(-1)!.text += line.trimStart();
  }
  return whole;
}

const sides: Readonly<Record<string, Side>> = { C: "client", S: "server" };

function readStep(text: string, line: number): Step {
  const [, who = "", nth, mark, body = ""] = /^([CS])(\d?)([:~!]) (.+)$/.exec(text) ?? [];
  if (who !== "") {
    const socket = nth === "" ? undefined : Number(nth);
    const said = mark === "!" ? readEnd(body, line) : readFrame(body, mark === "~");
    return { by: sides[who]!, socket, line, ...said };
  }
  const advance = /^@ advance (\d+)$/.exec(text);
  if (advance) return { kind: "advance", ms: Number(advance[1]), line };
  if (text === "@ cut") return { kind: "cut", line };
  if (text === "@ connect") return { kind: "connect", line };
  const act = /^@ (client|server) (.+)$/.exec(text);
  if (act) return { kind: "app", at: act[1] as Side, words: act[2]!, line };
  throw bad(line, `no step: ${text}`);
}

// `bytes 00 ff` is a binary frame, `utf-8 00 ff` a text frame; everything else travels as it stands.
function readFrame(body: string, isLost: boolean) {
  const [, kind, hex = ""] = /^(bytes|utf-8)((?: [0-9a-f]{2})+)$/.exec(body) ?? [];
  const bytes = Uint8Array.from(hex.trim().split(" "), (byte) => Number.parseInt(byte, 16));
  return {
    kind: "frame" as const,
    frame: kind === undefined ? body : bytes,
    asText: kind !== "bytes",
    isLost,
  };
}

function readEnd(body: string, line: number) {
  if (body === "drop") return { kind: "drop" as const };
  const [, code, reason = ""] = /^close (\d+)(?: (.+))?$/.exec(body) ?? [];
  if (code === undefined) throw bad(line, `no end: ${body}`);
  return { kind: "close" as const, code: Number(code), reason };
}

function json(text: string, line: number): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw bad(line, `no JSON: ${text}`);
  }
}

function bad(line: number, what: string) {
  return new SyntaxError(`Line ${line}: ${what}`);
}
