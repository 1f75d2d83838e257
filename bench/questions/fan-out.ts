/**
 * Question: how many deliveries a second does a plain subscription reach, when everyone gets every
 * item?
 *
 * Method: 100 subscribers and then 1,000, each on a connection of its own, all in one process. The
 * server publishes when all of them have one more item, which the readers say on a socket beside the
 * contestant's own, and is at most eight items ahead. It publishes one item in a turn of the event
 * loop, so that only who lets a write linger has more than one to put in it; for 1,000 subscribers also eight in a
 * turn, as when events come in bursts, and then sixteen ahead. Bare `ws` writes the JSON once and sends it in a loop, Socket.IO
 * has a room, the others a generator for each subscriber, which reads a feed that is the same for
 * all of them. Every item is checked. A warm-up and then a window for each shape; new processes for
 * each round. Eleven rounds for bare `ws` and Tautline, three for the others.
 *
 * Report: deliveries a second and CPU per delivery on either side; medians over the rounds, and the
 * ratio to bare `ws` of the same round.
 */
import { contestantNames } from "../contestants/contestant.js";
import { startContest, until } from "../harness/contest.js";
import type { Promised, Question, Table } from "../harness/question.js";
import { measureWindow } from "../harness/window.js";
import { fullRoundsFor } from "./rounds.js";

interface Shape {
  readonly subscribers: number;
  /** Items published in one turn. */
  readonly burst: number;
  readonly promise?: Promised;
}

const shapes: readonly Shape[] = [
  { subscribers: 100, burst: 1 },
  { subscribers: 1_000, burst: 1, promise: { of: "ratio", atLeast: 0.8 } },
  { subscribers: 1_000, burst: 8 },
];
// Enough that neither side waits for the other; few enough that no buffer grows.
const aheadOf = (burst: number) => (burst === 1 ? 8 : 2 * burst);

const keyOf = ({ subscribers, burst }: Shape) => `${subscribers}x${burst}`;

export const fanOut: Question = {
  name: "fan-out",
  title: "Fan-out of a plain subscription",
  contestants: contestantNames,
  rounds: fullRoundsFor(["ws", "tautline"]),
  tables: shapes.map(tableOf),

  async run(contestant, { quick }) {
    await using contest = await startContest(contestant);
    const { server } = contest;
    const load = contest.startLoad();
    const values: Record<string, number> = {};
    let connected = 0;
    for (const shape of shapes) {
      const { burst } = shape;
      const ahead = aheadOf(burst);
      const subscribers = quick ? shape.subscribers / 10 : shape.subscribers;
      await load.tell("connect", { count: subscribers - connected });
      connected = subscribers;
      await load.tell("follow");
      await until("subscribers", () => server.tell("subscribers"), subscribers);

      const port = await server.tell("startFeed", { ahead, burst });
      await load.tell("startFeed", { port });
      const times = quick ? { warmUpMs: 50, measureMs: 100 } : { warmUpMs: 2_000, measureMs: 900 };
      const read = () => load.tell("feedReading");
      const { perSecond, serverUs, clientUs } = await measureWindow(server, read, times);
      await load.tell("endFeed");
      const published = await server.tell("endFeed");
      await until("deliveries", () => load.tell("deliveries"), published * subscribers);

      const key = keyOf(shape);
      values[`${key}.rate`] = perSecond;
      values[`${key}.serverUs`] = serverUs;
      values[`${key}.clientUs`] = clientUs;
    }
    return values;
  },
};

function tableOf(shape: Shape): Table {
  const key = keyOf(shape);
  const { subscribers, burst, promise } = shape;
  const count = subscribers.toLocaleString("en-US");
  const cost = { unit: "µs", digits: 1, better: "less", ratio: true } as const;
  return {
    title: `${count} subscribers${burst > 1 ? `, ${burst} items in a turn` : ""}`,
    measures: [
      {
        key: `${key}.rate`,
        title: "deliveries",
        unit: "/s",
        digits: 0,
        better: "more",
        ratio: true,
        chart: true,
        ...(promise ? { promise } : {}),
      },
      { key: `${key}.serverUs`, title: "server CPU per delivery", ...cost },
      { key: `${key}.clientUs`, title: "client CPU per delivery", ...cost },
    ],
  };
}
