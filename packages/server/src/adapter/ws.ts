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
      server.handleUpgrade(request, stream, head, (webSocket) => socket(wrap(webSocket, stream)));
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

function wrap(webSocket: WebSocket, stream: Duplex): Socket {
  let handler: SocketHandler | undefined;
  let early: Frame[] = [];
  let closed: Ending | undefined;

  webSocket.on("message", (data: RawData, isBinary: boolean) => {
    if (webSocket.readyState !== webSocket.OPEN) return; // we are closing: nobody will look at it
    const frame = isBinary ? (data as Buffer) : (data as Buffer).toString("utf8");
    if (handler === undefined) early.push(frame);
    else handler.frame(frame);
  });
  webSocket.on("close", (code, reason) => {
    closed = broken ?? { code, reason: reason.toString("utf8") };
    handler?.close(closed.code, closed.reason);
  });
  // A broken frame: ws tells the peer the code that says so, and forgets it.
  let broken: Ending | undefined;
  webSocket.on("error", (error: Error & { readonly code?: string }) => {
    const code = codeOfError[error.code ?? ""];
    if (code !== undefined) broken = { code, reason: error.message };
  });

  // Only the latest ping wants an answer (RFC 6455 §5.5.3): a flood of them gets one each turn.
  let unanswered: Buffer | undefined;
  const pong = () => {
    const data = unanswered;
    unanswered = undefined;
    if (webSocket.readyState === webSocket.OPEN) webSocket.pong(data);
  };
  webSocket.on("ping", (data: Buffer) => {
    if (unanswered === undefined) setImmediate(pong);
    unanswered = data;
    handler?.control?.();
  });
  webSocket.on("pong", () => handler?.control?.());

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
