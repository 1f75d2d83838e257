/**
 * Outbox: what waits to be sent on one connection, or in one session, whose sockets change.
 * What a frame is answered with at once, and what else becomes ready within one turn of the event loop,
 * leaves in few writes: at depth 1 that costs nothing, at depth 64 it saves 60 system calls.
 */

import type { Frame, Socket } from "@tautline/contracts/runtime";
import type { Ledger } from "@tautline/contracts/session";
import type { Dialect } from "@tautline/contracts/wire";
import type { Turn } from "./turn.js";

// A generator that never waits would fill a megabyte with tiny events before the loop turns.
const maxMessagesPerTurn = 512;

// A write costs as much as a few answers. After so many it is well spent: the client works on them while
// we work on the next, where otherwise each would wait for the other. Measured with 64 calls in flight:
// twice the calls a second of one write a turn; 8 and 32 are no better.
const messagesPerWrite = 16;

// A frame that is joined of several is no larger than this, whatever one message may be: what a client
// takes is its own affair (ours on Node 16 MiB), and a frame above it ends the session for all of them.
const maxJoinedBytes = 1_048_576;

/** Texts that are frames of their own. PROTOCOL.md §3.4 */
export type HeartbeatText = "PING" | "PONG";

/** What an outbox needs of its socket. */
export type OutboxSocket = Pick<Socket, "bufferedBytes" | "send" | "sendAll">;

/** What bounds an outbox. */
export interface OutboxLimits {
  readonly maxOutboxBytes: number;
  readonly maxFrameBytes: number;
}

/** The messages of one connection on their way to its socket, in order. */
export class Outbox {
  /** Nothing while a session waits for its client. */
  #socket: OutboxSocket | undefined;
  /** In a session: what was said and not acknowledged, of which all that waits here is the end. */
  #ledger: Ledger | undefined;
  readonly #dialect: Dialect;
  readonly #limits: OutboxLimits;
  readonly #turn: Turn;
  /** Messages and heartbeat texts in sending order. */
  #waiting: Frame[] | undefined;
  /** How many were queued since the last flush, and one if the next is not the turn's; with any, one is due. */
  #queued = 0;
  /** Lengths of what waits. UTF-16 units, as cheap as they are close: it bounds, it does not bill. */
  #waitingBytes = 0;
  /** Set aside for events that are being pulled and may be there any moment. */
  #reservedBytes = 0;
  /** Rises when reservations are forgotten: those of an earlier round are not held any more. */
  #round = 0;
  /** Those who wait for room; called once each. */
  #waiters: (() => void)[] | undefined;
  /** Who waits until the socket has taken what there was. */
  #whenTaken: (() => void) | undefined;
  #forgettingIsDue = false;

  constructor(socket: OutboxSocket, dialect: Dialect, limits: OutboxLimits, turn: Turn) {
    this.#socket = socket;
    this.#dialect = dialect;
    this.#limits = limits;
    this.#turn = turn;
  }

