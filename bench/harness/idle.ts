/** What a connection costs a server while nothing happens on it. */
import type { ContestantName } from "../contestants/contestant.js";
import { type Contest, type LoadProcess, startContest, until } from "./contest.js";

// They come and go before memory is read first: then the code is there, and compiled.
const early = 50;

/** What each connection comes to; both as a server's `memory` counts them. */
export interface IdleBytes {
  readonly residentBytes: number;
  readonly liveBytes: number;
}

/** Memory for each of `count` connections with one subscription. */
export async function idleBytes(contestant: ContestantName, count: number): Promise<IdleBytes> {
  await using contest = await startContest(contestant, { collects: true });
  const load = contest.startLoad();
  await follow(contest, load, early);
  await load.tell("disconnect");
  await nobodyFollows(contest);
  const before = await contest.server.tell("memory");
  await follow(contest, load, count);
  const { residentBytes, liveBytes } = await contest.server.tell("memory");
  return {
    residentBytes: (residentBytes - before.residentBytes) / count,
    liveBytes: (liveBytes - before.liveBytes) / count,
  };
}

async function follow({ server }: Contest, load: LoadProcess, count: number) {
  await load.tell("connect", { count });
  await load.tell("follow");
  await until("subscribers", () => server.tell("subscribers"), count);
}

export const nobodyFollows = ({ server }: Contest) =>
  until("subscribers", () => server.tell("subscribers"), 0);
