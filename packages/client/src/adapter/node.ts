/**
 * Sockets on Node, from `ws`: Node 20 has no WebSocket, and that of later versions can neither
 * be abandoned nor told how large a frame may be. Bundles for browsers hold `browser.ts` instead:
 * `imports` chooses, in package.json for what is built and in src/package.json for the sources.
 */
import type { Frame, Socket, SocketHandler } from "@tautline/contracts/runtime";
import { WebSocket } from "ws";

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

  // Whatever it says, `close` follows; without a listener it would end the process.
  socket.on("error", () => {});
  const ignore = () => {};

  return {
    get protocol() {
      return socket.protocol;
    },
    get bufferedBytes() {
      return socket.bufferedAmount;
    },
    start(given) {
      handler = given;
      socket.on("open", () => given.open?.());
      socket.on("message", (data: Buffer, isBinary) => {
        given.frame(isBinary ? data : data.toString());
      });
      socket.on("close", (code, reason) => {
        handler?.close(code, reason.toString());
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
      socket.close(code, reason);
    },
    terminate() {
      socket.terminate();
    },
  };
}
