/** The process of a contestant's server: `node server-process.js <contestant>`. */
import { type AddressInfo, createServer, type Server } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { chunksTaken } from "../app/flood.js";
import { makeItem } from "../app/item.js";
import type { RunningServer, Serve } from "../contestants/contestant.js";
import { obey } from "./orders.js";
import { usageNow } from "./usage.js";

const { serve } = (await import(`../contestants/${process.argv[2]}/server.js`)) as { serve: Serve };
let server: RunningServer;
let published = 0;
let pace: Server | undefined;

/** What a server can be told. */
export const serverOrders = {
  async start() {
    server = await serve();
    return server.url;
  },

  usage: usageNow,

  subscribers: () => server.subscribers,

  chunksTaken,

  /**
   * Memory after garbage collection, in bytes; needs --expose-gc. *Resident* is what the operating
   * system counts: the least of some readings, as V8 and the allocator give pages back when they
   * please. *Live* is what the program holds: its heap and its buffers.
   */
  async memory() {
    let residentBytes = Number.POSITIVE_INFINITY;
    let liveBytes = Number.POSITIVE_INFINITY;
    for (let reading = 0; reading < 6; reading++) {
      global.gc!();
      const { rss, heapUsed, external } = process.memoryUsage();
      residentBytes = Math.min(residentBytes, rss);
      liveBytes = Math.min(liveBytes, heapUsed + external);
      await sleep(100);
    }
    return { residentBytes, liveBytes };
  },

  /**
   * Publishes, up to `ahead` items before the readers: each byte that comes in on the returned port
   * says that all of them have one more. One pace for every contestant, beside its own connections.
   *
   * @param burst Items published at once; then the event loop turns before there are more. With
   * one, whoever gathers what is ready in a turn has nothing to gather.
   */
  startFeed({ ahead, burst }: { readonly ahead: number; readonly burst: number }) {
    let wanted = ahead;
    let isDue = false;
    published = 0;

    function publish() {
      isDue = false;
      if (wanted < burst) return;
      wanted -= burst;
      for (let left = burst; left > 0; left--) server.publish(makeItem(published++));
      publishLater();
    }
    // In the turn after the next: what others do at the end of this one comes before.
    function publishLater() {
      if (isDue) return;
      isDue = true;
      setImmediate(() => setImmediate(publish));
    }

    return new Promise<number>((resolve) => {
      pace = createServer((socket) => {
        socket.setNoDelay();
        socket.on("data", (bytes) => {
          wanted += bytes.length;
          publishLater();
        });
        socket.on("close", () => {
          wanted = Number.NEGATIVE_INFINITY;
        });
        socket.on("error", () => {}); // the load process has ended, and with it this round
        publishLater();
      });
      pace.listen(0, "127.0.0.1", () => resolve((pace!.address() as AddressInfo).port));
    });
  },

  /** Says how many items were published, once nobody asks for more. */
  endFeed() {
    return new Promise<number>((resolve) => pace!.close(() => resolve(published)));
  },
};

obey(serverOrders);
