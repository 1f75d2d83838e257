/**
 * One conversation (two queries, one of them with a large answer, two mutations and a stream), cut
 * after each of its bytes in turn, in each direction. Wherever a frame is torn, all that was
 * asked settles as promised.
 */
import type { Direction, Ending } from "../proxy.js";
import { isAllOk, must, mustLoseNothing, type Scenario } from "../scenario.js";
import type { Clients, World } from "../world.js";

// Several segments of TCP and more than one read.
const letters = 4_000;
const lanes = 16;

interface Cut {
  readonly direction: Direction;
  readonly bytes: number;
  readonly ending: Ending;
}

/**
 * Cuts at one offset of so many that follow each other; 1 for all.
 *
 * @param sessions Whether sessions outlive sockets: then the stream and all mutations are whole too.
 */
export const everyOffsetScenario = (stride: number, { sessions = false } = {}): Scenario => ({
  name: `${sessions ? "session-" : ""}${stride === 1 ? "every-offset" : "some-offsets"}`,
  promise: "a line that is cut after any byte harms nothing that was asked on it",
  async run(world) {
    const { cuts, outcomes, lost } = await cutEverywhere(world, stride);
    for (const path of ["echo", "letters", "appendAgain"]) {
      must(isAllOk(outcomes[path]), `${path} is always answered`);
    }
    if (sessions) mustLoseNothing({ outcomes, lost });
    for (const code of Object.keys(outcomes.append ?? {})) {
      must(code === "ok" || code === "OUTCOME_UNKNOWN", `append may end with ${code}`);
    }
    return { cuts, outcomes, lost };
  },
});

/** Has the conversation once for each offset, some at a time. */
async function cutEverywhere(world: World, stride: number) {
  const server = await world.server({ reconnectWindowMs: 0, beatsPerSecond: 200 });
  const reconnect = { minMs: 1, maxMs: 20 };
  const clients = await world.clients(server.port, { reconnect });
  const whole = await measure(world, clients, server.port);

  const phase = world.random.between(0, stride - 1);
  const cuts: Cut[] = [];
  for (const direction of ["up", "down"] as const) {
    for (let bytes = phase; bytes <= whole[direction]; bytes += stride) {
      cuts.push({ direction, bytes, ending: world.random.pick(["reset", "end"]) });
    }
  }
  const left = [...cuts];
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      const proxy = await world.proxy(server.port);
      for (let cut = left.pop(); cut !== undefined; cut = left.pop()) {
        proxy.once({ name: "cutAfter", ...cut });
        await clients.tell("converse", { port: proxy.port, letters });
      }
    }),
  );
  const { outcomes, lost } = await clients.tell("report");
  return { cuts: cuts.length, whole, outcomes, lost };
}

/** How many bytes the conversation has in each direction when nothing is cut. */
async function measure(world: World, clients: Clients, port: number) {
  const proxy = await world.proxy(port);
  const talk = clients.tell("converse", { port: proxy.port, letters });
  let bytes = { up: 0, down: 0 };
  const poll = setInterval(() => {
    for (const line of proxy.lines) bytes = { ...line.bytes };
  }, 1);
  await talk;
  clearInterval(poll);
  return bytes;
}
