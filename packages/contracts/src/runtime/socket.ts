/**
 * A socket, as everything above the adapters sees it: frames in, frames out, and how much
 * is still waiting. `ws`, a browser's WebSocket and a test's memory socket all fit it.
 */

/** One whole WebSocket message: text as a string, binary as bytes. */
export type Frame = string | Uint8Array;

/** What the owner of a socket is told. Calls come one at a time and never before `start`. */
export interface SocketHandler {
  /** The socket is usable. Never called for a socket that was accepted by a server. */
  open?(): void;
  /** One whole message arrived. */
  frame(frame: Frame): void;
  /**
   * A ping or pong frame arrived (RFC 6455 §5.5.2), and needs no answer any more. Told by a server's
   * sockets: it is a sign of life, and like everything a peer may send it has to be counted.
   */
  control?(): void;
  /** What was written has been handed on: `bufferedBytes` is low again. */
  drain?(): void;
  /**
   * The socket is gone. Called exactly once, and nothing is called after it.
   *
   * @param code RFC 6455 §7.4; 1006 when the peer vanished without a closing handshake. For a
   * frame that broke the protocol it is the code the peer was told, and `reason` says what was wrong.
   */
  close(code: number, reason: string): void;
}

/** One WebSocket. Methods never throw; after `close` was told they do nothing. */
export interface Socket {
  /** The subprotocol both ends agreed on, or an empty string. RFC 6455 §1.9. */
  readonly protocol: string;
  /** Bytes accepted by `send` that the operating system has not taken yet. */
  readonly bufferedBytes: number;
  /**
   * Bytes read in all, whole messages or not. Undefined where the platform does not tell (a browser's).
   */
  readonly bytesRead?: number | undefined;
  /** Begins delivery to `handler`. Frames that arrived before are delivered first. */
  start(handler: SocketHandler): void;
  /** Sends one message. */
  send(frame: Frame): void;
  /** Sends messages in order, as one write where the platform can. */
  sendAll(frames: readonly Frame[]): void;
  /**
   * Stops reading, so that a peer that sends faster than it reads is held back by its own
   * kernel. Frames already read may still be delivered. Sockets that can not (a browser's) ignore it.
   */
  pause(): void;
  /** Reads on after `pause`. */
  resume(): void;
  /** Starts the closing handshake. RFC 6455 §7.1.2. */
  close(code: number, reason?: string): void;
  /** Drops the socket at once, without a handshake: the peer may be gone. */
  terminate(): void;
}

/** What a client needs of its socket: what it has to say is little, and waits elsewhere. */
export type ClientSocket = Pick<
  Socket,
  "protocol" | "bytesRead" | "start" | "send" | "close" | "terminate"
>;

/** Opens a socket from the client's end. */
export type ConnectSocket<Opened extends ClientSocket = Socket> = (
  url: string,
  protocols: readonly string[],
) => Opened;
