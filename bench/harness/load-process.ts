/**
 * The process of a contestant's clients: `node load-process.js <contestant> <url>`. It looks at
 * every answer and every event, so a contestant that answers wrongly ends its run.
 */
import { once } from "node:events";
import { connect as connectPace, type Socket } from "node:net";
import { checkChunk } from "../app/flood.js";
import { checkEvent, type Item } from "../app/item.js";
import type { Connect, ContestantName, Line } from "../contestants/contestant.js";
import { type CallLoad, startCalls } from "./call-load.js";
import { obey } from "./orders.js";
import { usageNow } from "./usage.js";

const [, , name, url] = process.argv as [string, string, string, string];
const { connect } = await clientOf(name);

// A handshake is a few round trips; more at once only wait for each other.
const handshakesAtOnce = 50;

/** A line that follows, and the number of the item that it gets next. */
interface Follower {
  due: number;
}

let lines: Line[] = [];
let followers: Follower[] = [];
let calls: CallLoad | undefined;
let deliveries = 0;
let chunks = 0;
let pace: Socket | undefined;

/** Which calls are to be kept going. */
interface CallOrder {
  readonly inFlight: number;
  readonly timed: boolean;
  /** Of the lines in the order in which they were opened. */
  readonly line?: number;
}

/** What a load process can be told. */
export const loadOrders = {
  /** Opens so many more lines. `as` opens them as another contestant does, to the same server. */
  async connect({ count, as }: { readonly count: number; readonly as?: ContestantName }) {
    const open = as === undefined ? connect : (await clientOf(as)).connect;
    await inParallel(count, async () => void lines.push(await open(url)));
  },

  async disconnect() {
    const open = lines;
    lines = [];
    followers = [];
    await Promise.all(open.map((line) => line.close()));
  },

  /** Keeps `inFlight` calls going on every line, or on one of them, until `endCalls`. */
  startCalls({ inFlight, timed, line }: CallOrder) {
    calls = startCalls(line === undefined ? lines : [lines[line]!], { inFlight, timed });
  },

  /** The same with mutations. */
  startChanges({ inFlight }: { readonly inFlight: number }) {
    const changing = lines.map((line): Line => ({ ...line, answer: line.change! }));
    calls = startCalls(changing, { inFlight, timed: false });
  },

  /** What was used and done so far, and how long the calls took since the last reading. */
  callReading: () => ({ ...usageNow(), ...calls!.read() }),

  endCalls: () => calls!.end(),

  /** Subscribes every line that does not follow yet. */
  follow() {
    for (const line of lines.slice(followers.length)) {
      const follower: Follower = { due: 0 };
      followers.push(follower);
      line.follow((item) => receive(follower, item));
    }
  },

  /** Counts deliveries, and asks for another item whenever all lines have one more. */
  async startFeed({ port }: { readonly port: number }) {
    deliveries = 0;
    for (const follower of followers) follower.due = 0;
    pace = connectPace(port, "127.0.0.1").setNoDelay();
    await once(pace, "connect");
  },

  feedReading: () => ({ ...usageNow(), operations: deliveries }),

  async endFeed() {
    const closed = once(pace!, "close");
    pace!.end();
    pace = undefined;
    await closed;
  },

  deliveries: () => deliveries,

  /** Opens a flood on the first line. */
  flood() {
    chunks = 0;
    lines[0]!.flood((chunk) => checkChunk(chunk, chunks++));
  },

  chunks: () => chunks,

  /** Connects, follows, calls once and closes, so many times. */
  async churn({ count }: { readonly count: number }) {
    await inParallel(count, async () => {
      const line = await connect(url);
      line.follow(() => {});
      const load = startCalls([line], { inFlight: 1, timed: false });
      await load.end();
      await line.close();
    });
  },
};

function clientOf(contestant: string): Promise<{ readonly connect: Connect }> {
  return import(`../contestants/${contestant}/client.js`);
}

function receive(follower: Follower, item: Item) {
  checkEvent(item, follower.due++);
  deliveries += 1;
  if (deliveries % followers.length === 0) pace?.write("+");
}

async function inParallel(count: number, run: () => Promise<void>) {
  let left = count;
  const worker = async () => {
    while (left-- > 0) await run();
  };
  await Promise.all(Array.from({ length: Math.min(count, handshakesAtOnce) }, worker));
}

obey(loadOrders);
