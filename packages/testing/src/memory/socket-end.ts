/**
 * Socket end: one of the two sockets of a connection in memory. Here is the contract of a
 * Socket as a state machine: what is told, in which order, and that the end is told once.
 */
import type { Frame, Socket, SocketHandler } from "@tautline/contracts/runtime";
import { ABNORMAL, type Closing, type Item, toClosing, toItem } from "./frame.js";
import type { Pipe } from "./pipe.js";
import { createQueue } from "./queue.js";

/** Where one end is in its life. `closing` has sent a closing frame and awaits the other. */
export type EndState = "connecting" | "open" | "closing" | "closed";

/** One end, as the network sees it. */
export interface SocketEnd {
  readonly socket: Socket;
  readonly state: EndState;
  /** An item came from the other end. */
  receive(item: Item): void;
  /** Ends this end at once; what arrived before is still told. */
  lose(): void;
  /** Tells the owner that all it sent was handed on. */
  drained(): void;
  /** Opens a server's end with the subprotocol it chose, or changes that choice. */
  accept(protocol: string): void;
}

/** What an end is made with. */
export interface SocketEndOptions {
  readonly state: "connecting" | "open";
  /** A client's handler is told `open`; a server's is not. */
  readonly tellsOpen: boolean;
  readonly protocol: string;
  readonly outgoing: Pipe<Item>;
  readonly incoming: Pipe<Item>;
  /** A frame is handed to the owner now. */
  delivered(frame: Frame): void;
  /** This end is closed now. */
  closed(): void;
  /** The owner is told so now. */
  ended(closing: Closing): void;
}

type Told = (handler: SocketHandler) => void;

/** Creates one end; nothing is told before its owner starts it. */
export function createSocketEnd(options: SocketEndOptions): SocketEnd {
  const { outgoing, incoming, tellsOpen, delivered, closed, ended } = options;
  let { state, protocol }: { state: EndState; protocol: string } = options;
  let handler: SocketHandler | undefined;
  /** What is still to be told, in order. Nothing joins it once `state` is closed. */
  const untold = createQueue<Told>();
  let queued = false;

  if (state === "open" && tellsOpen) untold.push(tellOpen);

  function tell(told: Told) {
    untold.push(told);
    schedule();
  }

  function schedule() {
    if (handler === undefined || queued || untold.size === 0) return;
    queued = true;
    // One call in a microtask of its own: the owner's promises go on between two calls, as
    // they do between two events of a browser.
    queueMicrotask(() => {
      queued = false;
      const told = untold.shift();
      try {
        told?.(handler!);
      } finally {
        schedule();
      }
    });
  }

  function tellOpen(to: SocketHandler) {
    to.open?.();
  }

  function end(closing: Closing) {
    if (state === "closed") return;
    state = "closed";
    tell((to) => {
      ended(closing);
      to.close(closing.code, closing.reason);
    });
    closed();
  }

  function lose() {
    end({ code: ABNORMAL, reason: "" });
  }

  function terminate() {
    if (state === "closed") return;
    outgoing.pushLast({ kind: "reset" });
    untold.clear(); // abandoned: its owner wants to hear no more than that it is over
    lose();
  }

  function send(frame: Frame) {
    if (state !== "open") return;
    const item = toItem(frame);
    outgoing.push(item, item.bytes);
  }

  const socket: Socket = {
    get protocol() {
      return protocol;
    },
    get bufferedBytes() {
      return outgoing.bufferedBytes;
    },
    start(given) {
      handler ??= given;
      schedule();
    },
    send,
    sendAll(frames) {
      for (const frame of frames) send(frame);
    },
    pause() {
      if (state === "open" || state === "closing") incoming.pause("reader");
    },
    resume() {
      incoming.resume("reader");
    },
    close(code, reason = "") {
      // As browsers and `ws` do: there is no handshake to close before there is one to open.
      if (state === "connecting") return terminate();
      if (state !== "open") return;
      state = "closing";
      outgoing.push({ kind: "close", closing: toClosing(code, reason) }, 0);
    },
    terminate,
  };

  return {
    socket,
    get state() {
      return state;
    },
    receive(item) {
      if (state === "closed") return;
      switch (item.kind) {
        case "frame":
          // Also while closing: the peer sent it before it knew. RFC 6455 §1.4.
          return tell((to) => {
            delivered(item.frame);
            to.frame(item.frame);
          });
        case "close":
          // The answer carries the code that came, so both ends are told the same one; when
          // both closed at once, each is told the other's. RFC 6455 §5.5.1 and §7.1.5.
          if (state === "open") outgoing.push(item, 0);
          return end(item.closing);
        case "reset":
          return lose();
        case "opening":
          if (item.answer.protocol === undefined) return terminate();
          state = "open";
          protocol = item.answer.protocol;
          return tell(tellOpen);
      }
    },
    lose,
    drained() {
      if (state === "closed") return;
      tell((to) => {
        // Full again by now: then there will be another time.
        if (outgoing.bufferedBytes === 0) to.drain?.();
      });
    },
    accept(chosen) {
      if (state === "connecting") state = "open";
      protocol = chosen;
    },
  };
}

declare function queueMicrotask(run: () => void): void;
