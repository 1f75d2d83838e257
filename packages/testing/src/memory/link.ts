/**
 * Link: two socket ends, a pipe each way, and the hands of a test on both pipes. Everything
 * that can go wrong between two processes is a command here.
 */
import type { Clock, Frame, Socket } from "@tautline/contracts/runtime";
import type { Closing, Item } from "./frame.js";
import { createPipe, type Pipe } from "./pipe.js";
import { createSocketEnd, type SocketEnd } from "./socket-end.js";

/** A way between the two ends. */
export type Direction = "toServer" | "toClient";

/** A frame that was handed to its reader. */
export interface DeliveredFrame {
  readonly direction: Direction;
  readonly frame: Frame;
}

/** What lies between two memory sockets, on command. */
export interface LinkControl {
  /** Breaks the link at once: both ends are told 1006, and what was on the way is lost. */
  cut(): void;
  /**
   * Breaks the link as soon as `bytes` bytes of payload have arrived in `direction`, counted
   * from now. A frame that would go beyond is lost whole, as half a message is no message;
   * one that just fits is delivered. 0 cuts at once.
   *
   * @throws RangeError when `bytes` is not a whole number of at least 0.
   */
  cutAfterBytes(bytes: number, direction: Direction): void;
  /**
   * Nothing arrives any more, closing frames included, and nobody is told: a NAT entry that
   * expired, a laptop asleep. `bufferedBytes` stays low, for the operating system still takes
   * frames. An end that terminates meanwhile leaves the other half open.
   *
   * @param direction @default "both"
   */
  blackHole(direction?: Direction | "both"): void;
  /** Ends every black hole. What was held arrives in order, as TCP would send it again. */
  heal(): void;
  /**
   * The reader in `direction` stops reading: nothing more arrives, the writer's `bufferedBytes`
   * grows from the next frame on, and a closing frame waits behind the others.
   *
   * @param direction @default "both"
   */
  pause(direction?: Direction | "both"): void;
  /**
   * The reader reads on, unless it has paused itself: the writer's `bufferedBytes` falls to 0, and
   * it is told `drain` if it was above.
   *
   * @param direction @default "both"
   */
  resume(direction?: Direction | "both"): void;
  /**
   * How long a frame is on its way from now on, in milliseconds of the clock. Frames never
   * overtake one another.
   *
   * @throws TypeError when the sockets were made without a clock.
   */
  delay(ms: number): void;
  /** Every frame handed to its reader, in that order. Empty when it is not kept. */
  readonly transcript: readonly DeliveredFrame[];
}

/** What sits between the ends when they are made. */
export interface LinkOptions {
  /** Measures `latencyMs` and `delay`; without it every frame travels in a microtask. */
  readonly clock?: Clock;
  /**
   * How long a frame is on its way, in milliseconds of `clock`.
   * @default 0
   */
  readonly latencyMs?: number;
  /**
   * Whether delivered frames are kept in `transcript`. Turn it off to send very much.
   * @default true
   */
  readonly keepsTranscript?: boolean;
}

/** A link with its ends and pipes, for those who set it up. */
export interface Link {
  readonly client: Socket;
  readonly server: Socket;
  readonly control: LinkControl;
  readonly clientEnd: SocketEnd;
  readonly serverEnd: SocketEnd;
  readonly toServer: Pipe<Item>;
  readonly toClient: Pipe<Item>;
}

/** How a link begins: open on both ends, or dialled by the client. */
export type LinkStart = { readonly protocol: string } | Dialled;

interface Dialled {
  /** The dial has arrived. */
  onDial(): void;
  /** Neither end is open any more. */
  onClosed(): void;
}

/** Hears what the two ends are told, as they are told it. */
export interface LinkObserver {
  frame(direction: Direction, frame: Frame): void;
  ended(end: "client" | "server", closing: Closing): void;
}

/** Creates a link. A dialled one waits for its `serverEnd` to accept. */
export function createLink(options: LinkOptions, begins: LinkStart, observer?: LinkObserver): Link {
  const { clock, latencyMs = 0, keepsTranscript = true } = options;
  const transcript: DeliveredFrame[] = [];
  const bytesLeft: { [way in Direction]?: number } = {};
  const dialled = "onDial" in begins ? begins : undefined;
  const state = "protocol" in begins ? "open" : "connecting";
  const protocol = "protocol" in begins ? begins.protocol : "";

  const toServer = createPipe<Item>(clock, latencyMs, {
    arrive: (item) => arrive("toServer", item),
    drained: () => clientEnd.drained(),
  });
  const toClient = createPipe<Item>(clock, latencyMs, {
    arrive: (item) => arrive("toClient", item),
    drained: () => serverEnd.drained(),
  });
  const clientEnd = createSocketEnd({
    state,
    protocol,
    tellsOpen: true,
    outgoing: toServer,
    incoming: toClient,
    delivered: (frame) => delivered("toClient", frame),
    closed,
    ended: (closing) => observer?.ended("client", closing),
  });
  const serverEnd = createSocketEnd({
    state,
    protocol,
    tellsOpen: false,
    outgoing: toClient,
    incoming: toServer,
    delivered: (frame) => delivered("toServer", frame),
    closed,
    ended: (closing) => observer?.ended("server", closing),
  });

  function closed() {
    if (clientEnd.state !== "closed" || serverEnd.state !== "closed") return;
    // Nobody is left to read it, and a timer for it would look like something left behind.
    toServer.drop();
    toClient.drop();
    dialled?.onClosed();
  }

  function delivered(direction: Direction, frame: Frame) {
    if (keepsTranscript) transcript.push({ direction, frame });
    observer?.frame(direction, frame);
  }

  function arrive(direction: Direction, item: Item) {
    if (item.kind === "dial") return dialled?.onDial();
    const left = item.kind === "frame" ? bytesLeft[direction] : undefined;
    const bytes = item.kind === "frame" ? item.bytes : 0;
    if (left !== undefined && bytes > left) return cut();
    (direction === "toServer" ? serverEnd : clientEnd).receive(item);
    if (left === undefined) return;
    bytesLeft[direction] = left - bytes;
    if (left === bytes) cut();
  }

  function cut() {
    toServer.drop();
    toClient.drop();
    clientEnd.lose();
    serverEnd.lose();
  }

  function each(direction: Direction | "both", act: (pipe: Pipe<Item>) => void) {
    if (direction !== "toClient") act(toServer);
    if (direction !== "toServer") act(toClient);
  }

  const control: LinkControl = {
    cut,
    cutAfterBytes(bytes, direction) {
      if (!Number.isSafeInteger(bytes) || bytes < 0) {
        throw new RangeError(`Cannot cut after ${bytes} bytes: whole numbers from 0 on`);
      }
      bytesLeft[direction] = bytes;
      if (bytes === 0) cut();
    },
    blackHole: (direction = "both") => each(direction, (pipe) => pipe.hold()),
    heal: () => each("both", (pipe) => pipe.release()),
    pause: (direction = "both") => each(direction, (pipe) => pipe.pause("test")),
    resume: (direction = "both") => each(direction, (pipe) => pipe.resume("test")),
    delay: (ms) => each("both", (pipe) => pipe.delay(ms)),
    transcript,
  };

  return {
    client: clientEnd.socket,
    server: serverEnd.socket,
    control,
    clientEnd,
    serverEnd,
    toServer,
    toClient,
  };
}
