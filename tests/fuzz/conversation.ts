/**
 * One connection of the fuzzer, from its first byte to its last: what it says, what it has a right
 * to hear, and how it has to end.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { readClientMessage } from "@tautline/contracts/wire";
import { ping } from "../hostile/frames.js";
import { open, RawClient } from "../hostile/raw-client.js";
import { query, subscription } from "../hostile/requests.js";
import { takeEnding, takeFlood, wrapped } from "./endings.js";
import { anyMessage, brokenText, type Ids, type Outgoing, Raw, toText } from "./messages.js";
import {
  type Opening,
  type ServerName,
  takeGreeting,
  takeRequest,
  takeWaiting,
} from "./openings.js";
import type { Random } from "./random.js";
import type { Tally } from "./tally.js";

/** Where the servers are. */
export type Ports = Readonly<Record<ServerName, number>>;

/** What a conversation found wrong. */
export class Finding extends Error {}

/** Runs one conversation of some kind. */
export async function converse(ports: Ports, random: Random, tally: Tally) {
  tally.connections++;
  const kind = random.next();
  if (kind < 0.34) return talk(ports, random, tally);
  if (kind < 0.37) return random.chance(0.6) ? hoard(ports, random, tally) : crowd(ports, tally);
  if (kind < 0.69) return begin(takeGreeting(random), ports, random, tally);
  if (kind < 0.9) return begin(takeRequest(random), ports, random, tally);
  return begin(takeWaiting(random), ports, random, tally);
}

// ---- beginnings ----------------------------------------------------------------------------

async function begin(opening: Opening, ports: Ports, random: Random, tally: Tally) {
  tally.inputs++;
  const client = new RawClient(ports[opening.server]);
  opening.run(client, random);
  if (opening.status === undefined) {
    const ending = await client.ended();
    // A loaded server may not have read the request before the time for it was over.
    if (client.http.startsWith("HTTP/1.1 408 ")) return tally.add("HTTP 408");
    tally.ending(ending);
    listen(client, tally)();
    expect(ending.code, opening.code, opening.name);
    return;
  }
  if (opening.status !== 0) {
    const { status } = await client.httpAnswer();
    tally.add(`HTTP ${status}`);
    expect(status, opening.status, opening.name);
  }
  await client.ended();
}

function expect(found: unknown, wanted: unknown, what: string) {
  if (found !== wanted) throw new Finding(`${what}: ${found} instead of ${wanted}`);
}

// ---- talks ---------------------------------------------------------------------------------

const secrets = /hunter2|The disk is full|node:internal|\.mjs/;

/** Counts what a client has heard since the last time. */
function listen(client: RawClient, tally: Tally, onMessage: (message: any) => void = () => {}) {
  let heard = 0;
  return () => {
    for (; heard < client.heard.length; heard++) {
      const message = client.heard[heard];
      if (typeof message !== "object") continue;
      tally.answer(message);
      onMessage(message);
      if (message.error !== undefined && secrets.test(JSON.stringify(message.error))) {
        throw new Finding(`Told a secret: ${JSON.stringify(message)}`);
      }
    }
  };
}

const keyOf = (id: unknown) => `${typeof id} ${String(id)}`;

async function talk(ports: Ports, random: Random, tally: Tally) {
  const server = random.pick(["roomy", "roomy", "roomy", "tight"] as const);
  const isFull = random.chance(0.55);
  const hasParams = !isFull && random.chance(0.2);
  const client = await open(ports[server], {
    ...(isFull ? {} : { dialect: "base" }),
    ...(hasParams ? { target: "/?connectionParams=1" } : {}),
  });
  const ids = createIds(random);
  /** Requests that have a right to an answer, by id. */
  const owed = new Map<string, number>();
  const hear = listen(client, tally, ({ id }) => owed.delete(keyOf(id)));

  const send = (messages: readonly Outgoing[]) => {
    for (const message of messages) {
      tally.inputs++;
      const read = readClientMessage(asParsed(message), { maxPathLength: 256 });
      if (read.method !== "malformed") tally.envelopes++;
      const id = "id" in read ? read.id : null;
      if (id !== null && mustBeAnswered(read.method)) owed.set(keyOf(id), 1);
    }
    client.write(wrapped(random, toText(messages)));
  };

  if (hasParams) send([{ method: "connectionParams", data: null }]);
  const frames = 6 + random.below(24);
  for (let n = 0; n < frames && client.ending === undefined; n++) {
    const kind = random.next();
    if (kind < 0.05) client.write(ping("x".repeat(random.below(126))));
    else if (kind < 0.2 && !isFull) sendNoMessage(client, random, tally);
    else {
      const size = random.chance(0.5) ? 1 : 1 + random.below(12);
      // Fatal in the full dialect only, and there the last thing that is said.
      const fatal = isFull ? 0 : 0.12;
      send(Array.from({ length: size }, () => anyMessage(random, ids, fatal)));
    }
    if (random.chance(0.3)) await nextTurn();
    hear();
  }

  // Whatever came before, the line lives, and everything that was asked is answered.
  send([query("the last", "add", { json: { a: 1, b: 2 } })]);
  await client.until(`answers to ${[...owed.keys()].slice(0, 5)}`, () => {
    hear();
    return owed.size === 0 || client.ending !== undefined;
  });
  await end(client, random, tally, { isFull, isTight: server === "tight", ids });
  hear();
}

