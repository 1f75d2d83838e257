import type { FirstSending } from "@tautline/contracts/wire";
import { describe, expect, it } from "vitest";
import type { Call } from "./call.js";
import { requestText } from "./message.js";

const query = { kind: "query", path: "orders.list", input: "" } as Call;
const params = '"method":"query","params":{"path":"orders.list"';

describe("the text of a request", () => {
  type Members = [deadlineMs?: number, low?: number, first?: FirstSending];
  it.each<[string, Partial<Call>, Members, string]>([
    ["nothing but its procedure", {}, [], `{"id":1,${params}}}`],
    ["an input", { input: '{"json":7}' }, [], `{"id":1,${params},"input":{"json":7}}}`],
    ["a position", { lastEventId: 'a"b' }, [], `{"id":1,${params},"lastEventId":"a\\"b"}}`],
    ["a deadline", {}, [7], `{"id":1,${params}},"deadlineMs":7}`],
    [
      "whatever somebody takes for a trace",
      { trace: '"}' },
      [],
      `{"id":1,${params}},"trace":"\\"}"}`,
    ],
    [
      "what the records of mutations need",
      { key: "k" },
      [undefined, 1, { session: "s", n: 2, storeEpoch: "e", ageMs: 3 }],
      `{"id":1,${params}},"low":1,"key":"k","first":{"session":"s","n":2,"storeEpoch":"e","ageMs":3}}`,
    ],
  ])("has %s", (_, part, members, text) => {
    expect(requestText({ ...query, ...part }, 1, ...members)).toBe(text);
    expect(() => JSON.parse(text)).not.toThrow();
  });
});
