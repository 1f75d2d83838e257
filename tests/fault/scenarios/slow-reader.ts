/**
 * One reader takes what a modem would, beside others who do not. It holds back the generator that
 * it follows, and nobody else; what waits for it is bounded.
 */
import { must, type Scenario } from "../scenario.js";

const bytesPerSecond = 40_000;
// Fewer are held back by their credit before the outbox is full: 32 pages of 16 KiB each.
const streams = 32;

/** Reads slowly beside so many others. */
export const slowReaderScenario: Scenario = {
  name: "slow-reader",
  promise: "a slow reader costs others nothing, and the server no more than its outbox",
  bounds: {
    // The outbox, and what one event may be over it.
    memory: { perConnectionBytes: 1_048_576 + 65_536, slackBytes: 8 * 1_048_576 },
    latency: { floorMs: 10 },
  },
  async run(world) {
    const server = await world.server({ beatsPerSecond: 20 });
    const healthy = await world.clients(server.port, { count: 5 });
    await healthy.tell("probe", { phase: "fair", times: 50 }); // compiles what is measured
    await healthy.tell("follow", { what: "ticks" });
    await server.child.tell("memory", { phase: "base" });

    // The same bytes in the same time, by one who takes them when they come.
    const fair = await world.clients(server.port);
    await fair.tell("follow", { what: "pages", pauseMs: (16_384 / bytesPerSecond) * 1_000 });
    await healthy.tell("probe", { phase: "fair", times: 500 });
    await fair.tell("close");

    const proxy = await world.proxy(server.port);
    const slow = await world.clients(proxy.port);
    proxy.all({ name: "throttle", bytesPerSecond });
    for (let n = 0; n < streams; n++) await slow.tell("follow", { what: "pages" });
    await healthy.tell("probe", { phase: "foul", times: 500 });
    await server.child.tell("memory", { phase: "load" });
    const { lost } = await slow.tell("report");
    must(Object.keys(lost).length === 0, "the slow reader keeps its subscription");

    const made = world.history().filter((event) => {
      return event.kind === "publish" && event.stream.startsWith("client-3-");
    }).length;
    // Unbounded it would be thousands: what was made is what the line took, and what waits.
    const waitingBytes = 8 * 1_048_576; // in kernels and the proxy, besides the outbox
    const most = (waitingBytes + bytesPerSecond * 60) / 16_384;
    must(made < most, `the generator was held back: it made ${made} pages`);

    await slow.tell("close");
    proxy.cut();
    await world.quiet(server, healthy);
    await healthy.tell("close");
    await server.child.tell("memory", { phase: "after" });
    return { pagesMade: made };
  },
};
