import { afterEach, describe, expect, it, vi } from "vitest";
import { createManualClock } from "./manual-clock.js";
import { until } from "./until.js";

describe("until", () => {
  afterEach(() => void vi.useRealTimers());

  it("returns what the condition gives as soon as it holds", async () => {
    const rows: string[] = [];
    setImmediate(() => rows.push("row"));
    expect(await until(() => rows.length > 0 && rows)).toEqual(["row"]);
  });

  it("does not wait when the condition holds", async () => {
    const condition = vi.fn(() => true);
    await until(condition);
    expect(condition).toHaveBeenCalledOnce();
  });

  it("awaits a condition that is a promise", async () => {
    let asked = 0;
    expect(await until(async () => ++asked === 3 && "third")).toBe("third");
  });

  it("takes a condition that throws for one that does not hold yet", async () => {
    const rows: { readonly name: string }[] = [];
    setImmediate(() => rows.push({ name: "a" }));
    await until(() => rows[0]!.name === "a");
  });

  it("waits for work outside the event loop", async () => {
    const { promise, done } = readThisFile();
    await until(() => done());
    await promise;
  });

  it("fails after its turns and says what it waited for", async () => {
    const condition = vi.fn(() => false);
    await expect(until(condition, { turns: 3, what: "the socket to open" })).rejects.toThrow(
      "Still waiting after 3 turns for: the socket to open",
    );
    expect(condition).toHaveBeenCalledTimes(3);
    const rows: string[] = [];
    await expect(until(() => rows.length === 2, { turns: 1 })).rejects.toThrow("rows.length === 2");
  });

  it("fails with what the condition threw last as its cause", async () => {
    const failure = until(() => JSON.parse("{"), { turns: 2, what: "the answer" });
    await expect(failure).rejects.toThrow(
      /^Still waiting after 2 turns for: the answer; it threw SyntaxError/,
    );
    await expect(failure).rejects.toHaveProperty("cause", expect.any(SyntaxError));
  });

  it("is not stopped by fake timers", async () => {
    vi.useFakeTimers();
    await expect(until(() => false, { turns: 105 })).rejects.toThrow("105 turns");
  });
});

describe("until with a clock", () => {
  it("moves it from timer to timer, and no further than needed", async () => {
    const clock = createManualClock(500);
    let beats = 0;
    const beat = () => {
      beats++;
      clock.after(1_000, beat);
    };
    clock.after(1_000, beat);
    await until(() => beats === 3, { clock });
    expect(clock.now()).toBe(3_500);
  });

  it("lets all that is ready go before time does", async () => {
    const clock = createManualClock();
    let answered = false;
    let late = false;
    clock.after(10, () => {
      late = true;
    });
    void (async () => {
      for (let n = 0; n < 50; n++) await null;
      setImmediate(() => {
        answered = true;
      });
    })();
    await until(() => answered, { clock });
    expect(late).toBe(false);
    expect(clock.now()).toBe(0);
  });

  it("moves it no further than it is told, and says how far it went", async () => {
    const clock = createManualClock();
    const fired: number[] = [];
    for (const delayMs of [400, 1_000, 1_001]) clock.after(delayMs, () => fired.push(delayMs));
    await expect(
      until(() => false, { clock, withinMs: 1_000, turns: 20, what: "nothing" }),
    ).rejects.toThrow("Still waiting after 20 turns and 1000 ms of the clock for: nothing");
    expect(fired).toEqual([400, 1_000]);
  });
});

/** Something that takes a thread of the pool, not just turns. */
function readThisFile() {
  let read = false;
  const promise = import("node:fs/promises")
    .then(({ readFile }) => readFile(new URL(import.meta.url)))
    .then(() => {
      read = true;
    });
  return { promise, done: () => read };
}
