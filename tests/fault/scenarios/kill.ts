/**
 * `kill -9` of the server, again and again, while clients follow a log and call. The server had
 * nothing that mattered: whoever follows by position goes on behind the last entry it has, queries
 * are asked again, and what nobody can know is said to be unknown.
 */
import { isAllOk, must, type Scenario } from "../scenario.js";

/** Kills so many times. */
export const killScenario = (times: number): Scenario => ({
  name: "kill",
  promise: "a killed server costs no entry of a log, no query, and no mutation its honest outcome",
  async run(world) {
    const server = await world.server({ reconnectWindowMs: 100, logPerSecond: 100 });
    const reconnect = { minMs: 50, maxMs: 400 };
    const clients = await world.clients(server.port, { count: 50, reconnect });
    await clients.tell("follow", { what: "log" });
    const paths = ["append", "appendAgain", "slow", "echo"] as const;
    await clients.tell("load", { paths, perSecond: 400, ms: 30 });

    for (let kill = 0; kill < times; kill++) {
      await world.letPass(world.random.between(100, 500));
      await server.kill();
      await world.letPass(world.random.between(0, 200));
      await server.restart();
      must((await clients.tell("allOpen", { withinMs: 10_000 })) >= 0, "all are back");
    }
    await world.settled(clients);
    await world.quiet(server, clients);

    const { outcomes, lost, following } = await clients.tell("report");
    must(isAllOk(outcomes.echo), "every query was answered");
    must(isAllOk(outcomes.appendAgain), "what may run again did");
    must(following === 50, "everybody still follows the log");
    for (const path of ["append", "slow"]) {
      for (const code of Object.keys(outcomes[path] ?? {})) {
        must(/^(ok|OUTCOME_UNKNOWN|NOT_SENT)$/.test(code), `${path} may end with ${code}`);
      }
    }
    return { outcomes, lost };
  },
});
