import { describe, expect, it } from "vitest";
import { createTokenBucket } from "./token-bucket.js";

/** A bucket, and time that passes when the test says so. */
function setUp(perSecond: number, burst: number, spent?: number) {
  let nowMs = 0;
  const clock = { now: () => nowMs, after: () => expect.unreachable() };
  const bucket = createTokenBucket(clock, perSecond, burst, spent);
  /** Takes `count` tokens at once, `afterMs` later: the waits. */
  return (afterMs: number, count: number) => {
    nowMs += afterMs;
    return Array.from({ length: count }, () => bucket.take());
  };
}

describe("a token bucket", () => {
  // Eight a second: one each 125 ms, and no rounding in between.
  it.each<[string, [afterMs: number, waits: number[]][]]>([
    ["holds a burst at first", [[0, [0, 0, 0, 0, 125]]]],
    [
      "has a token again when it said so",
      [
        [0, [0, 0, 0, 0, 125]],
        [125, [0, 125]],
      ],
    ],
    [
      "keeps fractions of a token",
      [
        [0, [0, 0, 0, 0]],
        [100, [25]],
        [100, [0, 50]],
      ],
    ],
    ["holds no more than a burst, however long the pause", [[60_000, [0, 0, 0, 0, 125]]]],
    [
      "allows one burst after a pause, not one more for the pause before it",
      [
        [60_000, [0, 0, 0, 0]],
        [0, [125]],
      ],
    ],
  ])("%s", (_sentence, steps) => {
    const take = setUp(8, 4);
    for (const [afterMs, waits] of steps) expect(take(afterMs, waits.length)).toEqual(waits);
  });

  it("says how long to wait, rounded up to whole milliseconds", () => {
    const take = setUp(3, 2);
    expect(take(0, 3)).toEqual([0, 0, 334]);
    expect(take(333, 1)).toEqual([1]);
    expect(take(1, 1)).toEqual([0]);
  });

  it("waits for what was spent before there was a bucket", () => {
    expect(setUp(8, 4, 3)(0, 2)).toEqual([0, 125]);
    expect(setUp(8, 4, 14)(0, 1)).toEqual([1_375]);
  });

  it("lets through what flows in, for as long as it is asked", () => {
    const take = setUp(8, 4);
    let taken = 4;
    take(0, 4);
    for (let n = 0; n < 400; n++) taken += take(62.5, 5).filter((waitMs) => waitMs === 0).length;
    expect(taken).toBe(4 + 25 * 8);
  });
});
