/**
 * Wire: one socket between a client and a server, on which nothing moves by itself. Whoever explores
 * decides which frame arrives next and which end hears when that it is over; both ends use it as they
 * use any socket.
 */
import type { Frame, Socket, SocketHandler } from "@tautline/contracts/runtime";

/** The two ends of a wire. */
export type End = "client" | "server";

/** What is on its way to an end. */
export type Item =
  | { readonly kind: "frame"; readonly text: string }
  | { readonly kind: "close"; readonly code: number; readonly reason: string };

/** Where an end is in its life; `closing` has sent a closing frame and awaits the other's. */
export type EndState = "dialling" | "open" | "closing" | "closed";

/** Is told of every frame, before the end that gets or gives it does anything. */
export interface WireWatch {
  sent(wire: Wire, by: End, text: string): void;
  arrives(wire: Wire, at: End, text: string): void;
}

/** One socket. */
export interface Wire {
  /** From 1, in the order of dialling. */
  readonly number: number;
  readonly server: Socket;
  readonly client: Socket;
  stateOf(end: End): EndState;
  /** What is on its way to an end, the next first. */
  pending(end: End): readonly Item[];
  /** The server takes the socket, and both ends are open. */
  open(accept: (socket: Socket) => void): void;
  /** The next item arrives. */
  deliver(end: End): void;
  /** An end finds its socket broken; the other does not know. */
  lose(end: End): void;
  /** The server's process is gone, which tells nobody anything. */
  kill(): void;
}

const otherEnd = (end: End): End => (end === "client" ? "server" : "client");

/** Creates a socket that the client has just dialled. */
export function createWire(number: number, watch: WireWatch): Wire {
  const states: Record<End, EndState> = { client: "dialling", server: "dialling" };
  const handlers: { [end in End]?: SocketHandler } = {};
  const ways: Record<End, Item[]> = { client: [], server: [] };

  function over(end: End, code: number, reason: string) {
    if (states.server === "dialling") states.server = "closed"; // it never heard of it
    states[end] = "closed";
    ways[end].length = 0;
    handlers[end]?.close(code, reason);
  }

  function socketOf(end: End): Socket {
    const peer = otherEnd(end);
    const send = (frame: Frame) => {
      if (states[end] !== "open") return;
      watch.sent(wire, end, String(frame));
      if (states[peer] !== "closed") ways[peer].push({ kind: "frame", text: String(frame) });
    };
    const terminate = () => {
      if (states[end] === "closed") return;
      states[end] = "closed";
      ways[end].length = 0;
      queueMicrotask(() => handlers[end]?.close(1006, "")); // never while its owner is busy
    };
    return {
      protocol: "tautline.1",
      bufferedBytes: 0,
      start(handler) {
        handlers[end] ??= handler;
      },
      send,
      sendAll: (frames) => frames.forEach(send),
      pause() {},
      resume() {},
      close(code, reason = "") {
        if (states[end] === "dialling") return terminate();
        if (states[end] !== "open") return;
        states[end] = "closing";
        if (states[peer] !== "closed") ways[peer].push({ kind: "close", code, reason });
      },
      terminate,
    };
  }

  const wire: Wire = {
    number,
    client: socketOf("client"),
    server: socketOf("server"),
    stateOf: (end) => states[end],
    pending: (end) => ways[end],
    open(accept) {
      states.client = states.server = "open";
      accept(wire.server);
      handlers.client?.open?.();
    },
    deliver(end) {
      const item = ways[end].shift()!;
      if (item.kind === "frame") {
        watch.arrives(wire, end, item.text);
        return handlers[end]?.frame(item.text);
      }
      // The answer carries the code that came. RFC 6455 §5.5.1
      if (states[end] === "open" && states[otherEnd(end)] !== "closed") {
        ways[otherEnd(end)].push(item);
      }
      over(end, item.code, item.reason);
    },
    lose: (end) => over(end, 1006, ""),
    kill() {
      states.server = "closed";
      ways.server.length = 0;
    },
  };
  return wire;
}

/** Whether an end of it is not closed. */
export function isAlive(wire: Wire) {
  return wire.stateOf("client") !== "closed" || wire.stateOf("server") !== "closed";
}
