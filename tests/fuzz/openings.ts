/**
 * Beginnings that come to nothing: requests that are no upgrade, greetings that are none, and
 * clients that begin and do not go on. Each says how the server has to end it.
 */
import { close, json, text } from "../hostile/frames.js";
import { type RawClient, type UpgradeParts, upgradeRequest } from "../hostile/raw-client.js";
import { query } from "../hostile/requests.js";
import { inTurn, type Random } from "./random.js";

/** The servers that are fuzzed. */
export type ServerName = "roomy" | "tight" | "guarded" | "brief" | "attached";

/** A beginning and what it comes to. */
export interface Opening {
  readonly name: string;
  /** What it comes to, in a word: those of one outcome take turns. */
  readonly outcome: string;
  readonly server: ServerName;
  /** The code of the closing frame; with `status` there is none. */
  readonly code?: number;
  /** The HTTP status of the answer; 0 for none. */
  readonly status?: number;
  readonly run: (client: RawClient, random: Random) => void;
}

// ---- requests ------------------------------------------------------------------------------

const asks = (
  name: string,
  status: number,
  parts: UpgradeParts,
  server: ServerName = "roomy",
): Opening => ({
  name,
  outcome: String(status),
  server,
  status,
  run: (client) => client.write(upgradeRequest(parts)),
});

const writes = (name: string, status: number, request: string): Opening => ({
  name,
  outcome: String(status),
  server: "roomy",
  status,
  run: (client) => client.write(request),
});

