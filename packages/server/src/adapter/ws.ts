/**
 * The home of `ws`: sockets that `ws` accepted, as the rest of the server sees sockets.
 */
import type { IncomingMessage } from "node:http";
import type { Socket as NetSocket } from "node:net";
import type { Duplex } from "node:stream";
import type { Frame, Socket, SocketHandler } from "@tautline/contracts/runtime";
import { chooseDialect } from "@tautline/contracts/wire";
import { type RawData, type ServerOptions, WebSocket, WebSocketServer } from "ws";
import { toBytes } from "./frame.js";

/** Turns upgrade requests into sockets. */
export interface SocketAcceptor {
  accept(
    request: IncomingMessage,
    stream: Duplex,
    head: Buffer,
    decided: {
      socket(socket: Socket): void;
      /** The handshake is none of RFC 6455 §4.2.1. The stream has been left as it was. */
      refused(status: 400 | 405 | 426, reason: string): void;
    },
  ): void;
}

/** Options of ws that its type declarations do not know yet. */
interface LaterOptions {
  autoPong: boolean;
  closeTimeout: number;
  maxFragments: number;
  maxBufferedChunks: number;
}

/** Creates an acceptor for frames of at most `maxFrameBytes`. */
export function createAcceptor({
  maxFrameBytes,
}: {
  readonly maxFrameBytes: number;
}): SocketAcceptor {
  const server = new WebSocketServer(<ServerOptions & LaterOptions>{
    noServer: true,
    maxPayload: maxFrameBytes,
    // A frame of a byte each is a legal way to send a message, and costs a hundred times its size.
    maxFragments: 1_024,
    maxBufferedChunks: 16_384,
    perMessageDeflate: false,
    autoPong: false, // ws answers each ping at once, and drops without a word who sends sixty
    // A peer that does not finish the closing handshake would hold the socket for ws's own 30 s.
    closeTimeout: 2_000,
    clientTracking: false,
    WebSocket: OwnedWebSocket,
    handleProtocols: (offered) => chooseDialect(offered).protocol || false,
  });
  return {
    accept(request, stream, head, { socket, refused }) {
      // What ws lets through: a proxy that speaks HTTP/1.0 keeps no upgraded stream, and in version
      // 8, a draft, the page's origin travels in another header, past whoever looks at this one.
      if (request.method !== "GET") return refused(405, "Cannot upgrade anything but GET");
      if (request.httpVersion === "1.0") return refused(400, "Cannot upgrade HTTP/1.0");
      if (request.headers["sec-websocket-version"] !== "13") {
        return refused(426, "Cannot speak any version of WebSocket but 13");
      }
      const onRefused = ({ message }: Error) => refused(400, message);
      server.once("wsClientError", onRefused);
      server.handleUpgrade(request, stream, head, (webSocket) =>
        socket(new AcceptedSocket(webSocket as OwnedWebSocket, stream)),
      );
      server.off("wsClientError", onRefused);
    },
  };
}

interface Ending {
  readonly code: number;
  readonly reason: string;
}

// What ws closes with when it can not read on. RFC 6455 §7.4.1
const codeOfError: Readonly<Record<string, number | undefined>> = {
  WS_ERR_EXPECTED_FIN: 1002,
  WS_ERR_EXPECTED_MASK: 1002,
  WS_ERR_INVALID_CLOSE_CODE: 1002,
  WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH: 1002,
  WS_ERR_INVALID_OPCODE: 1002,
  WS_ERR_UNEXPECTED_RSV_1: 1002,
  WS_ERR_UNEXPECTED_RSV_2_3: 1002,
  WS_ERR_INVALID_UTF8: 1007,
  WS_ERR_TOO_MANY_BUFFERED_PARTS: 1008,
  WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH: 1009,
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 1009,
};

const noExtensions = Object.freeze({});

/**
 * A socket of `ws` that tells its one owner what it has to tell. A table of listeners would take a
 * quarter of a kilobyte, ten thousand times, and a look-up for each message.
 */
class OwnedWebSocket extends WebSocket {
  owner: AcceptedSocket | undefined;
  /** One for all, where ws makes each its own: none is ever agreed on, as `perMessageDeflate` is off. */
  readonly _extensions = noExtensions;

  override emit(event: string | symbol, first?: unknown, second?: unknown): boolean {
    const { owner } = this;
    if (owner === undefined) return false;
    if (event === "message") owner.received(toFrame(first as RawData, second as boolean));
    else if (event === "ping") owner.pinged(first as Buffer);
    else if (event === "pong") owner.ponged();
    else if (event === "error") owner.failed(first as WsError);
    else if (event === "close") owner.closed(first as number, second as Buffer);
    return true;
  }
}

