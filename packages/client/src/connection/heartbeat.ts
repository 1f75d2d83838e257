/**
 * Heartbeat: finds out that the server is gone although the socket never closed. Any frame is a
 * sign of life. A client sleeps more than a server does: a laptop's lid, a tab in the background.
 * So a timer that fires far too late proves nothing but that we were away, and the server is
 * asked again before it counts as lost. PROTOCOL.md §3.4
 */
import type { Clock } from "@tautline/contracts/runtime";

/** When to ask, and how long to wait, in milliseconds. */
export interface HeartbeatTimes {
  /** Silence after which the server is asked. */
  readonly intervalMs: number;
  /** Time it has to answer before it counts as lost. */
  readonly timeoutMs: number;
}

// Far above what a timer of a busy process is late, far below what a sleeping one is. After a
// sleep the answer may lie unread in the kernel: timers fire before sockets are read. Once only:
// in a tab in the background every timer is late.
const lateMs = 1_000;

/** Watches one server until it is lost or `stop` is called. */
export function startHeartbeat(
  server: { ping(): void; lost(): void },
  clock: Clock,
  { intervalMs, timeoutMs }: HeartbeatTimes,
) {
  let lastSeen = clock.now();
  let askedAt: number | undefined;
  let askedAgain = false;
  let dueMs = 0;
  let timer = after(intervalMs);

  function after(delayMs: number) {
    dueMs = clock.now() + delayMs;
    return clock.after(delayMs, check);
  }

  function check() {
    const now = clock.now();
    const unanswered = askedAt !== undefined && lastSeen < askedAt;
    if (unanswered && (askedAgain || now - dueMs < lateMs)) return server.lost();
    askedAgain = unanswered;
    const untilAskedMs = unanswered ? 0 : lastSeen + intervalMs - now;
    askedAt = untilAskedMs > 0 ? undefined : now;
    timer = after(askedAt === undefined ? untilAskedMs : timeoutMs);
    if (askedAt !== undefined) server.ping(); // last: it may find the socket closed and call stop()
  }

  return {
    /** Runs for every frame received, so it only writes a number. */
    alive() {
      lastSeen = clock.now();
    },
    stop() {
      timer.cancel();
    },
  };
}
