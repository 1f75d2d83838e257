/**
 * The home of `ws`: sockets that `ws` accepted, as the rest of the server sees sockets.
 */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Frame, Socket, SocketHandler } from "@tautline/contracts/runtime";
import { chooseDialect } from "@tautline/contracts/wire";
import { type RawData, type ServerOptions, type WebSocket, WebSocketServer } from "ws";

/** Turns upgrade requests into sockets. */
export interface SocketAcceptor {
  accept(
    request: IncomingMessage,
    stream: Duplex,
    head: Buffer,
    onSocket: (socket: Socket) => void,
  ): void;
}

/** Options of ws that its type declarations do not know yet. */
interface LaterOptions {
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
    // A peer that does not finish the closing handshake would hold the socket for ws's own 30 s.
    closeTimeout: 2_000,
    clientTracking: false,
    handleProtocols: (offered) => chooseDialect(offered).protocol || false,
  });
  return {
    accept(request, stream, head, onSocket) {
      server.handleUpgrade(request, stream, head, (webSocket) => onSocket(wrap(webSocket, stream)));
    },
  };
}

function wrap(webSocket: WebSocket, stream: Duplex): Socket {
  let handler: SocketHandler | undefined;
  let early: Frame[] = [];
  let closed: { readonly code: number; readonly reason: string } | undefined;

  webSocket.on("message", (data: RawData, isBinary: boolean) => {
    const frame = isBinary ? (data as Buffer) : (data as Buffer).toString("utf8");
    if (handler === undefined) early.push(frame);
    else handler.frame(frame);
  });
  webSocket.on("close", (code, reason) => {
    closed = { code, reason: reason.toString("utf8") };
    handler?.close(closed.code, closed.reason);
  });
  // A broken frame: ws closes with the code that says so, and the close is what we report.
  webSocket.on("error", () => {});

  // Told only when the kernel had to be waited for, because then the peer must have read something.
  // The stream's own `drain` comes after any 16 KiB, and never after less.
  let isBehind = false;
  const onWritten = (error?: Error | null) => {
    if (!isBehind || error || webSocket.bufferedAmount > 0 || closed !== undefined) return;
    isBehind = false;
    handler?.drain?.();
  };
  return {
    protocol: webSocket.protocol,
    get bufferedBytes() {
      return webSocket.bufferedAmount;
    },
    start(newHandler) {
      handler = newHandler;
      for (const frame of early) newHandler.frame(frame);
      early = [];
      if (closed !== undefined) newHandler.close(closed.code, closed.reason);
    },
    send(frame) {
      webSocket.send(frame, onWritten);
      isBehind = webSocket.bufferedAmount > 0;
    },
    sendAll(frames) {
      stream.cork(); // one system call for all of them
      for (const frame of frames) webSocket.send(frame, onWritten);
      stream.uncork();
      isBehind = webSocket.bufferedAmount > 0;
    },
    pause: () => webSocket.pause(),
    resume: () => webSocket.resume(),
    close: (code, reason = "") => webSocket.close(code, truncate(reason)),
    terminate: () => webSocket.terminate(),
  };
}

/** 123, not 125: the close frame spends two bytes on its code. RFC 6455 §5.5.1 */
function truncate(reason: string): string {
  let text = reason.slice(0, 123);
  while (Buffer.byteLength(text) > 123) text = text.slice(0, -1);
  return text;
}
