/**
 * Keep-alive as tRPC's handler has it: off unless asked for, and on plain timers, which the fake
 * timers of an application's tests can move by hand.
 */
import type { WebSocket } from "ws";

/** Watches one peer until it is lost or `stop` is called. */
export function startKeepAlive(
  peer: { ping(): void; lost(): void },
  pingMs = 30_000,
  pongWaitMs = 5_000,
) {
  let timer: NodeJS.Timeout | undefined;
  let isSilent = false;

  function ping() {
    isSilent = true;
    timer = setTimeout(overdue, pongWaitMs);
    peer.ping();
  }

  // After a stall of our own, timers run before the answers are read that lie with the kernel.
  function overdue() {
    setImmediate(() => {
      if (isSilent) peer.lost();
    });
  }

  function alive() {
    isSilent = false;
    clearTimeout(timer);
    timer = setTimeout(ping, pingMs);
  }

  alive();
  return {
    /** Something was heard. */
    alive,
    stop() {
      isSilent = false;
      clearTimeout(timer);
    },
  };
}

/**
 * Sends `PING` to a socket of `ws` when it was silent for `pingMs`, and drops it when nothing comes
 * within `pongWaitMs`. `keepAlive` of {@link applyWSSHandler} does the same.
 *
 * @param pingMs Silence after which the peer is asked, in milliseconds. `@default 30_000`
 * @param pongWaitMs Time it has to answer, in milliseconds. `@default 5_000`
 */
export function handleKeepAlive(client: WebSocket, pingMs?: number, pongWaitMs?: number) {
  const peer = { ping: () => client.send("PING"), lost: () => client.terminate() };
  const keepAlive = startKeepAlive(peer, pingMs, pongWaitMs);
  client.on("message", keepAlive.alive);
  client.on("close", keepAlive.stop);
}