const requests: readonly Opening[] = [
  asks("an upgrade for //", 400, { target: "//" }),
  asks("an upgrade in absolute form", 400, { target: "http://localhost/" }),
  asks("an upgrade without a key", 400, { headers: { "Sec-WebSocket-Key": undefined } }),
  asks("an upgrade with two keys", 400, { headers: { "Sec-WebSocket-Key": ["a", "b"] } }),
  asks("an upgrade to h2c", 400, { headers: { Upgrade: "h2c" } }),
  asks("an upgrade of HTTP/1.0", 400, { version: "HTTP/1.0" }),
  asks("an upgrade by POST", 405, { method: "POST" }),
  asks("an upgrade of version 8", 426, { headers: { "Sec-WebSocket-Version": "8" } }),
  asks("an upgrade of no version", 426, { headers: { "Sec-WebSocket-Version": "x" } }),
  asks("a foreign page", 403, { headers: { Origin: "https://evil.example" } }, "guarded"),
  asks("a page without origin", 403, { headers: { Origin: "null" } }, "guarded"),
  asks("a path of nobody's", 404, { target: "/line/more" }, "attached"),
  writes("TLS", 400, "\x16\x03\x01\x02\x00\r\n\r\n"),
  writes("HTTP/2", 400, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
  writes("a GET", 426, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
  writes("a pipeline", 426, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(20)),
  writes("a huge header", 431, `GET / HTTP/1.1\r\nX: ${"x".repeat(17_000)}\r\n\r\n`),
  writes("CONNECT", 0, "CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n"),
];

// ---- greetings -----------------------------------------------------------------------------

const full = upgradeRequest({ headers: { "Sec-WebSocket-Protocol": "tautline.1" } });
const base = upgradeRequest({ target: "/?connectionParams=1" });

interface Greeting {
  readonly upgrade?: string;
  readonly server?: ServerName;
  readonly bytes: (random: Random) => Uint8Array;
}

const greets = (outcome: string, code: number, name: string, greeting: Greeting): Opening => ({
  name,
  outcome,
  code,
  server: greeting.server ?? "roomy",
  // In one segment: what comes with the upgrade is read like everything else.
  run: (client, random) =>
    client.write(Buffer.concat([Buffer.from(greeting.upgrade ?? full), greeting.bytes(random)])),
});

const hello = (rest: object = {}) => ({ method: "hello", version: 1, ...rest });
const long = (length: number) => "x".repeat(length);
const slowHello = json(hello({ credentials: { token: "slow" } }));
const guarded = { server: "guarded" } as const;
const params = { upgrade: base } as const;
const other = upgradeRequest({ headers: { "Sec-WebSocket-Protocol": "tautline.7" } });

const greetings: readonly Opening[] = [
  greets("expected", 4500, "a call before hello", { bytes: () => json(query(1, "add")) }),
  greets("expected", 4500, "a cancel before hello", {
    bytes: () => json({ id: 1, method: "cancel" }),
  }),
  greets("unreadable", 4500, "no JSON before hello", {
    bytes: (random) => text(random.pick(["", "{", "hello", "[1,]", "[".repeat(65)])),
  }),
  greets("unreadable", 4500, "no message before hello", {
    bytes: (random) => json(random.pick([1, null, "hello", true])),
  }),
  greets("malformed", 4500, "a hello that is malformed", {
    bytes: (random) =>
      json(
        random.pick<object>([
          { method: "hello" },
          hello({ credentials: [1] }),
          hello({ credentials: { t: long(40_000) } }),
          hello({ client: random.pick<unknown>([1, long(300)]) }),
          hello({ contract: random.pick<unknown>([1, long(300)]) }),
        ]),
      ),
  }),
  greets("malformed", 4500, "a hello with __proto__", {
    bytes: () => text('{"method":"hello","version":1,"__proto__":1}'),
  }),
  greets("version", 4501, "a hello of version 2", {
    bytes: (random) => json(hello({ version: 2 + random.below(9) })),
  }),
  greets("subprotocol", 4501, "a subprotocol that nobody speaks", {
    upgrade: other,
    bytes: () => json(hello()),
  }),
  greets("twice", 4500, "two hellos", { bytes: () => json([hello(), hello()]) }),
  greets("twice", 4500, "two hellos, the first of which is still looked at", {
    ...guarded,
    bytes: () => Buffer.concat([slowHello, json(hello())]),
  }),
  greets("too much", 4500, "too much before the welcome", {
    ...guarded,
    bytes: () =>
      Buffer.concat([slowHello, ...new Array(4).fill(json(query(1, "echo", long(20_000))))]),
  }),
  greets("refused", 4502, "no credentials", { ...guarded, bytes: () => json(hello()) }),
  greets("refused", 4502, "wrong credentials", {
    ...guarded,
    bytes: () => json([hello({ credentials: { t: "x" } }), query(1, "add")]),
  }),
  greets("undecided", 4005, "credentials that nobody can look at", {
    ...guarded,
    bytes: () => json(hello({ credentials: { token: "broken" } })),
  }),
  greets("params expected", 4502, "a call before connectionParams", {
    ...params,
    bytes: () => json(query(1, "add")),
  }),
  greets("params", 4502, "connectionParams that are malformed", {
    ...params,
    bytes: (random) =>
      random.chance(0.3)
        ? text("{")
        : json({
            method: "connectionParams",
            data: { t: random.pick<unknown>([1, long(17_000)]) },
          }),
  }),
  greets("polite", 1000, "a goodbye before hello", { bytes: () => close(1000) }),
];

// ---- waiting -------------------------------------------------------------------------------

const waits = (outcome: string, code: number, name: string, bytes: Uint8Array): Opening => ({
  name,
  outcome,
  code,
  server: "brief",
  run: (client) => client.write(bytes),
});
const after = (upgrade: string, bytes: Uint8Array = Buffer.alloc(0)) =>
  Buffer.concat([Buffer.from(upgrade), bytes]);
const cut = (bytes: Uint8Array) => bytes.subarray(0, Math.floor(bytes.length / 2));

const waiting: readonly Opening[] = [
  { name: "nothing at all", outcome: "408", server: "brief", status: 408, run() {} },
  {
    name: "half a request",
    outcome: "408",
    server: "brief",
    status: 408,
    run: (client) => client.write(full.slice(0, 60)),
  },
  waits("no hello", 4002, "no hello", after(full)),
  waits("no hello", 4002, "half a hello", after(full, cut(json(hello())))),
  waits("no params", 4002, "no connectionParams", after(base)),
  waits("silence", 1006, "silence after hello", after(full, json(hello()))),
  waits(
    "silence",
    1006,
    "half a payload after hello",
    after(full, Buffer.concat([json(hello()), cut(text(long(100)))])),
  ),
];

/** Take one of each outcome in turn. */
export const takeRequest = inTurn(requests, ({ outcome }) => outcome);
export const takeGreeting = inTurn(greetings, ({ outcome }) => outcome);
export const takeWaiting = inTurn(waiting, ({ outcome }) => outcome);
