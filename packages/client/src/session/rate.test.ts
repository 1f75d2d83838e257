import { createManualClock } from "@tautline/testing";
import { describe, expect, it } from "vitest";
import { welcome } from "../play.test-kit.js";
import { createRate } from "./rate.js";

describe("the rate of messages", () => {
  const limits = { ...welcome.limits, messagesPerSecond: 100, messageBurst: 50 };

  it("allows a burst, then nine tenths of the server's rate", () => {
    const clock = createManualClock();
    const rate = createRate(clock, limits, 0);
    let sent = 0;
    while (rate(clock.now()) === 0) sent++;
    expect(sent).toBe(45);
    for (;;) {
      const waitMs = rate(clock.now());
      if (waitMs === 0) sent++;
      else if (clock.now() + waitMs > 10_000) break;
      else clock.advance(waitMs);
    }
    expect(sent).toBe(45 + 900);
  });

  it("saves no more than a burst while nothing is sent", () => {
    const clock = createManualClock();
    const rate = createRate(clock, limits, 0);
    for (let n = 0; n < 40; n++) rate(clock.now());
    clock.advance(60_000);
    let sent = 0;
    while (rate(clock.now()) === 0) sent++;
    expect(sent).toBe(45);
  });

  it("counts what was sent before the limits were known", () => {
    const clock = createManualClock();
    const rate = createRate(clock, limits, 45);
    expect(rate(clock.now())).toBe(12);
  });
});
