/** What a connection costs a server while nothing happens on it. */
import type { ContestantName } from "../contestants/contestant.js";
import { type Contest, type LoadProcess, startContest, until } from "./contest.js";

// They come and go before memory is read first: then the code is there, and compiled.
const early = 50;

/** Bytes of resident memory for each of `count` connections with one subscription. */
export async function idleBytes(contestant: ContestantName, count: number): Promise<number> {
  await using contest = await startContest(contestant, { collects: true });
  const load = contest.startLoad();
  await follow(contest, load, early);
  await load.tell("disconnect");
  await nobodyFollows(contest);
  const before = await residentBytes(contest);
  await follow(contest, load, count);
  return ((await residentBytes(contest)) - before) / count;
}

async function follow({ server }: Contest, load: LoadProcess, count: number) {
  await load.tell("connect", { count });
  await load.tell("follow");
  await until("subscribers", () => server.tell("subscribers"), count);
}

/** Needs a contest that collects garbage. */
export const residentBytes = async ({ server }: Contest) =>
  (await server.tell("memory")).residentBytes;

export const nobodyFollows = ({ server }: Contest) =>
  until("subscribers", () => server.tell("subscribers"), 0);