  /** Whether producers should wait. Answers may still be pushed: their number is limited. */
  get full(): boolean {
    if (this.#queued >= maxMessagesPerTurn) return true;
    const kept = this.#ledger === undefined ? 0 : this.#ledger.keptChars;
    return Math.max(this.bytes, kept) + this.#reservedBytes >= this.#limits.maxOutboxBytes;
  }

  /** Bytes accepted and not yet taken by the operating system. */
  get bytes(): number {
    return this.#waitingBytes + (this.#socket === undefined ? 0 : this.#socket.bufferedBytes);
  }

  /** From now on what is said is kept until it is acknowledged. PROTOCOL.md §9.2 */
  keep(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** The socket is gone. What was said is said again on the next one, what was only pushed is not. */
  detach() {
    this.#socket = undefined;
    this.#whenTaken = undefined;
    this.#waiting = undefined;
    this.#waitingBytes = 0;
  }

  /** There is a socket again, which was greeted. */
  attach(socket: OutboxSocket, greeting: string) {
    this.detach(); // what waited for the old one is among what is said again
    this.#socket = socket;
    this.push(greeting);
    for (const message of this.#ledger?.unheard() ?? []) this.push(message);
  }

  /** The client has heard some of it. */
  acknowledged() {
    if (this.#queued === 0) this.#offerRoom();
  }

  /**
   * Begins to gather what a frame is answered with; `flush` sends it. Waiting for the end of the turn
   * would take a lonely call a tenth of its time.
   *
   * @returns false where a turn gathers already, and will flush.
   */
  gather(): boolean {
    if (this.#queued > 0) return false;
    this.#queued = 1;
    return true;
  }

  /** Queues one message that counts in a session. */
  say(frame: Frame) {
    if (this.#ledger !== undefined) {
      this.#ledger.say(frame as string); // only texts are said in the full dialect
      if (this.#socket === undefined) return;
    }
    this.push(frame);
  }

  /**
   * Queues one message, or a heartbeat text, for the end of this turn at the latest. Bytes in the base
   * dialect only.
   */
  push(frame: Frame) {
    this.#waitingBytes += frame.length;
    if (this.#queued++ === 0) this.#turn.flushLater(this);
    if (this.#waiting === undefined) this.#waiting = [frame];
    else if (this.#waiting.push(frame) >= messagesPerWrite) this.#write();
  }

  /** The client waits for an `ack`: it goes along with what leaves next, at the end of this turn at the latest. */
  acknowledgeSoon() {
    if (this.gather()) this.#turn.flushLater(this);
  }

  /** Runs something at the end of this turn. */
  afterTurn(run: () => void) {
    this.#turn.after(run);
  }

  /** What to reserve for an event of unknown size: a few may be pulled at once, not hundreds. */
  get unknownBytes(): number {
    return this.#limits.maxOutboxBytes / 16;
  }

  /**
   * Sets room aside for an event that is about to be pulled. Without it, a hundred generators
   * would all see the same room, and fill it a hundred times.
   *
   * @returns what `unreserve` needs to know.
   */
  reserve(bytes: number): number {
    this.#reservedBytes += bytes;
    return this.#round;
  }

  /** The event has been pushed, or will not come. */
  unreserve(bytes: number, round: number) {
    if (round === this.#round) this.#reservedBytes -= bytes;
  }

  /** Calls `run` once, when there is room again. */
  whenRoom(run: () => void) {
    this.#waiters ??= [];
    this.#waiters.push(run);
    if (this.#queued === 0) this.#offerRoom();
  }

  /**
   * Calls `run` once, when the socket has taken so much that no more than `maxOutboxBytes` wait for it.
   * What it took may be unacknowledged still: the client has to be read to acknowledge it.
   */
  whenTaken(run: () => void) {
    this.#whenTaken = run;
  }

  /** The socket has handed on what it held. */
  drained() {
    this.#offerRoom();
  }

  /** The turn is over, or the frame was handled: sends what waits. */
  flush() {
    this.#queued = 0; // first: what is queued from now on is the next flush's
    this.#write();
    this.#offerRoom();
  }

  #write() {
    // Not pushed when it became due: as one of the sixteen it would leave one of the answers to a write of its own.
    // And behind what waits: that may be the welcome, or an `ack` of less, which have to be heard first.
    if (this.#ledger?.ackIsDue) {
      this.#waiting ??= [];
      this.#waiting.push(this.#ledger.ack());
    }
    const frames = this.#waiting;
    if (frames === undefined) return;
    this.#waiting = undefined;
    this.#waitingBytes = 0;
    if (frames.length === 1) this.#socket?.send(frames[0]!);
    else if (this.#dialect === "base") this.#socket?.sendAll(frames);
    // Only texts are pushed in the full dialect.
    else {
      const mostBytes = Math.min(this.#limits.maxFrameBytes, maxJoinedBytes);
      this.#socket?.sendAll(toFrames(frames as string[], mostBytes));
    }
  }

  #offerRoom() {
    if (this.#whenTaken !== undefined && this.bytes < this.#limits.maxOutboxBytes) {
      const run = this.#whenTaken;
      this.#whenTaken = undefined;
      run();
    }
    if (this.#waiters === undefined) return;
    if (this.full) {
      if (this.#reservedBytes > 0) this.#forgetReservations();
      return;
    }
    const waiters = this.#waiters;
    this.#waiters = undefined;
    for (const run of waiters) run();
  }

  // Who has brought nothing after two turns waits for something itself, maybe for hours, and must
  // not keep others from theirs.
  #forgetReservations() {
    if (this.#forgettingIsDue) return;
    this.#forgettingIsDue = true;
    const forget = () => {
      this.#forgettingIsDue = false;
      this.#round += 1;
      this.#reservedBytes = 0;
      this.#offerRoom();
    };
    this.#turn.after(() => this.#turn.after(forget));
  }
}

/**
 * Joins messages into frames: arrays of at most `maxFrameBytes`, broken where a heartbeat text
 * stands. PROTOCOL.md §1
 */
export function toFrames(texts: readonly string[], maxFrameBytes: number): string[] {
  const frames: string[] = [];
  let group: string[] = [];
  let groupBytes = 0;
  const close = () => {
    if (group.length > 0) frames.push(group.length === 1 ? group[0]! : `[${group.join(",")}]`);
    group = [];
    groupBytes = 0;
  };
  for (const text of texts) {
    if (text === "PING" || text === "PONG") {
      close();
      frames.push(text);
      continue;
    }
    // UTF-8 takes at most three bytes for a UTF-16 unit.
    const bytes = text.length * 3 + 1;
    if (groupBytes + bytes > maxFrameBytes) close();
    group.push(text);
    groupBytes += bytes;
  }
  close();
  return frames;
}
