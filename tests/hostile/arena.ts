/**
 * Where attacks take place: a server in a process of its own, a healthy client in another, and we
 * as the attacker in the third. Every attack is followed by the same questions: does the server
 * live, was the healthy client answered, is anything left behind?
 */
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import type { Child } from "../processes/child.js";
import { startProcess } from "./process.js";
import type { DropInSetup, Setup, serverOrders } from "./server-process.js";
import type { witnessOrders } from "./witness-process.js";

// What one collection of garbage may leave to the next, and code compiled meanwhile.
const keptBytes = 8 * 1_048_576;
// What a healthy client may wait at the worst, collections of garbage that we ask for included.
const worstMs = 3_000;
// Loaded machines are slow; what hangs, hangs for longer.
const patienceMs = 30_000;

/** How the healthy client fared: its round trips in milliseconds. */
export interface Health {
  readonly calls: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** The longest for which the server's own work held it up; what it waited beyond, the machine took. */
  readonly heldUpMs: number;
}

/** The server, the healthy client, and what is asked of them. */
export class Arena {
  readonly server: Child<typeof serverOrders>;
  readonly #witness: Child<typeof witnessOrders>;
  /** What each attack cost; printed at the end. */
  readonly #costs: Record<string, Record<string, string>> = {};
  #begun:
    | { readonly memory: { rss: number; live: number }; cpuMs: number; startedAt: number }
    | undefined;

  private constructor(server: Child<typeof serverOrders>, witness: Child<typeof witnessOrders>) {
    this.server = server;
    this.#witness = witness;
  }

  /** Starts the processes. */
  static async open(): Promise<Arena> {
    const [server, witness] = await Promise.all([
      startProcess<typeof serverOrders>("hostile/server-process.ts"),
      startProcess<typeof witnessOrders>("hostile/witness-process.ts"),
    ]);
    await witness.tell("start", await server.tell("start", {}));
    // The first calls compile code, which costs time and memory that no attack is to blame for.
    await witness.tell("report", { after: 50 });
    return new Arena(server, witness);
  }

  /** Starts one more server in the same process. */
  start(setup: Setup = {}): Promise<number> {
    return this.server.tell("start", setup);
  }

  /** Starts a drop-in in the same process. */
  startDropIn(setup: DropInSetup = {}): Promise<number> {
    return this.server.tell("startDropIn", setup);
  }

  /** The log since it was last read. */
  log() {
    return this.server.tell("log");
  }

  /** Waits until nothing is held any more but the healthy client's connection. */
  async settled() {
    const givesUpAt = performance.now() + patienceMs;
    for (;;) {
      const held = await this.server.tell("held");
      const { connections, sessions, handlers, sockets } = held;
      if (connections <= 1 && sessions <= 1 && handlers === 0 && sockets <= 1) return;
      if (performance.now() > givesUpAt) throw new Error(`Still held: ${JSON.stringify(held)}`);
      await sleep(20);
    }
  }

  /** Runs an attack between {@link begin} and {@link end}. */
  async withstands<T>(attack: string, run: () => Promise<T>): Promise<T> {
    await this.begin();
    const result = await run();
    await this.end(attack);
    return result;
  }

  /** Runs something that nobody should suffer from, and says how the healthy client fared. */
  async healthBeside(what: string, run: () => Promise<unknown>): Promise<Health> {
    await this.begin();
    await run();
    return this.end(what);
  }

  /** Begins to measure. */
  async begin() {
    await this.settled();
    const memory = await this.server.tell("memory");
    const cpuMs = await this.server.tell("cpuMs");
    await this.#witness.tell("report", { after: 1 });
    await this.server.tell("heldUpMs"); // measures from now on
    this.#begun = { memory, cpuMs, startedAt: performance.now() };
  }

  /**
   * Notes what an attack cost, and holds the server to what must be so after any: the healthy client
   * was answered throughout, nothing is left over, and memory is back at its base.
   */
  async end(attack: string): Promise<Health> {
    const { memory: before, cpuMs, startedAt } = this.#begun!;
    const ms = performance.now() - startedAt;
    // Two calls more, the second of which began when it was over: or we hear nothing of its end.
    const report = await this.#witness.tell("report", { after: 2 });
    const healthy = { ...report, heldUpMs: await this.server.tell("heldUpMs") };
    const usedMs = (await this.server.tell("cpuMs")) - cpuMs;
    await this.settled();
    const after = await this.server.tell("memory");
    this.#costs[attack] = {
      ms: ms.toFixed(0),
      "server CPU ms": usedMs.toFixed(0),
      "healthy calls": String(healthy.calls),
      "p50 ms": healthy.p50.toFixed(1),
      "p99 ms": healthy.p99.toFixed(1),
      "max ms": healthy.max.toFixed(1),
      "held up ms": healthy.heldUpMs.toFixed(1),
      "live KiB": ((after.live - before.live) / 1_024).toFixed(0),
      "RSS KiB": ((after.rss - before.rss) / 1_024).toFixed(0),
    };
    expect(healthy.failures, "failures of the healthy client").toEqual([]);
    expect(healthy.max, "the healthy client's longest wait").toBeLessThan(worstMs);
    expect(after.live - before.live, "bytes kept").toBeLessThan(keptBytes);
    expect(await this.server.tell("polluted")).toEqual([]);
    return healthy;
  }

  /** Prints what the attacks cost, and ends the processes. */
  async close() {
    if (Object.keys(this.#costs).length > 0) console.table(this.#costs);
    const { death } = this.server;
    await Promise.all([this.server.kill(), this.#witness.kill()]);
    expect(death, "what the server died of").toBeUndefined();
  }
}