type WsError = Error & { readonly code?: string };

function toFrame(data: RawData, isBinary: boolean): Frame {
  const bytes = data as Buffer; // ws's own `binaryType`
  return isBinary ? bytes : bytes.toString("utf8");
}

const nothing = Buffer.alloc(0);

/** A socket that `ws` accepted. There may be ten thousand, so it makes no functions of its own. */
class AcceptedSocket implements Socket {
  readonly #webSocket: WebSocket;
  /** What lies under it. */
  readonly #stream: Duplex;
  #handler: SocketHandler | undefined;
  /** Frames that came before there was a handler. */
  #early: Frame[] | undefined;
  /** The latest ping that has no answer yet. */
  #unanswered: Buffer | undefined;
  /** The kernel has to be waited for. */
  #isBehind = false;
  /** How it ended; or how it is going to, once a frame was broken: ws forgets what was wrong. */
  #ending: Ending | undefined;

  constructor(webSocket: OwnedWebSocket, stream: Duplex) {
    this.#webSocket = webSocket;
    this.#stream = stream;
    webSocket.owner = this;
  }

  get protocol() {
    return this.#webSocket.protocol;
  }

  get bufferedBytes() {
    return this.#webSocket.bufferedAmount;
  }

  get bytesRead() {
    return (this.#stream as Partial<NetSocket>).bytesRead;
  }

  start(handler: SocketHandler) {
    this.#handler = handler;
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const frame of early) handler.frame(frame);
    if (this.#webSocket.readyState === this.#webSocket.CLOSED) this.#tellEnd();
  }

  send(frame: Frame) {
    this.sendAll([frame]);
  }

  sendAll(frames: readonly Frame[]) {
    if (!this.#isOpen) return;
    this.#stream.write(toBytes(frames)); // one system call for all of them
    if (this.bufferedBytes > 0) this.#awaitDrain();
  }

  // Told only when the kernel had to be waited for, because then the peer must have read something.
  // The stream's own `drain` comes after any 16 KiB, and never after less; writing nothing calls
  // back when all before it was handed on.
  #awaitDrain() {
    if (this.#isBehind || !this.#isOpen) return;
    this.#isBehind = true;
    this.#stream.write(nothing, (error) => {
      this.#isBehind = false;
      if (error || !this.#isOpen) return;
      if (this.bufferedBytes > 0) this.#awaitDrain();
      else this.#handler?.drain?.();
    });
  }

  pause() {
    this.#webSocket.pause();
  }

  resume() {
    this.#webSocket.resume();
  }

  close(code: number, reason = "") {
    this.#webSocket.close(code, truncate(reason));
  }

  terminate() {
    this.#webSocket.terminate();
  }

  get #isOpen() {
    return this.#webSocket.readyState === this.#webSocket.OPEN;
  }

  // ---- what ws tells ---------------------------------------------------------------------

  received(frame: Frame) {
    if (!this.#isOpen) return; // we are closing: nobody will look at it
    if (this.#handler !== undefined) return this.#handler.frame(frame);
    this.#early ??= [];
    this.#early.push(frame);
  }

  pinged(data: Buffer) {
    // Only the latest ping wants an answer (RFC 6455 §5.5.3): a flood of them gets one each turn.
    if (this.#unanswered === undefined) setImmediate(() => this.#pong());
    this.#unanswered = data;
    this.#handler?.control?.();
  }

  #pong() {
    const data = this.#unanswered;
    this.#unanswered = undefined;
    if (this.#isOpen) this.#webSocket.pong(data);
  }

  ponged() {
    this.#handler?.control?.();
  }

  failed({ code, message }: WsError) {
    const closeCode = codeOfError[code ?? ""];
    // A broken frame: ws tells the peer the code that says so.
    if (closeCode !== undefined) this.#ending = { code: closeCode, reason: message };
  }

  closed(code: number, reason: Buffer) {
    this.#ending ??= { code, reason: reason.toString("utf8") };
    this.#tellEnd();
  }

  #tellEnd() {
    if (this.#ending !== undefined) this.#handler?.close(this.#ending.code, this.#ending.reason);
  }
}

/** 123, not 125: the close frame spends two bytes on its code. RFC 6455 §5.5.1 */
function truncate(reason: string): string {
  let text = reason.slice(0, 123);
  while (Buffer.byteLength(text) > 123) text = text.slice(0, -1);
  return text;
}
