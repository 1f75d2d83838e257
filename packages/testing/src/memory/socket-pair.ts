/**
 * Socket pair: two sockets joined in memory, both open, for tests of one end that play the
 * other by hand.
 */
import type { Socket } from "@tautline/contracts/runtime";
import { createLink, type LinkControl, type LinkOptions } from "./link.js";

/** How a pair is made. */
export interface MemorySocketPairOptions extends LinkOptions {
  /**
   * The subprotocol both ends have agreed on.
   * @default ""
   */
  readonly protocol?: string;
}

/** Two joined sockets and what lies between them. */
export interface MemorySocketPair {
  /** The client's end; its handler is told `open` after `start`. */
  readonly client: Socket;
  /** The server's end, as if just accepted. */
  readonly server: Socket;
  /** What lies between them, on command. */
  readonly network: LinkControl;
}

/**
 * Creates two open sockets that hear each other.
 *
 * They obey the contract of `Socket` to the letter. Every call to a handler comes in a microtask
 * of its own, never inside a call to the socket. Frames and a close that arrive before `start`
 * wait for it; a second `start` is ignored. Bytes are copied on the way. Closing follows RFC 6455
 * §7.1: the closing frame goes behind the frames sent before, both ends are told its code (each the
 * other's when both closed at once), and the end that closed first still hears what the other had
 * sent before it knew. A code that must not be sent, such as 1005, closes without one: both are
 * told 1005. `terminate` and a cut are told as 1006; what a terminating end had handed on (see
 * `bufferedBytes`) still arrives. A handshake that cannot complete waits for ever: no timeout as in `ws`, an owner in a hurry
 * terminates. A socket that paused itself holds its peer's frames back like `network.pause`.
 *
 * @throws TypeError when `latencyMs` is above 0 and there is no clock.
 * @throws RangeError when `latencyMs` is negative or not finite.
 * @example
 * const { client, server, network } = createMemorySocketPair();
 * server.start({ frame: (frame) => server.send(frame), close() {} });
 * client.start({ frame: (frame) => received.push(frame), close() {} });
 * client.send("hello");
 * await settled();
 * expect(received).toEqual(["hello"]);
 */
export function createMemorySocketPair(options: MemorySocketPairOptions = {}): MemorySocketPair {
  const { client, server, control } = createLink(options, { protocol: options.protocol ?? "" });
  return { client, server, network: control };
}
