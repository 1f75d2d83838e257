/**
 * Question: how many calls a second, and at what cost, when many are under way at once?
 *
 * Method: three shapes, one after the other on the same server: 64 calls kept in flight on one
 * connection, 512 on one connection, and 16 on each of 50. Each answer that comes in lets its
 * caller ask the next one. A warm-up, of three seconds for the first shape so that the code
 * is compiled, and then a window of 0.7 s for each, in new processes for each round. Eleven rounds for bare `ws`, its corked variant and Tautline, three for the others.
 *
 * Report: calls a second, and CPU per call on either side (user and system, all threads); medians
 * over the rounds, and the ratio to bare `ws` of the same round.
 */
import { contestantNames } from "../contestants/contestant.js";
import { startContest } from "../harness/contest.js";
import type { Promised, Question, Table } from "../harness/question.js";
import { measureWindow } from "../harness/window.js";
import { fullRoundsFor } from "./rounds.js";

interface Shape {
  readonly connections: number;
  readonly inFlight: number;
}

// The first one warms up the longest: it finds the code cold.
const shapes: readonly Shape[] = [
  { connections: 1, inFlight: 64 },
  { connections: 1, inFlight: 512 },
  { connections: 50, inFlight: 16 },
];
const promises: Readonly<Record<string, Promised>> = {
  "1x64.rate": { of: "ratio", atLeast: 1.2 },
  "1x64.serverUs": { of: "ratio", atMost: 0.7 },
  "50x16.rate": { of: "ratio", atLeast: 1 },
};

const keyOf = ({ connections, inFlight }: Shape) => `${connections}x${inFlight}`;

export const callsInFlight: Question = {
  name: "calls-in-flight",
  title: "Calls in flight",
  contestants: contestantNames,
  rounds: fullRoundsFor(["ws", "ws-corked", "tautline"]),
  tables: shapes.map(tableOf),

  async run(contestant, { quick }) {
    await using contest = await startContest(contestant);
    const load = contest.startLoad();
    const values: Record<string, number> = {};
    for (const [index, { connections, inFlight }] of shapes.entries()) {
      await load.tell("connect", { count: connections });
      await load.tell("startCalls", { inFlight, timed: false });
      const warmUpMs = index === 0 ? 3_000 : 1_000;
      const times = quick ? { warmUpMs: 50, measureMs: 100 } : { warmUpMs, measureMs: 700 };
      const read = () => load.tell("callReading");
      const { perSecond, serverUs, clientUs } = await measureWindow(contest.server, read, times);
      await load.tell("endCalls");
      await load.tell("disconnect");
      const key = keyOf({ connections, inFlight });
      values[`${key}.rate`] = perSecond;
      values[`${key}.serverUs`] = serverUs;
      values[`${key}.clientUs`] = clientUs;
    }
    return values;
  },
};

function tableOf(shape: Shape): Table {
  const key = keyOf(shape);
  const { connections, inFlight } = shape;
  const promised = (name: string) => {
    const promise = promises[`${key}.${name}`];
    return promise ? { promise } : {};
  };
  const cost = { unit: "µs", digits: 1, better: "less", ratio: true } as const;
  return {
    title: `${inFlight} in flight on ${connections === 1 ? "one connection" : `each of ${connections} connections`}`,
    measures: [
      {
        key: `${key}.rate`,
        title: "calls",
        unit: "/s",
        digits: 0,
        better: "more",
        ratio: true,
        chart: true,
        ...promised("rate"),
      },
      { key: `${key}.serverUs`, title: "server CPU per call", ...cost, ...promised("serverUs") },
      { key: `${key}.clientUs`, title: "client CPU per call", ...cost, ...promised("clientUs") },
    ],
  };
}
