import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readClientMessage } from "./messages.js";

const limits = { maxPathLength: 256 };
const read = (message: unknown) => readClientMessage(message, limits);

describe("readClientMessage", () => {
  it.each([
    ["hello", { method: "hello", version: 1 }],
    ["hello of another version: its refusal is the connection's", { method: "hello", version: 9 }],
    ["hello with credentials", { method: "hello", version: 1, credentials: { token: "t" } }],
    ["hello with null for credentials", { method: "hello", version: 1, credentials: null }],
    [
      "hello with as much as it may have",
      {
        method: "hello",
        version: 1,
        credentials: { token: "x".repeat(16_379) },
        client: "x".repeat(256),
        contract: "x".repeat(128),
      },
    ],
    ["hello with all members", { method: "hello", version: 1, client: "a/1", contract: "5b0c" }],
    ["connectionParams", { method: "connectionParams", data: { token: "t-ana" } }],
    ["connectionParams without any", { method: "connectionParams", data: null }],
    ["a query", { id: 1, method: "query", params: { path: "a.b", input: { json: 1 } } }],
    ["a query without input", { id: 1, method: "query", params: { path: "a.b" } }],
    [
      "a query of a stock client",
      { id: 1, jsonrpc: "2.0", method: "query", params: { path: "a" } },
    ],
    ["a query with an id of text", { id: "q1", method: "query", params: { path: "a" } }],
    [
      "a query with the longest id",
      { id: "x".repeat(128), method: "query", params: { path: "a" } },
    ],
    ["a query under 0", { id: 0, method: "query", params: { path: "a" } }],
    [
      "a query with the longest path",
      { id: 1, method: "query", params: { path: "a".repeat(256) } },
    ],
    ["a query with no path to speak of", { id: 1, method: "query", params: { path: "" } }],
    [
      "a mutation with a deadline",
      { id: 2, method: "mutation", params: { path: "a" }, deadlineMs: 1 },
    ],
    ["a subscription", { id: 7, method: "subscription", params: { path: "a" } }],
    [
      "a subscription that goes on",
      { id: 7, method: "subscription", params: { path: "a", lastEventId: "41" } },
    ],
    ["a stop", { id: 7, method: "subscription.stop" }],
    ["a cancel", { id: 1, method: "cancel" }],
    ["credit", { id: 7, method: "credit", count: 16 }],
    ["members nobody knows", { id: 1, method: "cancel", reason: "bored", deadlineMs: "soon" }],
    [
      "an input that is not decoded",
      { id: 1, method: "query", params: { path: "a", input: [[[]]] } },
    ],
  ])("takes %s as it is", (_what, message) => {
    expect(read(message)).toBe(message);
  });

  it.each([
    ["undefined", undefined],
    ["null", null],
    ["a number", 5],
    ["text", "PING"],
    ["an array: batches are taken apart before", []],
  ])("refuses %s", (_what, message) => {
    expect(read(message)).toEqual({
      method: "malformed",
      id: null,
      reason: "A message must be an object",
      unknownMethod: false,
    });
  });

  const badId = "`id` must be a number or a string of 1 to 128 characters";
  it.each([
    ["a missing id", { method: "query", params: { path: "a" } }, badId],
    ["null as an id", { id: null, method: "query", params: { path: "a" } }, badId],
    ["an empty id", { id: "", method: "cancel" }, badId],
    ["an id that is too long", { id: "x".repeat(129), method: "cancel" }, badId],
    ["an id beyond all numbers", { id: Number.POSITIVE_INFINITY, method: "cancel" }, badId],
    ["an id that is an object", { id: {}, method: "cancel" }, badId],
    ["no version", { method: "hello" }, "`version` must be a whole number"],
    ["half a version", { method: "hello", version: 1.5 }, "`version` must be a whole number"],
    [
      "credentials that are text",
      { method: "hello", version: 1, credentials: "t" },
      "`credentials` must be an object of strings, or null",
    ],
    [
      "credentials with a number in them",
      { method: "hello", version: 1, credentials: { token: 5 } },
      "`credentials` must be an object of strings, or null",
    ],
    [
      "credentials that are a list",
      { method: "hello", version: 1, credentials: ["t"] },
      "`credentials` must be an object of strings, or null",
    ],
    [
      "credentials that are long",
      { method: "hello", version: 1, credentials: { a: "x".repeat(8_192), b: "x".repeat(8_191) } },
      "`credentials` has 16385 characters: 16384 is the limit",
    ],
    [
      "credentials with long names",
      { method: "hello", version: 1, credentials: { ["x".repeat(16_385)]: "" } },
      "`credentials` has 16385 characters: 16384 is the limit",
    ],
    [
      "a long client",
      { method: "hello", version: 1, client: "x".repeat(257) },
      "`client` has 257 characters: 256 is the limit",
    ],
    [
      "a long contract",
      { method: "hello", version: 1, contract: "x".repeat(129) },
      "`contract` has 129 characters: 128 is the limit",
    ],
    [
      "a client that is no text",
      { method: "hello", version: 1, client: 5 },
      "`client` must be a string",
    ],
    [
      "a contract that is no text",
      { method: "hello", version: 1, contract: {} },
      "`contract` must be a string",
    ],
    [
      "connectionParams without data",
      { method: "connectionParams" },
      "`data` must be an object of strings, or null",
    ],
    [
      "connectionParams that are nested",
      { method: "connectionParams", data: { token: { a: "b" } } },
      "`data` must be an object of strings, or null",
    ],
    // Credit under an id would be answered under it; an end that can not count is not.
    ["no credit", { id: 7, method: "credit", count: 0 }, "`count` must be a whole number above 0"],
    [
      "negative credit",
      { id: 7, method: "credit", count: -1 },
      "`count` must be a whole number above 0",
    ],
    [
      "half a credit",
      { id: 7, method: "credit", count: 0.5 },
      "`count` must be a whole number above 0",
    ],
    ["credit without count", { id: 7, method: "credit" }, "`count` must be a whole number above 0"],
    [
      "credit beyond counting",
      { id: 7, method: "credit", count: 2 ** 53 },
      "`count` must be a whole number above 0",
    ],
  ])("refuses %s, under no id", (_what, message, reason) => {
    expect(read(message)).toEqual({ method: "malformed", id: null, reason, unknownMethod: false });
  });

  describe.each(["query", "mutation", "subscription"])("%s", (method) => {
    const params = { path: "a" };
    it.each([
      ["no params", { params: undefined }, "`params` must be an object"],
      ["params that are a list", { params: ["a"] }, "`params` must be an object"],
      ["no path", { params: {} }, "`params.path` must be a string"],
      ["a path that is no text", { params: { path: ["a"] } }, "`params.path` must be a string"],
      [
        "a path that is too long",
        { params: { path: "a".repeat(257) } },
        "`params.path` has 257 characters: maxPathLength is 256",
      ],
      [
        "a lastEventId that is no text",
        { params: { path: "a", lastEventId: 41 } },
        "`params.lastEventId` must be a string",
      ],
      [
        "null as a lastEventId",
        { params: { path: "a", lastEventId: null } },
        "`params.lastEventId` must be a string",
      ],
      ["a deadline of 0", { params, deadlineMs: 0 }, "`deadlineMs` must be a number above 0"],
      [
        "a deadline in the past",
        { params, deadlineMs: -5 },
        "`deadlineMs` must be a number above 0",
      ],
      [
        "a deadline that is text",
        { params, deadlineMs: "5" },
        "`deadlineMs` must be a number above 0",
      ],
      ["null as a deadline", { params, deadlineMs: null }, "`deadlineMs` must be a number above 0"],
      ["another jsonrpc", { params, jsonrpc: "1.0" }, '`jsonrpc` must be "2.0" or left out'],
    ])("with %s is refused under its own id", (_what, rest, reason) => {
      for (const id of [1, "q1"]) {
        const refused = { method: "malformed", id, reason, unknownMethod: false };
        expect(read({ id, method, ...rest })).toEqual(refused);
      }
    });
  });

  it.each([undefined, null, 5, "", "QUERY", "publish", "__proto__", "toString", {}])(
    "answers the method %j under its id: a newer version may know it",
    (method) => {
      expect(read({ id: 1, method })).toEqual({
        method: "malformed",
        id: 1,
        reason: "`method` is not one this server knows",
        unknownMethod: true,
      });
    },
  );

  it("takes every client's frame that PROTOCOL.md prints", () => {
    const ofServers = new Set<unknown>(["welcome", "reconnect", "reauth", "goaway"]);
    const protocol = readFileSync(new URL("../../../../PROTOCOL.md", import.meta.url), "utf8");
    const frames = [...protocol.matchAll(/```json\n([\s\S]*?)```/g)]
      .flatMap(([, block = ""]) => block.trim().split("\n"))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ method }) => method !== undefined && !ofServers.has(method));
    expect(new Set(frames.map((frame) => frame.method))).toEqual(
      new Set([
        "hello",
        "connectionParams",
        "query",
        "mutation",
        "subscription",
        "subscription.stop",
        "cancel",
        "credit",
        "ack",
        "auth",
      ]),
    );
    for (const frame of frames) expect(read(frame)).toBe(frame);
  });

  const request = { id: 1, method: "mutation", params: { path: "a" } };
  const first = { session: "s", n: 0, storeEpoch: "e", ageMs: 0 };

  it.each([
    ["a key of 128 characters", { ...request, key: "k".repeat(128) }],
    ["a low", { ...request, low: 0 }],
    ["a first sending", { ...request, first }],
    ["a hello for a new session", { method: "hello", version: 1, session: {} }],
    [
      "a hello for an old one",
      { method: "hello", version: 1, session: { id: "a", secret: "b", received: 0 } },
    ],
    ["an ack", { method: "ack", received: 0 }],
    ["credentials", { method: "auth", credentials: { token: "t" } }],
    ["no credentials", { method: "auth", credentials: null }],
  ])("takes %s", (_, message) => {
    expect(read(message)).toBe(message);
  });

  it.each([
    ["no key of nothing", { ...request, key: "" }, 1],
    ["no key of 129 characters", { ...request, key: "k".repeat(129) }, 1],
    ["no key that is a number", { ...request, key: 5 }, 1],
    ["no low below 0", { ...request, low: -1 }, 1],
    ["no half a low", { ...request, low: 0.5 }, 1],
    ["no first sending that is a text", { ...request, first: "s" }, 1],
    ["no first sending without its age", { ...request, first: { ...first, ageMs: undefined } }, 1],
    ["no session of a megabyte", { ...request, first: { ...first, session: "s".repeat(65) } }, 1],
    ["no ack of a text", { method: "ack", received: "1" }, null],
    ["no ack below 0", { method: "ack", received: -1 }, null],
    ["no credentials of numbers", { method: "auth", credentials: { n: 1 } }, null],
    [
      "no credentials of a megabyte",
      { method: "auth", credentials: { a: "a".repeat(17_000) } },
      null,
    ],
    ["no session without a secret", { method: "hello", version: 1, session: { id: "a" } }, null],
  ])("takes %s", (_, message, id) => {
    expect(read(message)).toMatchObject({ method: "malformed", id });
  });

  it("never throws, changes nothing, and answers under an id only if that id is usable", () => {
    // Half of it is noise; half has the shape of a message, with one thing or another wrong.
    const id = fc.oneof(fc.integer(), fc.string(), fc.anything());
    const method = fc.constantFrom(
      ...["hello", "connectionParams", "query", "mutation", "subscription"],
      ...["subscription.stop", "cancel", "credit", "ack", "auth", "publish", undefined],
    );
    const params = fc.oneof(
      fc.anything(),
      fc.record(
        { path: fc.oneof(fc.string(), fc.anything()), lastEventId: fc.anything() },
        { requiredKeys: [] },
      ),
    );
    const nearly = fc.record(
      {
        id,
        method,
        params,
        count: fc.oneof(fc.integer(), fc.anything()),
        version: fc.oneof(fc.integer(), fc.anything()),
        data: fc.oneof(fc.dictionary(fc.string(), fc.string()), fc.anything()),
        credentials: fc.anything(),
        deadlineMs: fc.oneof(fc.double(), fc.anything()),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(fc.anything({ withNullPrototype: true }), nearly), (value) => {
        const message = read(value);
        if (message.method !== "malformed") {
          expect(message).toBe(value);
          return;
        }
        expect(message.reason).not.toBe("");
        if (message.id !== null) expect(message.id).toBe((value as { id: unknown }).id);
      }),
      { numRuns: 2_000, seed: 1331176672 }, // fixed, so that a red run is red again
    );
  });
});
