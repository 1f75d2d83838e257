/**
 * Question: what does a reader that has stopped reading cost the server in memory, and the others
 * in latency?
 *
 * Method: a client subscribes to a source of 31 MiB/s (64 KiB, five hundred times a second) and its
 * process is stopped by SIGSTOP once items arrive: its socket stays open and nobody reads it, as on
 * a laptop that was closed. Another client makes one call at a time, 1.5 s before and 3 s while.
 * Then the first process goes on, and must get every item in order. Memory is read after collecting garbage;
 * what the kernel holds for the socket does not count. New processes for each round; five rounds for
 * bare `ws` and Tautline, two for the others.
 *
 * Report: memory that the server's heap and buffers hold for the stopped reader, and by how much the
 * process grew; items taken from the source in these 3 s (what is not taken needs no memory; a
 * server that can not wait takes 1,500); the healthy client's p50 and p99 before and while.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { contestantNames } from "../contestants/contestant.js";
import { type LoadProcess, startContest, until } from "../harness/contest.js";
import type { Measure, Question } from "../harness/question.js";

const latency = { unit: "µs", digits: 0, better: "less", ratio: false } as const;
const measures: readonly Measure[] = [
  {
    key: "heldMib",
    title: "held",
    unit: "MiB",
    digits: 1,
    better: "less",
    ratio: false,
    chart: true,
    promise: { of: "value", atMost: 2 },
  },
  { key: "residentMib", title: "resident", unit: "MiB", digits: 1, better: "less", ratio: false },
  { key: "taken", title: "items taken", unit: "", digits: 0, better: "less", ratio: false },
  { key: "p50BeforeUs", title: "p50 before", ...latency },
  { key: "p50WhileUs", title: "p50 while", ...latency },
  { key: "p99BeforeUs", title: "p99 before", ...latency },
  { key: "p99WhileUs", title: "p99 while", ...latency },
];

export const slowReader: Question = {
  name: "slow-reader",
  title: "A slow reader",
  contestants: contestantNames.filter((name) => name !== "ws-corked"), // a flood fills each turn anyway
  rounds: (contestant) => (contestant === "ws" || contestant === "tautline" ? 5 : 2),
  tables: [{ title: "A stopped reader and a healthy one", measures }],

  async run(contestant, { quick }) {
    await using contest = await startContest(contestant, { collects: true });
    const { server } = contest;
    const healthy = contest.startLoad();
    const reader = contest.startLoad();
    await warmUp(healthy, quick ? 50 : 500);
    await healthy.tell("connect", { count: 1 });
    await reader.tell("connect", { count: 1 });
    const memoryBefore = await server.tell("memory");

    await healthy.tell("startCalls", { inFlight: 1, timed: true });
    await sleep(quick ? 50 : 300);
    await healthy.tell("callReading");
    await sleep(quick ? 100 : 1_500);
    const before = await healthy.tell("callReading");

    await reader.tell("flood");
    await floodArrives(reader);
    process.kill(reader.pid, "SIGSTOP");
    const takenBefore = await server.tell("chunksTaken");
    await healthy.tell("callReading");
    await sleep(quick ? 300 : 3_000);
    const during = await healthy.tell("callReading");
    const taken = (await server.tell("chunksTaken")) - takenBefore;
    await healthy.tell("endCalls");
    const memory = await server.tell("memory");

    process.kill(reader.pid, "SIGCONT");
    await goesOn(reader, takenBefore + taken);
    return {
      heldMib: (memory.liveBytes - memoryBefore.liveBytes) / 2 ** 20,
      residentMib: (memory.residentBytes - memoryBefore.residentBytes) / 2 ** 20,
      taken,
      p50BeforeUs: before.p50Ms * 1_000,
      p50WhileUs: during.p50Ms * 1_000,
      p99BeforeUs: before.p99Ms * 1_000,
      p99WhileUs: during.p99Ms * 1_000,
    };
  },
};

/** Calls and a flood on a connection that ends, so that memory before has the code and its buffers. */
async function warmUp(load: LoadProcess, forMs: number) {
  await load.tell("connect", { count: 1 });
  await load.tell("startCalls", { inFlight: 1, timed: false });
  await load.tell("flood");
  await sleep(forMs);
  await floodArrives(load);
  await load.tell("endCalls");
  await load.tell("disconnect");
}

async function floodArrives(load: LoadProcess) {
  while ((await load.tell("chunks")) === 0) await sleep(5);
}

/** Everything taken for the reader reaches it, in order: `checkChunk` has looked at each. */
const goesOn = (reader: LoadProcess, taken: number) =>
  until(
    "of the items that were taken",
    async () => Math.min(taken, await reader.tell("chunks")),
    taken,
  );
