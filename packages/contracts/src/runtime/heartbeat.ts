/**
 * Heartbeat: finds out that the peer is gone although the socket never closed (a laptop asleep, a
 * NAT entry that expired). Any frame is a sign of life, so a busy connection is never pinged. Who
 * was away may be this end as well, asleep or stalled, and then silence proves nothing.
 * PROTOCOL.md §3.4
 */
import type { Clock, Timer } from "./clock.js";

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

// Of whom so much comes in the time to answer is there, and busy with a message larger than the link is
// fast; its answer waits behind that. Far above what trickles to keep a socket open: 3 kB/s by default.
const busyBytes = 16_384;

// Far above what a timer of a busy process is late, far below what a sleeping one is.
const asleepMs = 1_000;

/** Whoever is watched. */
export interface HeartbeatPeer {
  ping(): void;
  lost(): void;
  /**
   * Bytes that have come from it in all, of a message that is not whole yet as well; undefined where
   * nobody can tell. What was written says nothing: a dead link takes it, too, until the buffers are full.
   */
  readonly bytesRead?: number | undefined;
  /**
   * A timer fired so much too late that the event loop stalled, or the machine slept.
   *
   * @param lateMs In milliseconds.
   */
  late?(lateMs: number): void;
}

/** Watches one peer until it is lost or `stop` is called. A class: a server watches each of its connections. */
export class Heartbeat {
  readonly #peer: HeartbeatPeer;
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #timeoutMs: number;
  #lastSeen: number;
  /** When the peer was asked for a sign of life; before the first time, in no clock's future. */
  #askedAt = 0;
  #askedAgain = false;
  #timeIsUp = false;
  #readWhenAsked: number | undefined;
  #timer: Timer;

  constructor(
    peer: HeartbeatPeer,
    clock: Clock,
    { intervalMs = 15_000, timeoutMs = 5_000 }: HeartbeatOptions = {},
  ) {
    this.#peer = peer;
    this.#clock = clock;
    this.#intervalMs = intervalMs;
    this.#timeoutMs = timeoutMs;
    this.#lastSeen = clock.now();
    this.#timer = clock.after(intervalMs, this.#check.bind(this));
  }

  /**
   * Runs for every frame received, so it only writes a number.
   *
   * @param now The clock's time, from who has just read it.
   */
  alive(now = this.#clock.now()) {
    this.#lastSeen = now;
  }

  /** Asks for a sign of life now; changes nothing while one is awaited. */
  ask() {
    if (this.#isUnanswered) return;
    this.#timer.cancel();
    this.#ask(this.#clock.now(), false);
  }

  /** Ends the watch. */
  stop() {
    this.#timer.cancel();
  }

  get #isUnanswered() {
    return this.#lastSeen < this.#askedAt;
  }

  #check() {
    const now = this.#clock.now();
    const unanswered = this.#isUnanswered;
    const leftMs = unanswered
      ? this.#askedAt + this.#timeoutMs - now
      : this.#lastSeen + this.#intervalMs - now;
    if (leftMs > 0) return this.#checkAfter(leftMs);
    if (leftMs < -asleepMs) this.#peer.late?.(-leftMs);

    // After a sleep the answer may be lost, or still on its way up to us: the peer is asked once
    // more. Once only: in a tab in the background every timer is late.
    if (unanswered && (this.#askedAgain || leftMs > -asleepMs)) {
      if (this.#timeIsUp) {
        const read = this.#peer.bytesRead! - this.#readWhenAsked!; // NaN, where nobody can tell
        return read >= busyBytes ? this.#ask(now, false) : this.#peer.lost();
      }
      // One more turn: after a stall of our own event loop timers run before the answers are
      // read that lie with the kernel, and every peer would look dead at once.
      this.#timeIsUp = true;
      return this.#checkAfter(0);
    }
    this.#ask(now, unanswered);
  }

  #ask(now: number, again: boolean) {
    // The time to answer starts when the question is asked, not when it was due, which may be
    // long ago if we stalled.
    this.#askedAt = now;
    this.#askedAgain = again;
    this.#timeIsUp = false;
    this.#readWhenAsked = this.#peer.bytesRead;
    this.#checkAfter(this.#timeoutMs);
    this.#peer.ping(); // last: it may find the socket closed and call stop()
  }

  // Bound each time: a function of its own would be kept with its surroundings, at twice the memory.
  #checkAfter(delayMs: number) {
    this.#timer = this.#clock.after(delayMs, this.#check.bind(this));
  }
}
