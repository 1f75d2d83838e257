import { createManualClock } from "@tautline/testing";
import { describe, expect, it } from "vitest";
import { Rate } from "./rate.js";

function setUp(limits = { messagesPerSecond: 10, messageBurst: 4 }) {
  const clock = createManualClock();
  const rate = new Rate(clock, limits);
  /** Takes `count` tokens at once: `a` for accepted, `r` for refused, `c` for closed. */
  const take = (count: number) =>
    Array.from({ length: count }, () => rate.take(clock.now()).verdict[0]).join("");
  return { clock, rate, take };
}

describe("a rate", () => {
  it.each([
    ["accepts a burst and refuses the message behind it", [[0, 5, "aaaar"]]],
    [
      "accepts again what it refused, a token's time later",
      [
        [0, 5, "aaaar"],
        [100, 2, "ar"],
      ],
    ],
    ["closes after as many refusals as the burst has messages", [[0, 9, "aaaarrrrc"]]],
    [
      "forgets a refusal for each message it accepts",
      [
        [0, 8, "aaaarrrr"],
        [100, 1, "a"],
        [0, 2, "rc"],
      ],
    ],
    [
      "lets a client live for ever that slows down when told",
      [[0, 5, "aaaar"], ...Array.from({ length: 20 }, () => [100, 2, "ar"] as const)],
    ],
  ] as const)("%s", (_sentence, steps) => {
    const { clock, take } = setUp();
    for (const [afterMs, count, verdicts] of steps) {
      clock.advance(afterMs);
      expect(take(count)).toBe(verdicts);
    }
  });

  it("closes on a flood although time passes and messages are accepted meanwhile", () => {
    const { clock, rate } = setUp({ messagesPerSecond: 1_000, messageBurst: 2_000 });
    let messages = 0;
    for (let verdict = ""; verdict !== "close" && messages < 100_000; messages++) {
      clock.advance(0.01); // 100,000 a second
      ({ verdict } = rate.take(clock.now()));
    }
    expect(messages).toBeLessThan(5_000);
  });

  it("says how long to wait", () => {
    const { clock, rate, take } = setUp({ messagesPerSecond: 3, messageBurst: 2 });
    take(2);
    expect(rate.take(clock.now())).toEqual({ verdict: "refuse", retryAfterMs: 334 });
    clock.advance(334);
    expect(rate.take(clock.now())).toEqual({ verdict: "accept" });
  });
});
