/**
 * Question: how long does one call take, there and back, when it is the only one?
 *
 * Method: one connection, one call at a time, for a second after a warm-up of three, in which the code
 * is compiled, each in new processes.
 * The call carries five fields, one a Date; the answer is checked. Eleven rounds for bare `ws`, its
 * corked variant and Tautline, three for the others.
 *
 * Report: median (p50) and 99th percentile (p99) of a round's calls, and CPU per call on either
 * side; of each the median over the rounds, and the ratio to bare `ws` of the same round.
 */
import { contestantNames } from "../contestants/contestant.js";
import { startContest } from "../harness/contest.js";
import type { Question } from "../harness/question.js";
import { measureWindow } from "../harness/window.js";
import { fullRoundsFor } from "./rounds.js";

export const callLatency: Question = {
  name: "call-latency",
  title: "Call latency",
  contestants: contestantNames,
  rounds: fullRoundsFor(["ws", "ws-corked", "tautline"]),
  tables: [
    {
      title: "One call at a time",
      measures: [
        {
          key: "p50Us",
          title: "p50",
          unit: "µs",
          digits: 0,
          better: "less",
          ratio: true,
          chart: true,
          promise: { of: "ratio", atMost: 1.25 },
        },
        { key: "p99Us", title: "p99", unit: "µs", digits: 0, better: "less", ratio: true },
        {
          key: "serverUs",
          title: "server CPU",
          unit: "µs",
          digits: 1,
          better: "less",
          ratio: true,
        },
        {
          key: "clientUs",
          title: "client CPU",
          unit: "µs",
          digits: 1,
          better: "less",
          ratio: true,
        },
      ],
    },
  ],

  async run(contestant, { quick }) {
    await using contest = await startContest(contestant);
    const load = contest.startLoad();
    await load.tell("connect", { count: 1 });
    await load.tell("startCalls", { inFlight: 1, timed: true });
    const times = quick ? { warmUpMs: 50, measureMs: 100 } : { warmUpMs: 3_000, measureMs: 1_000 };
    const read = () => load.tell("callReading");
    const { serverUs, clientUs, last } = await measureWindow(contest.server, read, times);
    await load.tell("endCalls");
    return { p50Us: last.p50Ms * 1_000, p99Us: last.p99Ms * 1_000, serverUs, clientUs };
  },
};