// Asked for twice, once by a message that means nothing any more: only the id counts.
const mustBeAnswered = (method: string) =>
  method === "query" ||
  method === "mutation" ||
  method === "subscription" ||
  method === "malformed";

const asParsed = (message: Outgoing): unknown =>
  message instanceof Raw ? JSON.parse(message.text) : message;

/** A frame without a message in it; the base dialect goes on after it. */
function sendNoMessage(client: RawClient, random: Random, tally: Tally) {
  tally.inputs++;
  const texts = ["", "{", "[1,]", "nul", "\ufeff{}", '{"id":NaN}', "PING PONG", "[".repeat(1_000)];
  const broken = brokenText(random, JSON.stringify(query(0, "add", { json: { a: 1 } })));
  client.write(wrapped(random, random.chance(0.5) ? broken : random.pick(texts)));
}

async function end(
  client: RawClient,
  random: Random,
  tally: Tally,
  { isFull, isTight, ids }: { isFull: boolean; isTight: boolean; ids: Ids },
) {
  const mayBe = new Set<number>();
  // Limits that are low may have been exceeded by what was said before; 4500 is for too much of it
  // while the server still found out who is there.
  if (isTight) for (const code of [1009, 4003, 4500]) mayBe.add(code);
  if (client.ending === undefined) {
    tally.inputs++;
    if (isTight && random.chance(0.7)) takeFlood(random).run(client, random);
    else if (isFull && random.chance(0.3)) {
      client.write(wrapped(random, toText([anyMessage(random, ids, 1)])));
      mayBe.add(4500);
    } else {
      const ending = takeEnding(random);
      ending.run(client, random);
      mayBe.add(ending.code);
    }
  }
  const ending = await client.ended();
  tally.ending(ending);
  if (!mayBe.has(ending.code)) {
    throw new Finding(`Ended with ${ending.code} ${ending.reason}, not ${[...mayBe]}`);
  }
}

/** Ids that nobody else has, some of them strange. */
function createIds(random: Random): Ids {
  let last = 0;
  const given: (number | string)[] = [0];
  return {
    next() {
      last++;
      const id = random.chance(0.8)
        ? last
        : random.pick([
            -last,
            last + 0.5,
            last * 1e15,
            `${last}`,
            `\ud800${last}`,
            `__proto__${last}`,
          ]);
      // Now and then one that is taken.
      if (random.chance(0.02)) return given.at(-1)!;
      given.push(id);
      return id;
    },
    recent: () => given[Math.max(0, given.length - 1 - random.below(4))]!,
  };
}

/** More subscriptions than a connection may have, or more of their inputs than it may hold; and answers too large. */
async function hoard(ports: Ports, random: Random, tally: Tally) {
  const client = await open(ports.tight);
  const hear = listen(client, tally);
  const kept = { json: "x".repeat(random.pick([0, 7_900])) };
  const ids = Array.from({ length: 24 }, (_, n) => n);
  const large = ["large", "larger"].map((id) => query(id, "letters", { json: { count: 9_000 } }));
  const messages = [...large, ...ids.map((id) => subscription(id, "quiet", kept))];
  for (const message of messages) client.say(message);
  tally.inputs += messages.length;
  tally.envelopes += messages.length;
  await client.until("an answer to each", () => {
    hear();
    return messages.every(({ id }) => client.heard.some((message) => message.id === id));
  });
  client.reset();
  tally.ending(await client.ended());
}

/** Two connections of one user with more slow calls than the user may have, and neither alone. */
async function crowd(ports: Ports, tally: Tally) {
  const clients = await Promise.all([open(ports.tight), open(ports.tight)]);
  const hear = clients.map((client) => listen(client, tally));
  const calls = Array.from({ length: 4 }, (_, n) => query(n, "slow", { json: { ms: 60_000 } }));
  for (const client of clients) client.say(...calls);
  tally.inputs += 8;
  tally.envelopes += 8;
  for (const client of clients) client.text("PING");
  for (const [i, client] of clients.entries()) {
    await client.until("PONG", () => client.heard.includes("PONG"));
    hear[i]!();
    client.reset();
    tally.ending(await client.ended());
  }
}
