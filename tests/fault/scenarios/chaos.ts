/**
 * One thing after another, as chance has it: cuts, black holes, delays, a server that is stopped,
 * killed, started again; under load all the while. Every seed is another story.
 */
import { blackHole, type LineProxy, pass } from "../proxy.js";
import { isAllOk, must, type Scenario } from "../scenario.js";
import type { ServerHandle, World } from "../world.js";

const heartbeat = { intervalMs: 400, timeoutMs: 300 };

/** So many blows. */
export const chaosScenario = (blows: number): Scenario => ({
  name: "chaos",
  promise: "whatever happens, in whatever order, what was promised of calls and streams holds",
  async run(world) {
    const { random } = world;
    const server = await world.server({
      heartbeat,
      reconnectWindowMs: 100,
      logPerSecond: 50,
      beatsPerSecond: 20,
    });
    const proxy = await world.proxy(server.port);
    const clients = await world.clients(proxy.port, {
      count: 20,
      reconnect: { minMs: 50, maxMs: 300 },
      connectTimeoutMs: 1_000,
      deadlineMs: 20_000,
    });
    await clients.tell("follow", { what: "log" });
    await clients.tell("follow", { what: "ticks", again: true });
    const paths = ["append", "appendAgain", "slow", "echo", "letters"] as const;
    await clients.tell("load", { paths, perSecond: 200, ms: 50, letters: 3_000 });

    const blowsOf = blowsFor(world, server, proxy);
    const story: string[] = [];
    for (let blow = 0; blow < blows; blow++) {
      await world.letPass(random.between(20, 300));
      const [name, strike] = random.pick(blowsOf);
      story.push(name);
      world.note(name);
      await strike();
    }
    proxy.all(pass);
    must((await clients.tell("allOpen", { withinMs: 15_000 })) >= 0, "all are back");
    await world.settled(clients);
    must((await clients.tell("allReceive", { withinMs: 15_000 })) >= 0, "all streams flow");
    await world.quiet(server, clients);
    const { outcomes, lost } = await clients.tell("report");
    must(isAllOk(outcomes.echo), "every query was answered");
    must(isAllOk(outcomes.letters), "every large query was answered");
    return { story: story.join(", "), outcomes, lost };
  },
});

type Blow = readonly [name: string, strike: () => void | Promise<void>];

/** What may happen. All of it ends by itself. */
function blowsFor(world: World, server: ServerHandle, proxy: LineProxy): readonly Blow[] {
  const { random } = world;
  const draw = () => ({
    bytes: random.between(0, 20_000),
    direction: random.pick(["up", "down"] as const),
  });
  return [
    ["cut all by RST", () => proxy.cut("reset")],
    ["cut all by FIN", () => proxy.cut("end")],
    [
      "cut some",
      () => {
        for (const line of [...proxy.lines]) if (random.chance(0.3)) line.cut("reset");
      },
    ],
    ["black hole", () => proxy.present(blackHole)],
    ["black hole up", () => proxy.present({ name: "hole", direction: "up" })],
    ["black hole down", () => proxy.present({ name: "hole", direction: "down" })],
    [
      "black hole that heals",
      async () => {
        proxy.all(blackHole);
        await world.letPass(random.between(100, 1_500));
        proxy.all(pass);
      },
    ],
    [
      "delay",
      async () => {
        proxy.all({ name: "delay", ms: random.between(5, 150) });
        await world.letPass(random.between(100, 500));
        proxy.all(pass);
      },
    ],
    [
      "throttle",
      async () => {
        proxy.all({ name: "throttle", bytesPerSecond: random.between(2_000, 50_000) });
        await world.letPass(random.between(100, 500));
        proxy.all(pass);
      },
    ],
    [
      "cut the lines to come",
      async () => {
        proxy.coming({ name: "cutAfter", ...draw(), ending: "reset" });
        proxy.cut("reset");
        await world.letPass(random.between(100, 500));
        proxy.coming(pass);
      },
    ],
    [
      "refuse",
      async () => {
        proxy.coming({ name: "refuse" });
        proxy.cut("end");
        await world.letPass(random.between(50, 500));
        proxy.coming(pass);
      },
    ],
    [
      "stop and go on",
      async () => {
        server.stop();
        await world.letPass(random.between(50, 1_500));
        server.goOn();
      },
    ],
    ["kill", () => server.restart()],
    ["drop all", () => server.child.tell("dropAll", { events: random.between(0, 3) })],
  ];
}
