/**
 * A client of bytes: a TCP socket, an upgrade request written by hand, and whatever a test cares
 * to send after it. It keeps what it hears, and how the line ended.
 */
import { connect, type Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { close, type FrameParts, frame, json, Opcode, readFrames, text } from "./frames.js";

/** How a connection ended, as its client saw it. */
export interface Ending {
  /** The code of the server's closing frame; 1006 when none came. */
  readonly code: number;
  readonly reason: string;
  /** The socket was reset, not ended. */
  readonly reset: boolean;
}

/** What an HTTP server answered. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Any message of the server: tests look into it without ceremony. */
export type Message = any;

// Far above what anything here takes, so that only what hangs meets it.
const patienceMs = 20_000;

/** One TCP connection to a server. */
export class RawClient {
  readonly socket: Socket;
  /** Messages in order, arrays taken apart; PING and PONG as the texts they are. */
  readonly heard: Message[] = [];
  /** Payloads of the pong frames that came. */
  readonly pongs: string[] = [];
  /** What came before the upgrade, or instead of it. */
  http = "";
  /** How it ended; undefined while it has not. */
  ending: Ending | undefined;
  /** Whether a closing frame is answered with one, as RFC 6455 §5.5.1 wants it. */
  answersClose = true;

  #upgraded = false;
  #rest: Buffer = Buffer.alloc(0);
  #closeFrame: { readonly code: number; readonly reason: string } | undefined;
  #reset = false;
  readonly #waiting = new Set<() => void>();

  constructor(port: number) {
    this.socket = connect({ port, host: "127.0.0.1", noDelay: true, allowHalfOpen: true });
    this.socket.on("data", (bytes) => this.#hear(bytes));
    this.socket.on("error", () => {
      this.#reset = true;
    });
    // The server has said all it will; we do the same, unless a test holds our half open.
    this.socket.on("end", () => {
      this.#end();
      this.socket.end();
    });
    this.socket.on("close", () => this.#end());
  }

  /** Sends bytes as they are. */
  write(...bytes: readonly (string | Uint8Array)[]) {
    for (const part of bytes) this.socket.write(part);
  }

  /** Sends bytes in pieces that arrive apart from each other. */
  async trickle(bytes: string | Uint8Array, size = 1) {
    const whole = Buffer.from(bytes);
    for (let at = 0; at < whole.length && this.ending === undefined; at += size) {
      await new Promise((resolve) => this.socket.write(whole.subarray(at, at + size), resolve));
      await nextTurn();
    }
  }

  /** Sends messages in one frame. */
  say(...messages: readonly Message[]) {
    this.write(json(messages.length === 1 ? messages[0] : messages));
  }

  /** Sends one text frame. */
  text(payload: string | Uint8Array, more?: Partial<FrameParts>) {
    this.write(text(payload, more));
  }

  /** Sends one frame of any kind. */
  frame(parts: FrameParts) {
    this.write(frame(parts));
  }

  /** Waits until something is true of what was heard. */
  until<T>(what: string, look: () => T | undefined | false): Promise<T> {
    return new Promise((resolve, reject) => {
      const check = () => {
        const found = look();
        if (found === undefined || found === false) return;
        clearTimeout(timer);
        this.#waiting.delete(check);
        resolve(found);
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(check);
        reject(new Error(`Waited in vain for ${what}; ${this.#story()}`));
      }, patienceMs);
      this.#waiting.add(check);
      check();
    });
  }

  /** Waits for the first message about a call that is its answer, or the end of a stream. */
  answerTo(id: unknown): Promise<Message> {
    return this.until(`an answer to ${id}`, () =>
      this.heard.find((message) => message?.id === id && message.result?.type !== "started"),
    );
  }

  /** Sends a message and waits for its answer. */
  ask(message: Message): Promise<Message> {
    this.say(message);
    return this.answerTo(message.id);
  }

  /** Waits for the server to end the connection. */
  ended(): Promise<Ending> {
    return this.until("the end of the connection", () => this.ending);
  }

  /** Waits for an HTTP answer; only before the upgrade. */
  httpAnswer(): Promise<HttpAnswer> {
    return this.until("an HTTP answer", () => readAnswer(this.http));
  }

  /** Leaves politely, and waits for the server to have agreed. */
  async leave() {
    if (this.ending === undefined) this.write(close(1000));
    const { code } = await this.ended();
    if (code !== 1000) throw new Error(`Left with ${code}; ${this.#story()}`);
  }

  /** Drops the connection with a reset, as a crashed peer does. */
  reset() {
    this.socket.resetAndDestroy();
  }

  #hear(bytes: Buffer) {
    if (!this.#upgraded) {
      this.http += bytes.toString("latin1");
      const end = this.http.indexOf("\r\n\r\n");
      if (end === -1 || !this.http.startsWith("HTTP/1.1 101 ")) return this.#tell();
      this.#upgraded = true;
      const after = Buffer.from(this.http.slice(end + 4), "latin1");
      this.http = this.http.slice(0, end + 4);
      return this.#read(after);
    }
    this.#read(bytes);
  }

  #read(bytes: Buffer) {
    const { frames, rest } = readFrames(Buffer.concat([this.#rest, bytes]));
    this.#rest = rest;
    for (const { opcode, payload, masked, rsv, fin } of frames) {
      if (masked || rsv !== 0 || !fin) throw new Error("The server sent a frame it must not send");
      if (opcode === Opcode.text) this.#take(payload.toString());
      else if (opcode === Opcode.pong) this.pongs.push(payload.toString());
      else if (opcode === Opcode.close) {
        const code = payload.length === 0 ? 1005 : payload.readUInt16BE();
        this.#closeFrame = { code, reason: payload.subarray(2).toString() };
        if (this.answersClose) this.write(frame({ opcode, payload }));
      }
    }
    this.#tell();
  }

  #take(payload: string) {
    if (payload === "PING" || payload === "PONG") this.heard.push(payload);
    else this.heard.push(...[JSON.parse(payload)].flat());
  }

  #end() {
    this.ending ??= { ...(this.#closeFrame ?? { code: 1006, reason: "" }), reset: this.#reset };
    this.#tell();
  }

  #tell() {
    for (const check of [...this.#waiting]) check();
  }

  #story() {
    const heard = JSON.stringify(this.heard.slice(-3))?.slice(0, 500);
    return `heard last ${heard}, ended ${JSON.stringify(this.ending)}, http ${this.http.slice(0, 200)}`;
  }
}

function readAnswer(http: string): HttpAnswer | undefined {
  const end = http.indexOf("\r\n\r\n");
  if (end === -1) return undefined;
  const [first, ...lines] = http.slice(0, end).split("\r\n");
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const body = http.slice(end + 4);
  if (body.length < Number(headers["content-length"] ?? 0)) return undefined;
  return { status: Number(first!.split(" ")[1]), headers, body };
}

/** An upgrade request, line by line; a header given as undefined is left out. */
export interface UpgradeParts {
  readonly method?: string;
  readonly target?: string;
  readonly version?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** The text of an upgrade request, a correct one unless a test says otherwise. RFC 6455 §4.1 */
export function upgradeRequest(parts: UpgradeParts = {}): string {
  const { method = "GET", target = "/", version = "HTTP/1.1" } = parts;
  const headers = {
    Host: "localhost",
    Upgrade: "websocket",
    Connection: "Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
    ...parts.headers,
  };
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [value].flat().map((one) => `${name}: ${one}`),
  );
  return `${method} ${target} ${version}\r\n${lines.join("\r\n")}\r\n\r\n`;
}

/** How a connection is opened. */
export interface OpenOptions extends UpgradeParts {
  /** @default "full" */
  readonly dialect?: "full" | "base";
  /** What hello says besides, or false when none is to be said. @default {} */
  readonly hello?: object | false;
}

/** Connects, upgrades, and in the full dialect says hello and waits to be welcomed. */
export async function open(port: number, options: OpenOptions = {}): Promise<RawClient> {
  const { dialect = "full", hello = {}, ...parts } = options;
  const protocol = dialect === "full" ? { "Sec-WebSocket-Protocol": "tautline.1" } : {};
  const client = new RawClient(port);
  client.write(upgradeRequest({ ...parts, headers: { ...protocol, ...parts.headers } }));
  await client.until("the upgrade", () => client.http.startsWith("HTTP/1.1 101 "));
  if (dialect === "full" && hello !== false) {
    client.say({ method: "hello", version: 1, ...hello });
    await client.until("welcome", () => client.heard.some(({ method }) => method === "welcome"));
  }
  return client;
}
