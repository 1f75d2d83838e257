/**
 * Question: what does it cost that a session outlives its socket, and that a mutation is noted so
 * that it never runs twice?
 *
 * Method: Tautline as it is, Tautline *without sessions* (`createClient({ session: false })`, the
 * same server) and *without records* (sessions, but `createServer({ requests: false })`). 64 queries
 * are kept in flight on one connection, and then 64 mutations that do the same work: a warm-up and a
 * window of a second for queries, of 0.7 s for mutations, in new processes for each round. Twenty-five
 * rounds with and without sessions, seven without records. Then, in three rounds with and without
 * sessions, memory of the server after collecting garbage, before and with 10,000 connections with
 * one subscription each.
 *
 * Report: calls a second, and CPU per call on either side: of queries against those without
 * sessions, of mutations against those without records; kB (1,000 bytes) per idle connection, and
 * how many more than without sessions: resident, and of these what heap and buffers hold, which says
 * the same without the allocator's luck. Without a session mutations are not recorded either.
 * Promised: queries a second at least 0.92 of those without sessions, at the lower end of the 95 %
 * interval, and at most 1 kB more for an idle connection.
 */
import type { ContestantName } from "../contestants/contestant.js";
import { type Contest, type LoadProcess, startContest } from "../harness/contest.js";
import { idleBytes } from "../harness/idle.js";
import type { Measure, Promised, Question, Values } from "../harness/question.js";
import { measureWindow, type WindowTimes } from "../harness/window.js";

const inFlight = 64;
const idleRounds = 3;
const comparedIdle: readonly ContestantName[] = ["tautline", "tautline-sessionless"];

export const sessionCost: Question = {
  name: "session-cost",
  title: "Cost of sessions",
  contestants: ["tautline", "tautline-sessionless", "tautline-unrecorded"],
  // Eight in a hundred are little beside what two runs of the same differ by.
  rounds: (contestant) => (contestant === "tautline-unrecorded" ? 7 : 25),
  tables: [
    {
      title: `${inFlight} queries in flight on one connection`,
      base: "tautline-sessionless",
      measures: measuresOf("query", { of: "ratio", atLeast: 0.92, whole: true }),
    },
    {
      title: `${inFlight} mutations in flight on one connection`,
      base: "tautline-unrecorded",
      measures: measuresOf("mutation"),
    },
    {
      title: "One idle connection with one subscription",
      base: "tautline-sessionless",
      measures: [
        {
          key: "idleKb",
          title: "resident memory",
          unit: "kB",
          digits: 2,
          better: "less",
          ratio: false,
          difference: true,
          chart: true,
          promise: { of: "difference", atMost: 1 },
        },
        {
          key: "liveKb",
          title: "held by heap and buffers",
          unit: "kB",
          digits: 2,
          better: "less",
          ratio: false,
          difference: true,
        },
      ],
    },
  ],

  async run(contestant, { round, quick }) {
    const values: Record<string, number> = await callValues(contestant, quick);
    if (round <= idleRounds && comparedIdle.includes(contestant)) {
      const { residentBytes, liveBytes } = await idleBytes(contestant, quick ? 200 : 10_000);
      values.idleKb = residentBytes / 1_000;
      values.liveKb = liveBytes / 1_000;
    }
    return values;
  },
};

async function callValues(contestant: ContestantName, quick: boolean): Promise<Values> {
  await using contest = await startContest(contestant);
  const load = contest.startLoad();
  await load.tell("connect", { count: 1 });
  const short = { warmUpMs: 50, measureMs: 100 };

  await load.tell("startCalls", { inFlight, timed: false });
  const queries = await valuesOf("query", contest, load, quick ? short : queryTimes);
  // On the same connection: the mutations find the server's code as warm as it gets.
  await load.tell("startChanges", { inFlight });
  const mutations = await valuesOf("mutation", contest, load, quick ? short : mutationTimes);
  return { ...queries, ...mutations };
}

const queryTimes: WindowTimes = { warmUpMs: 3_000, measureMs: 1_000 };
const mutationTimes: WindowTimes = { warmUpMs: 1_000, measureMs: 700 };

async function valuesOf(
  kind: string,
  { server }: Contest,
  load: LoadProcess,
  times: WindowTimes,
): Promise<Values> {
  const window = await measureWindow(server, () => load.tell("callReading"), times);
  await load.tell("endCalls");
  return {
    [`${kind}.rate`]: window.perSecond,
    [`${kind}.serverUs`]: window.serverUs,
    [`${kind}.clientUs`]: window.clientUs,
  };
}

function measuresOf(kind: string, promise?: Promised): readonly Measure[] {
  const cost = { unit: "µs", digits: 1, better: "less", ratio: true } as const;
  return [
    {
      key: `${kind}.rate`,
      title: "calls",
      unit: "/s",
      digits: 0,
      better: "more",
      ratio: true,
      chart: true,
      ...(promise ? { promise } : {}),
    },
    { key: `${kind}.serverUs`, title: `server CPU per ${kind}`, ...cost },
    { key: `${kind}.clientUs`, title: `client CPU per ${kind}`, ...cost },
  ];
}
