/**
 * Sending on a socket that is the application's own: one of `ws`, or what another runtime passes in
 * its place. Only what tRPC's handler uses of it is taken for granted.
 */
import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import type { OutboxSocket } from "../connection/outbox.js";

const open = 1; // WebSocket.OPEN, without a run-time import of `ws`

/**
 * Creates the sending half of a socket.
 *
 * @param stream What lies under it, if it is known: several frames are then one write.
 * @param drained Told when the kernel had to be waited for, and has taken everything.
 * @param failed Told when a frame is none: an encoder gave something else.
 */
export function createSending(
  client: WebSocket,
  stream: Partial<Duplex> | undefined,
  drained: () => void,
  failed: (cause: unknown) => void,
): OutboxSocket {
  let isBehind = false;
  const bufferedBytes = () => client.bufferedAmount ?? 0;
  const onWritten = (error?: Error | null) => {
    if (!isBehind || error || bufferedBytes() > 0) return;
    isBehind = false;
    drained();
  };
  return {
    get bufferedBytes() {
      return bufferedBytes();
    },
    send(frame) {
      if (client.readyState !== open) return; // it is closing: nobody reads any more
      try {
        client.send(frame, onWritten);
      } catch (cause) {
        failed(cause);
      }
      isBehind = bufferedBytes() > 0;
    },
    sendAll(frames) {
      stream?.cork?.();
      for (const frame of frames) this.send(frame);
      stream?.uncork?.();
      isBehind = bufferedBytes() > 0;
    },
  };
}
