/**
 * Line: one WebSocket of the application's own class, from the asking of its URL to its close. It
 * says `connectionParams`, answers PING, and can tell when everything the server had said has
 * arrived. What is to follow is decided by its owner.
 */
import type { Encoder, WebSocketClientOptions } from "@trpc/client";
import { startKeepAlive } from "./keep-alive.js";
import type { Sending } from "./requests.js";

/** What a line tells its owner. */
export interface LineEvents {
  /** The socket is open; connectionParams may be still to come. */
  opened(line: Line): void;
  /** A frame arrived, heartbeats as well. */
  heard(): void;
  message(line: Line, message: any): void;
  /** A frame was none: the encoders of the two ends differ. */
  unreadable(error: unknown): void;
  failed(line: Line, event: Event): void;
  closed(line: Line, event: { readonly code?: number }): void;
}

/** One WebSocket. */
export interface Line {
  /** Rises with every line of the process. */
  readonly id: number;
  /** Null before the URL is known, and once it has closed. */
  readonly ws: WebSocket | null;
  /** What was sent on it and is not over, by its id there. */
  readonly sendings: Map<string, Sending>;
  /** Whether requests may be sent. */
  readonly isOpen: boolean;
  /** Whether the socket still carries messages. */
  readonly isAlive: boolean;
  /** Resolves when requests may be sent. */
  open(): Promise<void>;
  /** @throws whatever the encoder throws. */
  send(message: unknown): void;
  /** Calls `reached` once everything the server had sent has arrived. */
  fence(reached: () => void): void;
  /** Starts the closing handshake, after the opening one. */
  close(): Promise<void>;
}

const OPEN = 1; // WebSocket.OPEN, which a stand-in for the class may lack

// A server that does not finish the closing handshake is not waited for: `ws` would for 30 s.
const goodbyeMs = 2_000;

let lines = 0;

/** Creates a line that has not been opened. */
export function createLine(
  { WebSocket: given, url, connectionParams, keepAlive: keepAliveOptions }: WebSocketClientOptions,
  encoder: Encoder,
  events: LineEvents,
): Line {
  let ws: WebSocket | null = null;
  let opening: Promise<void> | undefined;
  let ready = false;
  let keepAlive: ReturnType<typeof startKeepAlive> | undefined;
  /** Who waits for a PONG, in order; nobody, where only a sign of life is wanted. */
  const fences: ((() => void) | undefined)[] = [];

  async function dial() {
    const address = await get(url);
    const asksParams = connectionParams
      ? `${address.includes("?") ? "&" : "?"}connectionParams=1`
      : "";
    const socket = new (given ?? WebSocket)(address + asksParams);
    ws = socket;
    socket.binaryType = "arraybuffer";
    await listen(socket);
    if (connectionParams) {
      const data = (await get(connectionParams)) ?? null;
      if (socket.readyState !== OPEN) throw new Error("WebSocket closed before it was ready");
      socket.send(encoder.encode({ method: "connectionParams", data }));
    }
    ready = true;
  }

  /** Resolves when the socket is open. */
  function listen(socket: WebSocket): Promise<void> {
    return new Promise((resolve, reject) => {
      let over = false;
      const end = (event: { readonly code?: number }) => {
        if (over) return;
        over = true;
        keepAlive?.stop();
        reject(event);
        events.closed(line, event);
        ws = null;
      };
      socket.addEventListener("open", () => {
        if (over) return;
        if (keepAliveOptions?.enabled) keepAlive = watch(socket, end);
        events.opened(line);
        resolve();
      });
      socket.addEventListener("message", ({ data }) => {
        if (!over) frame(socket, data);
      });
      socket.addEventListener("error", (event) => {
        if (over) return;
        reject(event);
        events.failed(line, event);
      });
      socket.addEventListener("close", end);
    });
  }

  function watch(socket: WebSocket, end: (event: { readonly code: number }) => void) {
    const server = {
      ping: () => line.fence(() => {}),
      lost() {
        socket.close();
        // Most likely there is nobody to answer that.
        setTimeout(() => {
          (socket as { terminate?(): void }).terminate?.();
          end({ code: 1006 });
        }, goodbyeMs);
      },
    };
    return startKeepAlive(server, keepAliveOptions!);
  }

  function frame(socket: WebSocket, data: any) {
    keepAlive?.alive();
    events.heard();
    if (data === "PING") return socket.send("PONG");
    if (data === "PONG") return fences.shift()?.();
    let messages: unknown;
    try {
      messages = encoder.decode(data);
    } catch (error) {
      return events.unreadable(error);
    }
    for (const message of Array.isArray(messages) ? messages : [messages]) {
      events.message(line, message);
    }
  }

  const line: Line = {
    id: ++lines,
    get ws() {
      return ws;
    },
    sendings: new Map(),
    get isOpen() {
      return ready && line.isAlive;
    },
    get isAlive() {
      return ws?.readyState === OPEN;
    },
    open() {
      opening ??= dial();
      return opening;
    },
    send: (message) => ws!.send(encoder.encode(message)),
    fence(reached) {
      fences.push(reached);
      ws!.send("PING");
    },
    async close() {
      await opening?.catch(() => {});
      ws?.close();
    },
  };
  return line;
}

function get<T>(given: T | (() => T | Promise<T>)): T | Promise<T> {
  return typeof given === "function" ? (given as () => T | Promise<T>)() : given;
}
