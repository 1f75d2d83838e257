/**
 * Heartbeat: finds out that the peer is gone although the socket never closed (a laptop asleep, a
 * NAT entry that expired). Any frame is a sign of life, so a busy connection is never pinged. Who
 * was away may be this end as well, asleep or stalled, and then silence proves nothing.
 * PROTOCOL.md §3.4
 */
import type { Clock } from "./clock.js";

/** When to ask, and how long to wait. */
export interface HeartbeatOptions {
  /**
   * Silence after which the peer is pinged, in milliseconds. Keep it below the idle timeout of
   * the proxies in between: 60 s in a stock nginx.
   *
   * @default 15_000
   */
  readonly intervalMs?: number;
  /**
   * Time the peer has to answer before it counts as lost, in milliseconds.
   *
   * @default 5_000
   */
  readonly timeoutMs?: number;
}

// Far above what a timer of a busy process is late, far below what a sleeping one is.
const asleepMs = 1_000;

/** Watches one peer until it is lost or `stop` is called. */
export function startHeartbeat(
  peer: { ping(): void; lost(): void },
  clock: Clock,
  options: HeartbeatOptions = {},
) {
  const { intervalMs = 15_000, timeoutMs = 5_000 } = options;
  let lastSeen = clock.now();
  let askedAt: number | undefined;
  let askedAgain = false;
  let timeIsUp = false;
  let timer = clock.after(intervalMs, check);

  function check() {
    const now = clock.now();
    const unanswered = askedAt !== undefined && lastSeen < askedAt;
    const leftMs = unanswered ? askedAt! + timeoutMs - now : lastSeen + intervalMs - now;
    if (leftMs > 0) {
      timer = clock.after(leftMs, check);
      return;
    }
    // After a sleep the answer may be lost, or still on its way up to us: the peer is asked once
    // more. Once only: in a tab in the background every timer is late.
    if (unanswered && (askedAgain || leftMs > -asleepMs)) {
      if (timeIsUp) return peer.lost();
      // One more turn: after a stall of our own event loop timers run before the answers are
      // read that lie with the kernel, and every peer would look dead at once.
      timeIsUp = true;
      timer = clock.after(0, check);
      return;
    }
    // The time to answer starts when the question is asked, not when it was due, which may be
    // long ago if we stalled.
    askedAt = now;
    askedAgain = unanswered;
    timeIsUp = false;
    timer = clock.after(timeoutMs, check);
    peer.ping(); // last: it may find the socket closed and call stop()
  }

  return {
    /** Runs for every frame received, so it only writes a number. */
    alive() {
      lastSeen = clock.now();
    },
    /** Ends the watch. */
    stop() {
      timer.cancel();
    },
  };
}
