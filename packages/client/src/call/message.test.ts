import { describe, expect, it } from "vitest";
import type { Call } from "./call.js";
import { requestHead, requestText } from "./message.js";

const query = { head: requestHead("query", "orders.list"), input: "" } as Call;
const params = '"method":"query","params":{"path":"orders.list"';

describe("the text of a request", () => {
  it.each<[string, Partial<Call>, number, string]>([
    ["nothing but its procedure", {}, Infinity, `{"id":1,${params}}}`],
    ["an input", { input: '{"json":7}' }, Infinity, `{"id":1,${params},"input":{"json":7}}}`],
    ["a position", { lastEventId: 'a"b' }, Infinity, `{"id":1,${params},"lastEventId":"a\\"b"}}`],
    ["a deadline, never below 1", {}, 0.2, `{"id":1,${params}},"deadlineMs":1}`],
    ["a trace", { trace: "00-a-b-01" }, Infinity, `{"id":1,${params}},"trace":"00-a-b-01"}`],
    [
      "whatever somebody takes for a trace",
      { trace: '"}' },
      9,
      `{"id":1,${params}},"deadlineMs":9,"trace":"\\"}"}`,
    ],
  ])("has %s", (_, part, leftMs, text) => {
    expect(requestText({ ...query, ...part }, 1, leftMs)).toBe(text);
    expect(() => JSON.parse(text)).not.toThrow();
  });
});
