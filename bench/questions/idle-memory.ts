/**
 * Question: what does a connection cost the server while nothing happens on it, and what does it
 * leave behind when it is gone?
 *
 * Method: resident memory of a server process started with --expose-gc, each time after collecting
 * garbage: the least of six readings. *Idle*: before and after 10,000 connections with one
 * subscription each; fifty others came and went before, so that the code is there and compiled.
 * *Left behind*: 100,000 times a client connects, subscribes, calls once and closes, fifty at a
 * time; memory then, against memory after the first 10,000. Only bare `ws` and Tautline, once.
 *
 * Report: kB (1,000 bytes) per idle connection, and MiB that came with the last 90,000. Medians over
 * the rounds: three for bare `ws` and Tautline, one for the others, whose figures barely vary.
 */
import { type ContestantName, contestantNames } from "../contestants/contestant.js";
import { type Contest, startContest } from "../harness/contest.js";
import { idleBytes, nobodyFollows } from "../harness/idle.js";
import type { Question } from "../harness/question.js";

const compared: readonly ContestantName[] = ["ws", "tautline"];

export const idleMemory: Question = {
  name: "idle-memory",
  title: "Idle memory",
  contestants: contestantNames.filter((name) => name !== "ws-corked"), // it differs in writing only
  rounds: (contestant) => (compared.includes(contestant) ? 3 : 1),
  tables: [
    {
      title: "One idle connection with one subscription",
      measures: [
        {
          key: "idleKb",
          title: "resident memory",
          unit: "kB",
          digits: 1,
          better: "less",
          ratio: true,
          chart: true,
          promise: { of: "value", atMost: 11 },
        },
      ],
    },
    {
      title: "Left behind by 90,000 connections",
      measures: [
        {
          key: "leftMib",
          title: "resident memory",
          unit: "MiB",
          digits: 2,
          better: "less",
          ratio: false,
          promise: { of: "value", atMost: 2 },
        },
      ],
    },
  ],

  async run(contestant, { round, quick }) {
    const values: Record<string, number> = {};
    values.idleKb = (await idleBytes(contestant, quick ? 200 : 10_000)).residentBytes / 1_000;
    if (round === 1 && compared.includes(contestant)) {
      const leftBytes = await leftBehind(contestant, quick ? [100, 1_000] : [10_000, 100_000]);
      values.leftMib = leftBytes / 2 ** 20;
    }
    return values;
  },
};

/** Bytes that came with the connections after the first ones, all of which are gone. */
async function leftBehind(
  contestant: ContestantName,
  [first, all]: readonly [number, number],
): Promise<number> {
  await using contest = await startContest(contestant, { collects: true });
  const load = contest.startLoad();
  // In tenths, so that a process that hangs is noticed within minutes.
  const churn = async (count: number) => {
    for (let part = 0; part < 10; part++) await load.tell("churn", { count: count / 10 });
    await nobodyFollows(contest);
    return residentBytes(contest);
  };
  const before = await churn(first);
  return (await churn(all - first)) - before;
}

const residentBytes = async ({ server }: Contest) => (await server.tell("memory")).residentBytes;
