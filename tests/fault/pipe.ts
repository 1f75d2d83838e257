/**
 * Pipe: one direction of a line. Bytes wait in a queue until they may go on: after a delay, at a
 * pace, up to a count, or never. While much waits nothing is read, so that the sender is held back
 * by its own kernel, as it would be by a network.
 */
import type { Socket } from "node:net";

/** How a line is cut: `reset` says RST, `end` says FIN. */
export type Ending = "reset" | "end";

/** What a pipe does to its bytes. */
export interface Flow {
  readonly isHole: boolean;
  readonly delayMs: number;
  /** Without it there is no pace. */
  readonly bytesPerSecond: number | undefined;
  /** Runs once exactly so many bytes were taken by the receiver's end. */
  readonly cut: { readonly after: number; readonly run: () => void } | undefined;
}

// What a delayed link may hold in flight; a slow one holds no more than a router would.
const mostInFlightBytes = 4 * 1_048_576;
const mostWaitingBytes = 65_536;
// Finer steps than the timers of Node keep would be none.
const paceStepMs = 10;

/** Carries what `source` says to `sink`. */
export class Pipe {
  /** Bytes handed on so far. */
  passed = 0;
  readonly #source: Socket;
  readonly #sink: Socket;
  readonly #broken: () => void;
  #flow: Flow = { isHole: false, delayMs: 0, bytesPerSecond: undefined, cut: undefined };
  /** In the order they came. `null` is the end. */
  readonly #queue: { readonly bytes: Buffer | null; readonly dueMs: number }[] = [];
  #waiting = 0;
  /** Of the present pace: bytes that may go now. */
  #allowance = 0;
  #allowedAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #isFull = false;
  #isStopped = false;
  #isBroken = false;

  /** @param broken Runs when the source ended without saying so, as far as the sink may know. */
  constructor(source: Socket, sink: Socket, broken: () => void) {
    this.#source = source;
    this.#sink = sink;
    this.#broken = broken;
    source.on("data", (bytes) => this.#take(bytes as Buffer));
    source.on("end", () => this.#take(null));
    source.on("error", () => {
      this.#isBroken = true;
      this.#move();
    });
    sink.on("drain", () => {
      this.#isFull = false;
      this.#move();
    });
  }

  /** Does this from now on, to what waits as well. */
  set(flow: Flow) {
    if (flow.bytesPerSecond !== this.#flow.bytesPerSecond) {
      this.#allowance = 0;
      this.#allowedAt = performance.now();
    }
    this.#flow = flow;
    this.#move();
  }

  /** Carries nothing more. */
  stop() {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#queue.length = 0;
  }

  #take(bytes: Buffer | null) {
    if (this.#isStopped) return;
    this.#queue.push({ bytes, dueMs: performance.now() + this.#flow.delayMs });
    this.#waiting += bytes?.length ?? 0;
    this.#move();
  }

  #move() {
    if (this.#isStopped) return;
    clearTimeout(this.#timer);
    if (!this.#flow.isHole) {
      if (this.#isBroken) return this.#broken();
      this.#send();
    }
    if (this.#isStopped) return;
    const most = this.#flow.delayMs > 0 ? mostInFlightBytes : mostWaitingBytes;
    if (this.#flow.isHole || this.#waiting >= most) this.#source.pause();
    else this.#source.resume();
  }

  #send() {
    const { cut } = this.#flow;
    // Also when nothing waits: a line may be cut before its first byte.
    while (!this.#isFull) {
      if (cut !== undefined && this.passed >= cut.after) return this.#cutOnceTaken(cut.run);
      const head = this.#queue[0];
      if (head === undefined) return;
      const { bytes, dueMs } = head;
      const waitMs = dueMs - performance.now();
      if (waitMs > 0 && this.#flow.delayMs > 0) return this.#again(waitMs);
      if (bytes === null) return void this.#sink.end();

      const room = Math.min(this.#pace(), cut === undefined ? Infinity : cut.after - this.passed);
      if (room < 1) return this.#again(paceStepMs);
      const part = bytes.length > room ? bytes.subarray(0, room) : bytes;
      if (part === bytes) this.#queue.shift();
      else this.#queue[0] = { bytes: bytes.subarray(part.length), dueMs };
      this.#waiting -= part.length;
      this.#allowance -= part.length;
      this.passed += part.length;
      this.#isFull = !this.#sink.write(part);
    }
  }

  /** How many bytes the pace allows now. */
  #pace(): number {
    const { bytesPerSecond } = this.#flow;
    if (bytesPerSecond === undefined) return Infinity;
    const now = performance.now();
    const earned = ((now - this.#allowedAt) / 1_000) * bytesPerSecond;
    // What was not used is gone, or a pause would be made up for by a burst.
    const most = Math.max(1, (bytesPerSecond * paceStepMs) / 500);
    this.#allowance = Math.min(most, this.#allowance + earned);
    this.#allowedAt = now;
    return Math.floor(this.#allowance);
  }

  #again(afterMs: number) {
    this.#timer = setTimeout(() => this.#move(), afterMs);
  }

  /** A reset throws away what the kernel has not taken. */
  #cutOnceTaken(run: () => void) {
    this.#isStopped = true;
    if (this.#sink.writableLength === 0) return run();
    this.#sink.write("", run);
  }
}
