/**
 * Sockets on Node, from `ws`: Node 20 has no WebSocket, and that of later versions can neither
 * be abandoned nor told how large a frame may be. Bundles for browsers hold `browser.ts` instead:
 * `imports` chooses, in package.json for what is built and in src/package.json for the sources.
 */
import type { Socket as NetSocket } from "node:net";
import type { Frame, Socket, SocketHandler } from "@tautline/contracts/runtime";
import { WebSocket } from "ws";
import { cutReason } from "./reason.js";

// What ws closes with when it can not read on; by then it has forgotten it. RFC 6455 §7.4.1
const codeOfError: Readonly<Record<string, number | undefined>> = {
  WS_ERR_EXPECTED_FIN: 1002,
  WS_ERR_EXPECTED_MASK: 1002,
  WS_ERR_INVALID_CLOSE_CODE: 1002,
  WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH: 1002,
  WS_ERR_INVALID_OPCODE: 1002,
  WS_ERR_UNEXPECTED_MASK: 1002,
  WS_ERR_UNEXPECTED_RSV_1: 1002,
  WS_ERR_UNEXPECTED_RSV_2_3: 1002,
  WS_ERR_INVALID_UTF8: 1007,
  WS_ERR_TOO_MANY_BUFFERED_PARTS: 1008,
  WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH: 1009,
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 1009,
};

/** Nothing to watch: Node is not told of the network, and does not sleep behind a tab. */
export const watchNetwork = (_look: () => void) => () => {};

/**
 * Opens a socket with `ws`.
 *
 * @param maxFrameBytes The largest frame taken; a larger one closes with 1009. RFC 6455 §7.4.1.
 */
export function openSocket(
  url: string,
  protocols: readonly string[],
  maxFrameBytes: number,
): Socket {
  const socket = new WebSocket(url, [...protocols], {
    maxPayload: maxFrameBytes,
    // Costs 300 KB of memory a socket and helps small messages little.
    perMessageDeflate: false,
  });
  let handler: SocketHandler | undefined;
  let stream: NetSocket | undefined;
  socket.on("upgrade", (response) => {
    stream = response.socket;
  });

  let code: number | undefined;
  let broken = "";
  let isDropped = false;

  // `close` follows, but says nothing of it; without a listener it would end the process.
  socket.on("error", (error: Error & { readonly code?: string }) => {
    if (isDropped) return;
    code = codeOfError[error.code ?? ""];
    // A host with several addresses fails with several errors under one that has no message.
    broken = error.message || (error as AggregateError).errors?.[0]?.message || error.code || "";
  });
  const ignore = () => {};

  return {
    get protocol() {
      return socket.protocol;
    },
    get bufferedBytes() {
      return socket.bufferedAmount;
    },
    get bytesRead() {
      return stream?.bytesRead;
    },
    start(given) {
      handler = given;
      socket.on("open", () => given.open?.());
      socket.on("message", (data: Buffer, isBinary) => {
        given.frame(isBinary ? data : data.toString());
      });
      socket.on("close", (closeCode, reason) => {
        if (closeCode === 1006) handler?.close(code ?? 1006, broken);
        else handler?.close(code ?? closeCode, code ? broken : reason.toString());
        handler = undefined;
      });
    },
    send(frame: Frame) {
      // The callback takes the error of a socket that has just closed.
      if (socket.readyState === WebSocket.OPEN) socket.send(frame, ignore);
    },
    sendAll(frames) {
      for (const frame of frames) this.send(frame);
    },
    pause() {
      socket.pause();
    },
    resume() {
      socket.resume();
    },
    close(code, reason) {
      socket.close(code, cutReason(reason));
    },
    terminate() {
      isDropped = true;
      socket.terminate();
    },
  };
}
