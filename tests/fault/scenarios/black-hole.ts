/**
 * A line that swallows everything and says nothing: a NAT entry that expired, a cable that was pulled.
 * Both ends notice by themselves, in the time the heartbeat promises, and the client has a new line
 * at once.
 */
import type { Event } from "../events.js";
import { blackHole, type Direction } from "../proxy.js";
import { isAllOk, must, mustLoseNothing, type Scenario } from "../scenario.js";

const heartbeat = { intervalMs: 600, timeoutMs: 300 };
// Timers and round trips of two busy cores. A heartbeat that took twice its time would be found.
const slackMs = 600;
// How often, 50 ms apart, the server's end is looked at until all of it has noticed.
const mostLooks = 100;

/**
 * Swallows in these directions.
 *
 * @param sessions Whether sessions outlive sockets: then streams without positions go on as well, and
 * every mutation is answered.
 */
export const blackHoleScenario = (
  direction: Direction | "both",
  { sessions = false } = {},
): Scenario => ({
  name: `${sessions ? "session-" : ""}black-hole-${direction}`,
  promise: "both ends notice a black hole within heartbeat and timeout, and go on on a new line",
  async run(world) {
    const server = await world.server({
      heartbeat,
      reconnectWindowMs: 20,
      logPerSecond: 50,
      beatsPerSecond: 20,
    });
    const proxy = await world.proxy(server.port);
    const clients = await world.clients(proxy.port, { count: 20 });
    await clients.tell("follow", { what: "log" });
    if (sessions) await clients.tell("follow", { what: "ticks" });
    await clients.tell("load", { paths: ["echo", "append", "appendAgain"], perSecond: 100 });
    await world.letPass(world.random.between(100, 600));

    await clients.tell("forgetLosses");
    const delaysSinceAsked = async () => ({
      client: await clients.tell("loopDelay"),
      server: await server.child.tell("loopDelay"),
    });
    await delaysSinceAsked(); // measures from now on
    const at = world.note("black hole");
    proxy.present(direction === "both" ? blackHole : { name: "hole", direction });
    must((await clients.tell("allLost", { withinMs: 5_000 })) >= 0, "clients notice");
    must((await clients.tell("allOpen", { withinMs: 5_000 })) >= 0, "clients come back");
    for (let looks = 0; looks < mostLooks; looks++) {
      if (noticedAfter(world.history(), at, "server").length === 20) break;
      await world.letPass(50);
    }
    const delays = await delaysSinceAsked();
    await world.letPass(1_000); // of calls and events on the new lines
    await world.settled(clients);
    await world.quiet(server, clients);

    const history = world.history();
    const noticed = {
      client: noticedAfter(history, at, "client"),
      server: noticedAfter(history, at, "server"),
    };
    const promisedMs = heartbeat.intervalMs + heartbeat.timeoutMs;
    for (const end of ["client", "server"] as const) {
      const ms = noticed[end];
      must(ms.length === 20, `all 20 were noticed: ${end} noticed ${ms.length}`);
      const worst = Math.max(...ms);
      // A process that the machine does not run notices nothing.
      const stalledMs = delays[end].max - delays[end].ownMax;
      const most = promisedMs + slackMs + stalledMs;
      must(
        worst <= most,
        `${end} noticed in ${promisedMs}: it took ${worst}, stalled ${stalledMs}`,
      );
    }
    const { outcomes, lost } = await clients.tell("report");
    must(isAllOk(outcomes.echo), "every query was answered");
    must(isAllOk(outcomes.appendAgain), "what may run again was answered");
    if (sessions) mustLoseNothing({ outcomes, lost });
    return {
      clientMs: Math.round(Math.max(...noticed.client)),
      serverMs: Math.round(Math.max(...noticed.server)),
      promisedMs,
      outcomes,
    };
  },
});

// A client in a session waits to resume it.
const states = { client: ["waiting", "resuming"], server: ["closed"] };

/** How long each of one end's connections took to be given up. */
function noticedAfter(history: readonly Event[], at: number, end: "client" | "server"): number[] {
  const givenUp = new Map<string, number>();
  for (const event of history) {
    if (event.kind !== "line" || event.at < at || !event.by.startsWith(end)) continue;
    const isGivenUp = states[end].includes(event.state);
    if (isGivenUp && !givenUp.has(event.client)) givenUp.set(event.client, event.at - at);
  }
  return [...givenUp.values()];
}
