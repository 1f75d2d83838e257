/**
 * The fuzzer: conversations by the dozen against a server process, until so many inputs were sent;
 * then the questions that matter. Did it live, does it hold anything, was it silent about anything,
 * did anybody else suffer?
 */
import { startProcess } from "../hostile/process.js";
import type { Setup, serverOrders } from "../hostile/server-process.js";
import type { witnessOrders } from "../hostile/witness-process.js";
import { converse, type Ports } from "./conversation.js";
import type { ServerName } from "./openings.js";
import { createRandom } from "./random.js";
import { required } from "./refusals.js";
import { Tally } from "./tally.js";

/** How to run. */
export interface FuzzOptions {
  readonly seed: number;
  /** Ends after so many inputs … */
  readonly inputs: number;
  /** … or after so many milliseconds. @default never */
  readonly timeMs?: number;
  /** Conversations at once. @default 48 */
  readonly parallel?: number;
  /** How often each refusal has to be met. */
  readonly atLeast: number;
  readonly onProgress?: (line: string) => void;
}

/** What came of it. */
export interface FuzzReport {
  readonly tally: Tally;
  readonly seconds: number;
  /** Memory after garbage collection, in bytes: when code is warm, and at the end. */
  readonly memory: { readonly base: Memory; readonly end: Memory };
  readonly healthy: {
    readonly calls: number;
    readonly p50: number;
    readonly p99: number;
    readonly max: number;
  };
  readonly logged: ReadonlyMap<string, number>;
  /** What is wrong; empty when nothing is. */
  readonly problems: readonly string[];
}

interface Memory {
  readonly rss: number;
  readonly live: number;
}

const unlimited = Number.POSITIVE_INFINITY;
const setups: Readonly<Record<ServerName, Setup>> = {
  roomy: { limits: { messagesPerSecond: unlimited, messageBurst: unlimited } },
  tight: {
    limits: {
      messagesPerSecond: 20,
      messageBurst: 30,
      maxCallsInFlight: 4,
      maxCallsPerPrincipal: 5,
      maxSubscriptions: 20,
      maxFrameBytes: 8_192,
      maxJsonNodes: 500,
    },
    oneUser: true,
  },
  guarded: {
    limits: { maxFrameBytes: 65_536 },
    authenticates: true,
    origins: ["https://app.example"],
  },
  brief: { limits: { helloTimeoutMs: 300 }, heartbeat: { intervalMs: 400, timeoutMs: 200 } },
  attached: { attached: "alone" },
};

/** Runs the fuzzer. */
export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const { seed, inputs, timeMs = unlimited, parallel = 48, atLeast, onProgress } = options;
  const [server, witness] = await Promise.all([
    startProcess<typeof serverOrders>("hostile/server-process.ts"),
    startProcess<typeof witnessOrders>("hostile/witness-process.ts"),
  ]);
  try {
    const entries = Object.entries(setups).map(async ([name, setup]) => [
      name,
      await server.tell("start", setup),
    ]);
    const ports = Object.fromEntries(await Promise.all(entries)) as Ports;
    await witness.tell("start", await server.tell("start", {}));
    await witness.tell("report", { after: 50 });

    const tally = new Tally();
    const problems: string[] = [];
    const logged = new Map<string, number>();
    let conversations = 0;
    const startedAt = performance.now();
    const isDone = () =>
      tally.inputs >= inputs || performance.now() - startedAt >= timeMs || problems.length >= 10;

    const readLog = async () => {
      const { counts } = await server.tell("log");
      for (const [key, count] of Object.entries(counts)) {
        logged.set(key, (logged.get(key) ?? 0) + count);
      }
    };

    const worker = async () => {
      while (!isDone()) {
        const turn = conversations++;
        try {
          await converse(ports, createRandom(seed, turn), tally);
        } catch (error) {
          problems.push(server.death ?? `Conversation ${turn}: ${error}`);
        }
      }
    };
    let base: Memory | undefined;
    const watch = async () => {
      // When a tenth is through, all code has been compiled and all pools are as large as they get.
      const share = () => Math.max(tally.inputs / inputs, (performance.now() - startedAt) / timeMs);
      for (let step = 1; !isDone(); ) {
        await new Promise((resolve) => setTimeout(resolve, 250));
        if (share() * 20 < step) continue;
        step = Math.floor(share() * 20) + 1;
        const memory = await server.tell("memory");
        if (share() > 0.1) base ??= memory;
        await readLog();
        onProgress?.(
          `${tally.inputs} inputs, ${tally.connections} connections, live ${mib(memory.live)}, RSS ${mib(memory.rss)}`,
        );
      }
    };
    await Promise.all([watch(), ...Array.from({ length: parallel }, worker)]);
    const seconds = (performance.now() - startedAt) / 1_000;

    const healthy = await witness.tell("report", { after: 2 });
    problems.push(...healthy.failures.map((failure) => `The healthy client failed: ${failure}`));
    problems.push(...(await leftovers(server)));
    await readLog();
    const end = await server.tell("memory");
    base ??= end;
    problems.push(...growth(base, end), ...silences(tally, logged), ...missed(tally, atLeast));
    return { tally, seconds, memory: { base, end }, healthy, logged, problems };
  } finally {
    await Promise.all([server.kill(), witness.kill()]);
  }
}

