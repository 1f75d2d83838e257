/**
 * World: the servers, clients and lines of one run, and the history they write. A scenario makes what
 * it needs, breaks it, and asks what came of it; then the whole history is checked.
 */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Child, startChild } from "../processes/child.js";
import { type Bounds, check } from "./checkers/check.js";
import type { Violation } from "./checkers/checker.js";
import type { clientOrders } from "./client-process.js";
import type { Event } from "./events.js";
import { now, openHistory, readHistory } from "./history.js";
import type { ClientSetup } from "./peer.js";
import type { Programs } from "./programs.js";
import { type LineProxy, startProxy } from "./proxy.js";
import type { proxyOrders } from "./proxy-process.js";
import { createRandom, type Random } from "./random.js";
import type { ServerSetup, serverOrders } from "./server-process.js";

// Stacks that name our sources. Not for attacks: the maps would count as memory that was kept.
const readable = ["--enable-source-maps"];

/** A server, which may be killed and started again. */
export interface ServerHandle {
  /** Its port, which stays. */
  readonly port: number;
  /** The process there is now. */
  readonly child: Child<typeof serverOrders>;
  kill(): Promise<void>;
  /** SIGSTOP. */
  stop(): void;
  /** SIGCONT. */
  goOn(): void;
  /** Kills it, and starts another on the same port and files. */
  restart(): Promise<void>;
}

/** Clients in a process of their own. */
export type Clients = Child<typeof clientOrders>;

/** What {@link World.positions} says. */
export type Positions = Record<string, { readonly epoch: string; readonly offset: number }>;

// Some things take seconds on two busy cores; what takes this long does not come any more.
const patienceMs = 20_000;

/** One run. */
export class World {
  readonly random: Random;
  readonly folder: string;
  readonly #programs: Programs;
  readonly #history;
  readonly #children = new Map<string, Child<any>>();
  readonly #proxies: LineProxy[] = [];
  #servers = 0;
  #clients = 0;

  constructor(programs: Programs, folder: string, seed: number) {
    rmSync(folder, { recursive: true, force: true }); // of a run that failed
    mkdirSync(folder, { recursive: true });
    this.#programs = programs;
    this.folder = folder;
    this.random = createRandom(seed);
    this.#history = openHistory(join(folder, "conductor.jsonl"), "conductor");
  }

  /** Starts a server. */
  async server(setup: Partial<ServerSetup> = {}): Promise<ServerHandle> {
    const base = `server-${++this.#servers}`;
    const { folder } = this;
    let starts = 0;
    const start = async (port: number) => {
      const name = `${base}.${++starts}`;
      const child = startChild<typeof serverOrders>(this.#programs.server, readable);
      this.#children.set(name, child);
      return { name, child, port: await child.tell("start", { ...setup, name, folder, port }) };
    };
    let present = await start(setup.port ?? 0);
    const kill = async () => {
      this.note(`kill ${present.name}`);
      this.#history.noteNow({ kind: "killed", actor: present.name });
      await present.child.kill();
    };
    const note = (what: string) => this.note(`${what} ${present.name}`);
    return {
      port: present.port,
      get child() {
        return present.child;
      },
      kill,
      stop() {
        note("stop");
        present.child.stop();
      },
      goOn() {
        note("go on");
        present.child.goOn();
      },
      async restart() {
        await kill();
        present = await start(present.port);
      },
    };
  }

  /** Starts clients, and waits until all are open. */
  async clients(
    ports: number | readonly number[],
    setup: Partial<ClientSetup> = {},
  ): Promise<Clients> {
    const name = `client-${++this.#clients}`;
    const child = startChild<typeof clientOrders>(this.#programs.client, readable);
    this.#children.set(name, child);
    const urls = [ports].flat().map((port) => `ws://127.0.0.1:${port}/`);
    const seed = this.random.between(1, 1_000_000);
    const ms = await child.tell("start", {
      ...setup,
      name,
      urls,
      seed,
      folder: this.folder,
      count: setup.count ?? 1,
    });
    if (ms < 0) throw new Error("The clients never were open");
    return child;
  }

  /** Starts a line that fails on command. */
  async proxy(...targets: readonly number[]): Promise<LineProxy> {
    const proxy = await startProxy(...targets);
    this.#proxies.push(proxy);
    return proxy;
  }

  /** The same in a process of its own, for loads that the conductor could not carry. */
  async distantProxy(...targets: readonly number[]) {
    const child = startChild<typeof proxyOrders>(this.#programs.proxy, readable);
    this.#children.set(`proxy-${this.#children.size}`, child);
    return { child, port: await child.tell("start", targets) };
  }

  /** Notes what is done to a server or a line, and says when. */
  note(what: string): number {
    this.#history.noteNow({ kind: "fault", what });
    return now();
  }

  /** Lets so many milliseconds pass in which things go on as they are. */
  async letPass(ms: number) {
    await sleep(ms);
  }

  /**
   * Ends publishing, waits until everybody has what there is, and notes that all is quiet. Who has
   * not is found by I2.
   */
  async quiet(server: ServerHandle, ...clients: readonly Clients[]) {
    await server.child.tell("pace", { log: 0, beats: 0 });
    const positions: Positions = await server.child.tell("positions");
    await Promise.all(
      clients.map((each) => each.tell("allAt", { positions, withinMs: patienceMs })),
    );
    this.#history.noteNow({ kind: "quiet" });
  }

  /** Waits until every call has settled. */
  async settled(...clients: readonly Clients[]) {
    for (const each of clients) {
      await each.tell("load", { paths: ["echo"], perSecond: 0 });
      await each.tell("settled", { withinMs: 40_000 });
    }
  }

  /** What everybody saw so far, in the order of time. */
  history(): Event[] {
    return readHistory(this.folder);
  }

  /**
   * Ends all processes and lines.
   *
   * @param early Whether something went wrong before everything had settled.
   */
  async close(early = false) {
    if (early) {
      for (const actor of this.#children.keys()) this.#history.noteNow({ kind: "killed", actor });
    }
    const deaths = [...this.#children.values()].flatMap(({ death }) => death ?? []);
    await Promise.all([...this.#children.values()].map((child) => child.kill()));
    await Promise.all(this.#proxies.map((proxy) => proxy.close()));
    this.#history.close();
    if (deaths.length > 0) throw new Error(deaths.join("\n"));
  }

  /** What in the history must not be. */
  violations(bounds: Bounds = {}): Violation[] {
    return check(this.history(), bounds);
  }

  /** Removes what was written. */
  remove() {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
