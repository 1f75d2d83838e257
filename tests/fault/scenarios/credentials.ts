/**
 * Credentials that end. A token that expires is replaced on the live socket, and no call notices; a
 * user who is revoked gets nothing after the grace, and the others do not notice either.
 */
import { must, mustLoseNothing, type Scenario } from "../scenario.js";

const tokenMs = 1_500;

/** Tokens expire, again and again. */
export const expiryScenario: Scenario = {
  name: "expiry",
  promise: "expiring tokens are refreshed on the live socket, and no call fails",
  async run(world) {
    const count = 20;
    const server = await world.server({ tokenMs, beatsPerSecond: 20 });
    const clients = await world.clients(server.port, { count, tokenMs });
    await clients.tell("follow", { what: "ticks" });
    await clients.tell("load", { paths: ["echo", "append", "slow"], perSecond: 200, ms: 200 });
    await world.letPass(3 * tokenMs);
    await world.settled(clients);
    await world.quiet(server, clients);
    const { outcomes, lost, sockets, credentialsAsked } = await clients.tell("report");
    mustLoseNothing({ outcomes, lost });
    must(
      credentialsAsked >= 3 * count,
      `tokens were refreshed: ${credentialsAsked} were asked for`,
    );
    must(sockets === count, `nobody opened another socket: ${sockets} for ${count}`);
    return { outcomes, sockets, credentialsAsked };
  },
};

/** Some users are revoked under load. */
export const revocationScenario: Scenario = {
  name: "revocation",
  promise: "nothing reaches a revoked user, and the others go on",
  async run(world) {
    const count = 20;
    const server = await world.server({ logPerSecond: 50, beatsPerSecond: 20 });
    const clients = await world.clients(server.port, { count });
    await clients.tell("follow", { what: "log" });
    await clients.tell("follow", { what: "ticks" });
    await clients.tell("load", { paths: ["echo", "slow"], perSecond: 200, ms: 100 });
    await world.letPass(world.random.between(200, 600));
    const revoked = [`u${world.random.between(0, 9)}`, `u${world.random.between(10, 19)}`];
    // A user's sessions are closed at once: no grace.
    for (const userId of revoked) await server.child.tell("revoke", { userId, graceMs: 0 });
    await world.letPass(2_000); // in which something might still arrive
    await world.settled(clients);
    await world.quiet(server, clients);
    const { open, lost } = await clients.tell("report");
    must(open === count - revoked.length, `the others are connected: ${open}`);
    return { revoked, lost };
  },
};
