/**
 * Sockets of a browser, and of everything else that has its WebSocket: workers, Deno, Bun.
 * Nothing above this file knows which kind of socket it has.
 */
import type { ClientSocket, SocketHandler } from "@tautline/contracts/runtime";
import { cutReason } from "./reason.js";

// A page may send no other codes. https://websockets.spec.whatwg.org/#dom-websocket-close
// 4500 says the same as those that only a server may send: RFC 6455 §7.4.1.
const toSendable = (code: number) => (code > 1000 && code < 3000 ? 4500 : code);

/** Calls `look` when the network may be back, or the page is: it may have slept. */
export function watchNetwork(look: () => void): () => void {
  // A worker has no document, and hears of the network on its own global.
  const shown = () => document.hidden || look();
  const watch = new AbortController(); // its `signal` is the option of that name
  globalThis.addEventListener?.("online", look, watch);
  globalThis.document?.addEventListener("visibilitychange", shown, watch);
  return () => watch.abort();
}

/** Opens a socket with the platform's own WebSocket. A browser has no limit on frames to set. */
export function openSocket(url: string, protocols: readonly string[]): ClientSocket {
  const socket = new WebSocket(url, protocols as string[]);
  let handler: SocketHandler | undefined;
  socket.binaryType = "arraybuffer";

  // Events that come before `start` can not be lost: the page hears of none in this turn.
  function end(code: number, reason: string) {
    const told = handler;
    handler = undefined;
    told?.close(code, reason);
  }

  return {
    get protocol() {
      return socket.protocol;
    },
    start(given) {
      handler = given;
      socket.onopen = () => handler?.open?.();
      socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
        handler?.frame(typeof data === "string" ? data : new Uint8Array(data));
      };
      socket.onclose = ({ code, reason }) => end(code, reason);
      socket.onerror = () => {}; // nothing but a close follows; some platforms want a listener
    },
    send(frame) {
      if (socket.readyState === 1) socket.send(frame as string);
    },
    close(code, reason) {
      socket.close(toSendable(code), cutReason(reason));
    },
    terminate() {
      // There is no abandoning here: the browser gives the handshake up by itself.
      socket.close();
      end(1006, "");
    },
  };
}
