/**
 * The server drops every socket while each of its clients follows a stream without positions, and
 * mutations are in flight. Sessions make it a pause: nothing is lost, doubled or out of order, no
 * mutation fails, none runs twice.
 */
import { startCrowd } from "../crowd.js";
import type { Event } from "../events.js";
import { must, mustLoseNothing, type Scenario } from "../scenario.js";

const mutations = 100;

/** Drops so many. The time is a promise for a machine that does nothing else. */
export const dropAllScenario = (count: number, backWithinMs = 1_000): Scenario => ({
  name: "drop-all",
  promise: "a thousand sockets dropped under load cost nothing but a pause of a second",
  async run(world) {
    const server = await world.server();
    // One process: with more of them than cores, those that wait for their turn are measured.
    const crowd = await startCrowd(world, server.port, { count, processes: 1 });
    await crowd.all((each) => each.tell("follow", { what: "ticks" }));
    await server.child.tell("pace", { beats: 20 });
    must((await crowd.wait("allReceive", 20_000)) >= 0, "all streams flow");
    await world.letPass(500);

    const drop = async () => {
      // They have run when the sockets are dropped, and are answered only when all are back.
      const call = { path: "slow", ms: 1_000 } as const;
      await crowd.all((each, share) => each.tell("call", { ...call, times: mutations * share }));
      await world.letPass(world.random.between(100, 400));
      await crowd.all((each) => each.tell("forgetLosses"));
      await server.child.tell("dropAll", { events: 2 });
      must((await crowd.wait("allLost", 5_000)) >= 0, "all were dropped");
      must((await crowd.wait("allOpen", 20_000)) >= 0, "all are back");
      await world.settled(...crowd.processes);
    };
    // A process of this age has not returned before, and its engine compiles as it goes: the first return is
    // told, the second is held to its time.
    await drop();
    await drop();
    await world.letPass(500);
    await world.quiet(server, ...crowd.processes);

    const history = world.history();
    const [first, second] = history.filter(isDrop).map(({ at }) => at) as [number, number];
    const unreceived = [first, second].map((at) => unreceivedAt(history, at));
    const firstBackMs = lastOpen(history, first, second) - first;
    const backMs = lastOpen(history, second) - second;
    const { outcomes, lost, sockets } = await crowd.report();
    mustLoseNothing({ outcomes, lost });
    const attached = history.filter(({ kind }) => kind === "attach").length;
    must(attached >= 3 * count, `every socket told its session, or I10 says nothing: ${attached}`);
    must(Math.min(...unreceived) >= count, `${count} events were under way: ${unreceived}`);
    must(backMs <= backWithinMs, `all were back in ${backWithinMs} ms: it took ${backMs}`);
    const back = { backMs: Math.round(backMs), firstBackMs: Math.round(firstBackMs) };
    return { unreceived, ...back, outcomes, lost, sockets };
  },
});

/** How many events had been made and not received at a moment. */
function unreceivedAt(history: readonly Event[], at: number): number {
  const made = history.filter((event) => event.kind === "publish" && event.at <= at).length;
  const received = history.filter((event) => event.kind === "receive" && event.at <= at).length;
  return made - received;
}

const isDrop = (event: Event) => event.kind === "fault" && event.what === "dropAll";

/** When the last client was open again. */
function lastOpen(
  history: readonly Event[],
  after: number,
  before = Number.POSITIVE_INFINITY,
): number {
  const opened = history.filter((event) => {
    const isClient = event.kind === "line" && event.by.startsWith("client");
    return isClient && event.state === "open" && event.at > after && event.at < before;
  });
  return Math.max(...opened.map((event) => event.at));
}
