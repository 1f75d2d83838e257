/**
 * The server drops everybody at once. They come back spread over the window that it told them, and
 * its event loop goes on turning meanwhile.
 */
import { isAllOk, must, mustLoseNothing, type Scenario } from "../scenario.js";

// "Some thousand clients want some seconds", says the option.
const reconnectWindowMs = 2_000;

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
    const clients = await world.clients(server.port, { count });
    await clients.tell("call", { path: "echo", times: count });
    await clients.tell("settled", { withinMs: 20_000 });
    if (sessions) {
      await clients.tell("follow", { what: "ticks" });
      await server.child.tell("pace", { beats: 1 });
      must((await clients.tell("allReceive", { withinMs: 20_000 })) >= 0, "all streams flow");
    }
    await server.child.tell("loopDelay");

    const before = await clients.tell("report");
    await clients.tell("forgetLosses");
    await server.child.tell("dropAll", { events: 0 });
    must((await clients.tell("allLost", { withinMs: 5_000 })) >= 0, "all were dropped");
    const ms = await clients.tell("allOpen", { withinMs: 20_000 });
    must(ms >= 0, "all are back");
    const delay = await server.child.tell("loopDelay");
    must(delay.p99 < 200, `the event loop's p99 is under 200 ms: it was ${delay.p99.toFixed(0)}`);

    await clients.tell("call", { path: "echo", times: count });
    await world.settled(clients);
    await world.quiet(server, clients);
    const { outcomes, lost, sockets } = await clients.tell("report");
    must(isAllOk(outcomes.echo), "all are served again");
    if (sessions) mustLoseNothing({ outcomes, lost });
    const each = (sockets - before.sockets) / count;
    must(each <= 1.2, `no more than 1.2 sockets were opened for each: it was ${each.toFixed(2)}`);
    return { backMs: Math.round(ms), delay, socketsEach: each };
  },
});
