import { createManualClock } from "@tautline/testing";
import { describe, expect, it } from "vitest";
import { createPlaces } from "./places.js";

/** A server that told 64 places and has `room` of them for us. */
function meet(room: number) {
  const clock = createManualClock();
  const places = createPlaces(clock);
  let running = 0;
  /** Sends all that may be sent now: how many ran, and how many were refused. */
  function send() {
    let refused = 0;
    let ran = 0;
    while (places.waitMs(64) === 0) {
      places.take();
      if (running + ran < room) ran++;
      else refused++;
    }
    running += ran;
    for (let n = 0; n < refused; n++) {
      places.free();
      places.refuse();
    }
    return [ran, refused];
  }
  /** When calls were tried, from now on for `ms`, and what became of them. */
  function watch(ms: number) {
    const seen: [atMs: number, ran: number, refused: number][] = [];
    const endMs = clock.now() + ms;
    for (;;) {
      const [ran = 0, refused = 0] = send();
      if (ran + refused > 0) seen.push([clock.now(), ran, refused]);
      const waitMs = places.waitMs(64);
      if (clock.now() + waitMs > endMs) break;
      clock.advance(waitMs);
    }
    return seen;
  }
  return {
    places,
    send,
    watch,
    answer() {
      running--;
      places.free();
    },
    make(now: number) {
      room = now;
    },
  };
}

describe("places", () => {
  it("are as many as were told, as long as nothing is refused", () => {
    const { places, send, answer } = meet(1_000);
    expect(send()).toEqual([64, 0]);
    expect(places.waitMs(64)).toBe(Infinity);
    answer();
    expect(send()).toEqual([1, 0]);
    expect(places.waitMs(65)).toBe(0);
  });

  it("are tried one by one, ever more seldom, when there are none", () => {
    const { watch } = meet(0);
    expect(watch(10_000)).toEqual([
      [0, 0, 64],
      [100, 0, 1],
      [300, 0, 1],
      [700, 0, 1],
      [1_500, 0, 1],
      [3_100, 0, 1],
      [5_100, 0, 1],
      [7_100, 0, 1],
      [9_100, 0, 1],
    ]);
  });

  it("that are there are used again at once", () => {
    const { send, answer } = meet(2);
    expect(send()).toEqual([2, 62]);
    expect(send()).toEqual([0, 0]);
    answer();
    expect(send()).toEqual([1, 0]);
  });

  it("are all found again soon after they have become free", () => {
    const { watch, make } = meet(0);
    expect(watch(300)).toHaveLength(3);
    make(1_000);
    expect(watch(1_500)).toEqual([
      [700, 1, 0],
      [1_100, 2, 0],
      [1_200, 4, 0],
      [1_300, 8, 0],
      [1_400, 16, 0],
      [1_500, 32, 0],
      [1_600, 1, 0],
    ]);
  });
});
