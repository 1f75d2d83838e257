/**
 * Question: what does it cost that a session outlives its socket, and that a mutation is noted so
 * that it never runs twice?
 *
 * Method: Tautline as it is, Tautline *without sessions* (`createClient({ session: false })`, the
 * same server) and *without records* (sessions, but `createServer({ requests: false })`). For queries one
 * process has a connection with a session and one without, to the same server: eight in a hundred are
 * less than what two runs of the same processes differ by. 64 queries are kept in flight on the one and
 * then on the other, 1.5 s each to warm up and then six times 0.4 s each, in alternating order; medians of the
 * six count. For mutations 64 are kept in flight on a connection in processes of their own, after as many
 * queries: a warm-up and a window of 0.7 s. Eleven rounds with and without sessions, seven without records, all in
 * new processes. Then, in three rounds with and without
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
import { median } from "../harness/statistics.js";
import { measureWindow, type WindowTimes } from "../harness/window.js";
import { fullRoundsFor } from "./rounds.js";

const inFlight = 64;
const idleRounds = 3;
/** With a session and without. */
const compared = ["tautline", "tautline-sessionless"] as const satisfies ContestantName[];

export const sessionCost: Question = {
  name: "session-cost",
  title: "Cost of sessions",
  contestants: ["tautline", "tautline-sessionless", "tautline-unrecorded"],
  rounds: fullRoundsFor(compared, 7),
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
    const values: Record<string, number> = await mutationValues(contestant, quick);
    if (contestant === "tautline-unrecorded") return values;
    Object.assign(values, (await pairOf(round, quick))[compared.indexOf(contestant as Compared)]);
    if (round <= idleRounds) {
      const { residentBytes, liveBytes } = await idleBytes(contestant, quick ? 200 : 10_000);
      values.idleKb = residentBytes / 1_000;
      values.liveKb = liveBytes / 1_000;
    }
    return values;
  },
};

type Compared = (typeof compared)[number];

/** The latest round's queries, which are measured for both at once. */
let pair: { readonly round: number; readonly values: Promise<readonly Values[]> } | undefined;

function pairOf(round: number, quick: boolean): Promise<readonly Values[]> {
  if (pair?.round !== round) pair = { round, values: pairedQueries(quick) };
  return pair.values;
}

/** What queries cost with a session and without, in the order of `compared`. */
async function pairedQueries(quick: boolean): Promise<readonly Values[]> {
  await using contest = await startContest("tautline");
  const load = contest.startLoad();
  for (const as of compared) await load.tell("connect", { count: 1, as });
  const windows: Values[][] = compared.map(() => []);
  const measure = async (line: number, times: WindowTimes) => {
    await load.tell("startCalls", { inFlight, timed: false, line });
    return valuesOf("query", contest, load, times);
  };
  for (const line of windows.keys()) await measure(line, quick ? short : pairWarmUp);
  for (let turn = 0; turn < pairTurns; turn++) {
    for (const line of turn % 2 === 0 ? [0, 1] : [1, 0]) {
      windows[line]!.push(await measure(line, quick ? short : pairTimes));
    }
  }
  return windows.map(medians);
}

/** The median of each value over all windows. */
function medians(windows: readonly Values[]): Values {
  const keys = Object.keys(windows[0]!);
  return Object.fromEntries(keys.map((key) => [key, median(windows.map((each) => each[key]!))]));
}

async function mutationValues(contestant: ContestantName, quick: boolean): Promise<Values> {
  await using contest = await startContest(contestant);
  const load = contest.startLoad();
  await load.tell("connect", { count: 1 });
  // On the same connection: the mutations find the server's code as warm as it gets.
  await load.tell("startCalls", { inFlight, timed: false });
  await valuesOf("query", contest, load, quick ? short : queryTimes);
  await load.tell("startChanges", { inFlight });
  return await valuesOf("mutation", contest, load, quick ? short : mutationTimes);
}

const short: WindowTimes = { warmUpMs: 50, measureMs: 100 };
const pairTurns = 6;
const pairWarmUp: WindowTimes = { warmUpMs: 1_400, measureMs: 100 };
const pairTimes: WindowTimes = { warmUpMs: 100, measureMs: 400 };
const queryTimes: WindowTimes = { warmUpMs: 2_900, measureMs: 100 };
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
