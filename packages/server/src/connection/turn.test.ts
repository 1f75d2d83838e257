import { describe, expect, it } from "vitest";
import { lingerMs, Turn } from "./turn.js";

/** Turns that end when the test says so, and what was flushed. */
function setUp() {
  let due: (() => void)[] = [];
  const flushed: string[] = [];
  const clock = { ms: 0, now: () => clock.ms };
  const turn = new Turn((run) => due.push(run), clock);
  return {
    turn,
    flushed,
    clock,
    outbox: (name: string, then = () => {}) => ({
      flush() {
        flushed.push(name);
        then();
      },
    }),
    asked: () => due.length,
    end() {
      const now = due;
      due = [];
      for (const run of now) run();
    },
  };
}

it("asks the platform once for all outboxes of a turn, and flushes them in order", () => {
  const { turn, flushed, outbox, asked, end } = setUp();
  for (const name of ["a", "b", "c"]) turn.flushLater(outbox(name));
  expect(asked()).toBe(1);
  end();
  expect([flushed, asked()]).toEqual([["a", "b", "c"], 0]);
});

it("leaves to the next turn what is ready while it flushes", () => {
  const { turn, flushed, outbox, end } = setUp();
  turn.flushLater(outbox("a", () => turn.flushLater(outbox("later"))));
  turn.flushLater(outbox("b"));
  end();
  expect(flushed).toEqual(["a", "b"]);
  end();
  expect(flushed).toEqual(["a", "b", "later"]);
});

it("flushes the others in the next turn when one throws", () => {
  const { turn, flushed, outbox, end } = setUp();
  const broken = () => {
    throw new Error("a bug");
  };
  for (const each of [outbox("a"), outbox("b", broken), outbox("c")]) turn.flushLater(each);
  expect(end).toThrow("a bug");
  end();
  expect(flushed).toEqual(["a", "b", "c"]);
});

describe("under saturation", () => {
  /** A flush that took 12 ms has just ended, and there is something to write again. */
  function afterALongFlush() {
    const turns = setUp();
    const { turn, clock, outbox, end } = turns;
    turn.flushLater(outbox("first", () => (clock.ms += 12)));
    end();
    turn.flushLater(outbox("second"));
    end();
    return turns;
  }

  it("lets a flush linger for what the next turns bring, ten milliseconds at most", () => {
    const { turn, flushed, clock, outbox, end } = afterALongFlush();
    clock.ms += 9.9;
    turn.flushLater(outbox("third"));
    end();
    expect(flushed).toEqual(["first"]);
    clock.ms += 0.1;
    end();
    expect(flushed).toEqual(["first", "second", "third"]);
  });

  it("writes when the loop has had nothing to do, twice in a row", () => {
    const { flushed, clock, end } = afterALongFlush();
    const turns = [0.05, 3, 0.05];
    for (const ms of turns) {
      clock.ms += ms;
      end();
    }
    expect(flushed).toEqual(["first"]);
    clock.ms += 0.05;
    end();
    expect(flushed).toEqual(["first", "second"]);
  });

  it("counts the turns of each flush anew", () => {
    const { turn, flushed, clock, outbox, end } = afterALongFlush();
    end();
    end();
    turn.flushLater(outbox("third", () => (clock.ms += 12)));
    end();
    turn.flushLater(outbox("fourth"));
    end();
    end();
    expect(flushed).toEqual(["first", "second", "third"]);
  });

  it.each([
    [0.9, 0, 0],
    [1, 0, 1],
    [8, 32, 8],
    [8, 32.1, 0],
    [500, 0, 10],
  ])(
    "after a flush of %d ms that ended %d ms ago it may linger %d ms",
    (tookMs, agoMs, expected) => {
      expect(lingerMs(tookMs, agoMs)).toBe(expected);
    },
  );
});
