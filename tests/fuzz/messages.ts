/**
 * Messages after the greeting: calls that work, calls that are refused, and everything that looks
 * like a message. PROTOCOL.md §4–§6
 */
import type { Random } from "./random.js";
import { anyInput, anyJson } from "./values.js";

/** A message as it goes into a frame: an object, or JSON text that no object can be. */
export type Outgoing = unknown;

/** Ids of one connection. */
export interface Ids {
  /** One that no other message has. */
  next(): number | string;
  /** One that some message has had. */
  recent(): number | string;
}

const kinds = ["query", "mutation", "subscription"] as const;

const request = (
  id: unknown,
  method: unknown,
  path: unknown,
  input?: unknown,
  more: object = {},
) => ({
  id,
  method,
  params: input === undefined ? { path } : { path, input },
  ...more,
});

/** Calls with a sense, many of which fail as they should. */
const calls: readonly ((random: Random, id: number | string) => unknown)[] = [
  (_, id) => request(id, "query", "add", { json: { a: 1, b: 2 } }),
  (_, id) => request(id, "query", "plain.add", { json: { a: 1, b: 2 } }),
  (random, id) => request(id, "query", "echo", anyInput(random)),
  (random, id) => request(id, "query", "plain.echo", anyInput(random)),
  (random, id) => request(id, "mutation", "keep", anyInput(random)),
  (random, id) => request(id, "query", "echo", anyInput(random)),
  (random, id) => request(id, "query", "plain.echo", anyInput(random)),
  (random, id) => request(id, "mutation", "keep", anyInput(random)),
  (random, id) => request(id, "query", "strict", { json: anyJson(random) }),
  (random, id) => request(id, "query", "count.people", { json: [anyJson(random), { name: 1 }] }),
  (random, id) => request(id, "query", "plain.people", { json: [anyJson(random)] }),
  (random, id) => request(id, "query", "slow", { json: { ms: random.below(20) } }),
  (random, id) => request(id, "mutation", "stubborn", { json: { ms: random.below(20) } }),
  (_, id) => request(id, "query", "hurried"),
  (_, id) => request(id, "mutation", "fails.declared"),
  (_, id) => request(id, "query", "fails.forbidden"),
  (_, id) => request(id, "query", "fails.bug"),
  (_, id) => request(id, "query", "plain.bug"),
  (_, id) => request(id, "query", "fails.output"),
  (_, id) => request(id, "query", "letters", { json: { count: 9_000 } }),
  (random, id) => request(id, "subscription", "numbers", { json: { to: random.below(40) } }),
  (random, id) => request(id, "subscription", "notes", { json: { to: random.below(40) } }, {}),
  (_, id) => request(id, "subscription", "plain.numbers", { json: { to: 3 } }),
  (_, id) => request(id, "subscription", "breaks"),
  (_, id) => request(id, "subscription", "strictly"),
  (random, id) => request(id, random.pick(kinds), random.pick(strangePaths), anyInput(random)),
  (random, id) => ({
    ...request(id, "query", "slow", { json: { ms: 50 } }),
    deadlineMs: random.pick([1, 0.5, 5]),
  }),
];

const strangePaths = [
  ...["", ".", "..", "add.", ".add", "count", "plain", "ADD", "no.such", "_def", "createCaller"],
  ...["__proto__", "constructor", "toString", "plain.__proto__", "count.constructor.prototype"],
  ...["\u0000", "a\nb", "\ud800", "x".repeat(256), "add\u0000"],
];

/** What is refused under its id: the sentence it is refused with is in `refusals.ts`. */
const refusedUnderId: readonly ((random: Random, id: number | string) => unknown)[] = [
  (random, id) => ({ id, method: random.pick(["x", "", 7, null, {}, "__proto__", "QUERY"]) }),
  (random, id) => ({ id, method: "query", params: random.pick([null, [], "add", 7]) }),
  (random, id) => request(id, random.pick(kinds), random.pick([undefined, null, 7, [], {}])),
  (random, id) => request(id, random.pick(kinds), "x".repeat(257 + random.below(100))),
  (random, id) => ({
    id,
    method: "subscription",
    params: { path: "notes", lastEventId: random.pick([7, null, {}, []]) },
  }),
  (random, id) =>
    request(id, "query", "add", undefined, { deadlineMs: random.pick([0, -1, "1", null, {}]) }),
  (random, id) =>
    request(id, "query", "add", undefined, { jsonrpc: random.pick(["1.0", 2, null]) }),
  (random, id) => request(id, "query", "echo", { json: nested(62 + random.below(40)) }),
  (_, id) => request(id, "query", "echo", { json: new Array(600).fill(0) }),
  (random, id) =>
    raw(
      `{"id":${JSON.stringify(id)},"method":"query","params":{"path":"echo","input":{"json":{"${random.pick(protoKeys)}":{"x":1}}}}}`,
    ),
];

