import { describe, expect, it } from "vitest";
import { afterClose } from "./state.js";

const backoff = { windowMs: 250, maxMs: 30_000 };

describe("after a socket closed", () => {
  it.each([
    // code, attempt, random, what follows
    [1000, 0, 0.5, { name: "waiting", attempt: 1, delayMs: 125 }],
    [1006, 0, 0, { name: "waiting", attempt: 1, delayMs: 0 }],
    [1006, 0, 0.999, { name: "waiting", attempt: 1, delayMs: 249.75 }],
    [1006, 1, 0.5, { name: "waiting", attempt: 2, delayMs: 250 }],
    [1006, 4, 0.5, { name: "waiting", attempt: 5, delayMs: 2_000 }],
    [1006, 40, 0.5, { name: "waiting", attempt: 41, delayMs: 15_000 }],
    [1009, 0, 0.5, { name: "waiting", attempt: 1, delayMs: 125 }],
    [4000, 0, 0.5, { name: "waiting", attempt: 1, delayMs: 125 }],
    [4001, 0, 0.5, { name: "waiting", attempt: 1, delayMs: 125 }],
    [4003, 2, 0.5, { name: "waiting", attempt: 3, delayMs: 500 }],
    [4005, 0, 0.5, { name: "waiting", attempt: 1, delayMs: 125 }],
    [1002, 0, 0.5, { name: "closed" }],
    [1003, 0, 0.5, { name: "closed" }],
    [1007, 0, 0.5, { name: "closed" }],
    [1010, 0, 0.5, { name: "closed" }],
    [4500, 0, 0.5, { name: "closed" }],
    [4501, 0, 0.5, { name: "closed" }],
    [4502, 0, 0.5, { name: "closed" }],
    [4503, 0, 0.5, { name: "closed" }],
  ] as const)("%i at attempt %i with %f: %o", (code, attempt, random, expected) => {
    const next = afterClose({ code, reason: "why" }, attempt, backoff, () => random);
    expect(next).toEqual({ ...expected, code, reason: "why" });
  });

  it("pauses from the second attempt on, whatever window the server tells", () => {
    const none = { windowMs: 0, maxMs: 30_000 };
    expect(afterClose({ code: 1006, reason: "" }, 0, none, () => 0.5)).toMatchObject({
      delayMs: 0,
    });
    expect(afterClose({ code: 1006, reason: "" }, 1, none, () => 0.5)).toMatchObject({
      delayMs: 100,
    });
  });

  it("forgives one strange frame of a server that was good before, and no second one", () => {
    const strange = { code: 4500, reason: "", strange: true };
    expect(afterClose(strange, 0, backoff, () => 0.5).name).toBe("waiting");
    expect(afterClose(strange, 1, backoff, () => 0.5).name).toBe("closed");
  });
});
