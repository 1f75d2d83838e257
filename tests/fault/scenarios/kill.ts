/**
 * `kill -9` of the server, again and again, while clients follow a log and call. The server had
 * nothing that mattered: whoever follows by position goes on behind the last entry it has, queries
 * are asked again, and what nobody can know is said to be unknown.
 */
import { startCrowd } from "../crowd.js";
import { isAllOk, must, type Scenario } from "../scenario.js";

/** Kills so many times under so many clients. */
export const killScenario = (times: number, count = 50): Scenario => ({
  name: count === 50 ? "kill" : "kill-crowd",
  promise: "a killed server costs no entry of a log, no query, and no mutation its honest outcome",
  async run(world) {
    // Some thousand deliveries a second, however many follow.
    const logPerSecond = Math.min(100, Math.ceil(5_000 / count));
    const server = await world.server({ reconnectWindowMs: 100, logPerSecond });
    const reconnect = { minMs: 50, maxMs: 400 };
    const processes = Math.ceil(count / 250);
    const crowd = await startCrowd(world, server.port, { count, processes, reconnect });
    await crowd.all((each) => each.tell("follow", { what: "log" }));
    const load = { paths: ["append", "appendAgain", "slow", "echo"], ms: 30 } as const;
    await crowd.all((each, share) => each.tell("load", { ...load, perSecond: 400 * share }));

    for (let kill = 0; kill < times; kill++) {
      await world.letPass(world.random.between(100, 500));
      await server.kill();
      await world.letPass(world.random.between(0, 200));
      await server.restart();
      must((await crowd.wait("allOpen", 20_000)) >= 0, "all are back");
    }
    await world.settled(...crowd.processes);
    await world.quiet(server, ...crowd.processes);

    const { outcomes, lost } = await crowd.report();
    must(isAllOk(outcomes.echo), "every query was answered");
    must(isAllOk(outcomes.appendAgain), "what may run again did");
    must(Object.keys(lost).length === 0, "everybody still follows the log");
    for (const path of ["append", "slow"]) {
      for (const code of Object.keys(outcomes[path] ?? {})) {
        must(/^(ok|OUTCOME_UNKNOWN|NOT_SENT)$/.test(code), `${path} may end with ${code}`);
      }
    }
    return { outcomes, lost };
  },
});