const mib = (bytes: number) => `${(bytes / 1_048_576).toFixed(1)} MiB`;

/** What is still held when all conversations have ended. */
async function leftovers(server: Awaited<ReturnType<typeof startProcess<typeof serverOrders>>>) {
  for (let look = 0; look < 500; look++) {
    const held = await server.tell("held");
    // The healthy client's.
    if (held.connections === 1 && held.handlers === 0 && held.sockets === 1) break;
    if (look === 499) return [`Still held: ${JSON.stringify(held)}`];
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const polluted = await server.tell("polluted");
  return polluted.map((name) => `${name}.prototype has something new`);
}

// What collections of garbage differ by; and for RSS what the allocator keeps in pieces.
const liveBytes = 8 * 1_048_576;
const rssBytes = 64 * 1_048_576;

function growth(base: Memory, end: Memory) {
  const problems = [];
  if (end.live - base.live > liveBytes) problems.push(`Live memory grew to ${mib(end.live)}`);
  if (end.rss - base.rss > rssBytes) problems.push(`RSS grew to ${mib(end.rss)}`);
  return problems;
}

// What a client asked for itself is no refusal, and a result that is too large no client's fault.
const notRefusals = new Set(["CLIENT_CLOSED_REQUEST", "TIMEOUT", "PAYLOAD_TOO_LARGE"]);

/** Refusals that somebody heard and the log has not: it may have more, of those who were gone. */
function silences(tally: Tally, logged: ReadonlyMap<string, number>) {
  const problems = [];
  const recorded = (what: string) =>
    ["debug", "info", "warn"].reduce(
      (sum, level) => sum + (logged.get(`${level} ${what}`) ?? 0),
      0,
    );
  for (const [name, count] of tally.counts) {
    const [kind, what = ""] = name.split(" ");
    if (kind === "told" && !notRefusals.has(what)) {
      const records =
        what === "INTERNAL_SERVER_ERROR"
          ? (logged.get("error -") ?? 0)
          : what === "PARSE_ERROR"
            ? recorded("-") + recorded(what)
            : recorded(what);
      if (records < count) problems.push(`${count} × ${what}, and ${records} in the log`);
    }
    if (kind === "close" && Number(what) >= 1_002) {
      // Who is abandoned is told nothing: 1006 there, 4001 here.
      const records = recorded(what) + (what === "1006" ? recorded("4001") : 0);
      if (records < count)
        problems.push(`${count} × closed with ${what}, and ${records} in the log`);
    }
  }
  return problems;
}

function missed(tally: Tally, atLeast: number) {
  const problems = required
    .filter((name) => (tally.counts.get(name) ?? 0) < atLeast)
    .map((name) => `Met only ${tally.counts.get(name) ?? 0} ×: ${name}`);
  if (tally.envelopes * 2 < tally.inputs) {
    problems.push(`Only ${tally.envelopes} of ${tally.inputs} inputs read as messages`);
  }
  return problems;
}