const nested = (levels: number) => {
  let json: unknown = 0;
  for (let level = 0; level < levels; level++) json = level % 2 === 0 ? [json] : { a: json };
  return json;
};
const protoKeys = ["__proto__", "\\u005f_proto__", "__pr\\u006Fto_\\u005f"];

/** What has no usable id: it ends the full dialect, and is answered under no id in the base one. */
const refusedUnderNone: readonly ((random: Random) => unknown)[] = [
  (random) => random.pick([1, "text", null, true, [[1]]]),
  (random) => request(random.pick([null, "", {}, [], true, "x".repeat(129)]), "query", "add"),
  () => raw('{"id":1e999,"method":"query","params":{"path":"add"}}'),
  (random) => ({ id: 1, method: "credit", count: random.pick([0, -1, 0.5, "1", null, 1e300]) }),
  (random) => ({ method: "hello", version: random.pick(["1", 1.5, null]) }),
  (random) => ({ method: "hello", version: 1, credentials: random.pick(["t", ["t"], { t: 1 }]) }),
  () => ({ method: "hello", version: 1, credentials: { t: "x".repeat(16_400) } }),
  (random) => ({ method: "hello", version: 1, client: random.pick([1, {}, []]) }),
  () => ({ method: "hello", version: 1, client: "x".repeat(300) }),
  (random) => ({ method: "hello", version: 1, contract: random.pick([1, {}, []]) }),
  () => ({ method: "hello", version: 1, contract: "x".repeat(200) }),
  (random) => ({ method: "connectionParams", data: random.pick([undefined, "t", { t: 1 }]) }),
  () => ({ method: "connectionParams", data: { t: "x".repeat(16_400) } }),
  () => ({ method: "connectionParams", data: null }),
  () => ({ method: "hello", version: 1 }),
];

/** JSON text that `JSON.stringify` would not write. */
export class Raw {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}
const raw = (text: string) => new Raw(text);

/** A message for an open connection, refused under no id at most so often. */
export function anyMessage(random: Random, ids: Ids, fatal: number): Outgoing {
  const kind = random.next();
  if (kind < fatal) return random.pick(refusedUnderNone)(random);
  if (kind < 0.2) return random.pick(refusedUnderId)(random, ids.next());
  if (kind < 0.3) return aboutAnother(random, ids);
  const call = random.pick(calls)(random, ids.next());
  return random.chance(0.1) ? mutated(random, call as Record<string, unknown>) : call;
}

/** Something about a call that runs, has run, or never will. */
function aboutAnother(random: Random, ids: Ids) {
  const id = random.chance(0.8) ? ids.recent() : random.pick([0, "never", -1]);
  const method = random.pick(["cancel", "subscription.stop", "credit"]);
  return { id, method, count: 1 + random.below(100) };
}

/** A message with one thing wrong or added. */
function mutated(random: Random, message: Record<string, unknown>): Outgoing {
  const name = random.pick(["method", "params", "jsonrpc", "deadlineMs", "extra", "key"]);
  if (random.chance(0.3)) {
    const { [name]: _gone, ...rest } = message;
    return rest;
  }
  return { ...message, [name]: anyJson(random, 2) };
}

/** A JSON text, broken by one byte or cut off. */
export function brokenText(random: Random, text: string): string {
  const at = random.below(text.length);
  if (random.chance(0.3)) return text.slice(0, at);
  const letter = random.pick(['"', "{", "}", "[", "]", ",", ":", "\\", "0", "e", "\u0000", " "]);
  return text.slice(0, at) + letter + text.slice(at + (random.chance(0.5) ? 1 : 0));
}

/** The JSON text of a frame: one message, or an array. */
export function toText(messages: readonly Outgoing[]): string {
  const texts = messages.map((message) =>
    message instanceof Raw ? message.text : (JSON.stringify(message) ?? "null"),
  );
  return texts.length === 1 ? texts[0]! : `[${texts.join()}]`;
}
