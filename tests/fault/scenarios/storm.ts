/**
 * The server drops everybody at once. They come back spread over the window that it told them, and
 * its event loop goes on turning meanwhile.
 */
import { startCrowd } from "../crowd.js";
import { isAllOk, must, mustLoseNothing, type Scenario } from "../scenario.js";

// "Some thousand clients want some seconds", says the option.
const reconnectWindowMs = 2_000;
const mostDelayMs = 200;

/**
 * Drops so many.
 *
 * @param sessions Whether sessions outlive sockets: then everybody follows a stream meanwhile.
 */
export const stormScenario = (count: number, { sessions = false } = {}): Scenario => ({
  name: sessions ? "session-storm" : "storm",
  promise: "a storm of reconnecting clients ends with all of them back and the event loop free",
  async run(world) {
    const server = await world.server({ reconnectWindowMs });
    const crowd = await startCrowd(world, server.port, { count, processes: 4 });
    const callAll = () =>
      crowd.all((each, share) => each.tell("call", { path: "echo", times: count * share }));
    await callAll();
    await world.settled(...crowd.processes);
    if (sessions) {
      await crowd.all((each) => each.tell("follow", { what: "ticks" }));
      await server.child.tell("pace", { beats: 1 });
      must((await crowd.wait("allReceive", 20_000)) >= 0, "all streams flow");
    }
    await server.child.tell("loopDelay"); // measures from now on

    const before = await crowd.report();
    await crowd.all((each) => each.tell("forgetLosses"));
    await server.child.tell("dropAll", { events: 0 });
    must((await crowd.wait("allLost", 20_000)) >= 0, "all were dropped");
    const backMs = await crowd.wait("allOpen", 30_000);
    must(backMs >= 0, "all are back");
    const delay = await server.child.tell("loopDelay");
    const { ownP99 } = delay;
    must(ownP99 < mostDelayMs, `p99 of the event loop's delay is under ${mostDelayMs}: ${ownP99}`);

    await callAll();
    await world.settled(...crowd.processes);
    await world.quiet(server, ...crowd.processes);
    const { outcomes, lost, sockets } = await crowd.report();
    must(isAllOk(outcomes.echo), "all are served again");
    if (sessions) mustLoseNothing({ outcomes, lost });
    const socketsEach = (sockets - before.sockets) / count;
    return { backMs: Math.round(backMs), delay, socketsEach };
  },
});
