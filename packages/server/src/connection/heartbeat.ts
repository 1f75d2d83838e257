/**
 * Heartbeat: finds the connections whose peer is gone although the socket never closed (a laptop
 * asleep, a NAT entry that expired). Any frame is a sign of life, so a busy connection is never
 * pinged. PROTOCOL.md §3.4
 */
import type { Clock } from "@tautline/contracts/runtime";

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

/** Watches one peer until it is lost or `stop` is called. */
export function startHeartbeat(
  peer: { ping(): void; lost(): void },
  clock: Clock,
  options: HeartbeatOptions = {},
) {
  const { intervalMs = 15_000, timeoutMs = 5_000 } = options;
  let lastSeen = clock.now();
  let pingedAt: number | undefined;
  let timeIsUp = false;
  let timer = clock.after(intervalMs, check);

  function check() {
    const now = clock.now();
    if (pingedAt !== undefined && lastSeen < pingedAt) {
      const leftMs = pingedAt + timeoutMs - now;
      if (leftMs > 0) timer = clock.after(leftMs, check);
      else if (timeIsUp) return peer.lost();
      else {
        // One more turn: after a stall of our own event loop timers run before the answers are
        // read that lie with the kernel, and every peer would look dead at once.
        timeIsUp = true;
        timer = clock.after(0, check);
      }
      return;
    }
    const untilPing = lastSeen + intervalMs - now;
    if (untilPing > 0) {
      pingedAt = undefined;
      timer = clock.after(untilPing, check);
      return;
    }
    // The time to answer starts when the question is asked, not when it was due, which may be
    // long ago if we stalled.
    pingedAt = now;
    timeIsUp = false;
    timer = clock.after(timeoutMs, check);
    peer.ping(); // last: it may find the socket closed and call stop()
  }

  return {
    // Runs for every frame received, so it only writes a number.
    alive() {
      lastSeen = clock.now();
    },
    stop() {
      timer.cancel();
    },
  };
}
