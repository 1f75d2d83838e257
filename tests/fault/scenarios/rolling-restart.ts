/**
 * Two servers behind one address are drained and started again, one after the other, under load. The
 * clients make the new connection before they leave the old one, in the window that they were
 * told, and no call that may be repeated fails.
 */
import type { Event } from "../events.js";
import { isAllOk, must, type Scenario } from "../scenario.js";
import type { ServerHandle } from "../world.js";

// "Some thousand clients want some seconds": a hundred, one.
const reconnectWindowMs = 1_000;
const mostSockets = 1.2;

/** Restarts both under so many clients. */
export const rollingRestartScenario = (count: number): Scenario => ({
  name: "rolling-restart",
  promise: "servers drained and restarted in turn cost no idempotent call",
  async run(world) {
    const first = await world.server({ reconnectWindowMs });
    const second = await world.server({ reconnectWindowMs });
    const proxy = await world.proxy(first.port, second.port);
    const clients = await world.clients(proxy.port, { count });
    await clients.tell("load", {
      paths: ["echo", "letters", "appendAgain"],
      perSecond: 300,
      letters: 500,
    });

    const moves = [];
    for (const [server, other] of [
      [first, second],
      [second, first],
    ] as const) {
      await world.letPass(world.random.between(300, 800));
      moves.push(await move(server, other));
    }
    await world.settled(clients);
    const { outcomes, lost } = await clients.tell("report");
    for (const path of ["echo", "letters", "appendAgain"]) {
      must(
        isAllOk(outcomes[path]),
        `every ${path} was answered: ${JSON.stringify(outcomes[path])}`,
      );
    }
    return { moves, outcomes, lost };

    /** Drains one server into another. */
    async function move(server: ServerHandle, other: ServerHandle) {
      const moving = await server.child.tell("connections");
      const { opened } = proxy;
      proxy.target(other.port);
      const at = world.note("drain");
      await server.child.tell("drain");
      const drainMs = world.note("drained") - at;
      const sockets = (proxy.opened - opened) / moving;
      must(sockets <= mostSockets, `${mostSockets} sockets each, at most: it was ${sockets}`);
      const early = earlyShare(world.history(), at);
      must(early > 0.2 && early < 0.8, `they came over the window: ${early} in its first half`);
      await server.restart();
      proxy.target(first.port, second.port);
      return { moving, sockets, drainMs: Math.round(drainMs), early };
    }
  },
});

/** The share of those who came after a moment who came in the first half of the window. */
function earlyShare(history: readonly Event[], at: number): number {
  const came = history.filter((event) => {
    const isServer = event.kind === "line" && event.by.startsWith("server");
    return isServer && event.state === "open" && event.at > at;
  });
  return came.filter((event) => event.at < at + reconnectWindowMs / 2).length / came.length;
}
