import { describe, expect, it } from "vitest";
import { lingerMs, Turn } from "./turn.js";

/** Turns that end when the test says so, and what was flushed. */
function setUp() {
  let due: (() => void)[] = [];
  const flushed: string[] = [];
  const loop = { nowMs: 0, idleMs: 0 };
  const turn = new Turn((run) => due.push(run), {
    now: () => loop.nowMs,
    idleMs: () => loop.idleMs,
  });
  return {
    turn,
    flushed,
    loop,
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
    const { turn, loop, outbox, end } = turns;
    turn.flushLater(outbox("first", () => (loop.nowMs += 12)));
    end();
    turn.flushLater(outbox("second"));
    return turns;
  }

  it("lets a flush linger for what the next turns bring, ten milliseconds at most", () => {
    const { turn, flushed, loop, outbox, end } = afterALongFlush();
    end();
    loop.nowMs += 9.9;
    turn.flushLater(outbox("third"));
    end();
    expect(flushed).toEqual(["first"]);
    loop.nowMs += 0.1;
    end();
    expect(flushed).toEqual(["first", "second", "third"]);
  });

  it("writes at once in a loop that has been idle", () => {
    const { flushed, loop, end } = afterALongFlush();
    loop.nowMs += 8;
    loop.idleMs += 2;
    end();
    expect(flushed).toEqual(["first", "second"]);
  });

  it("writes at once after a short flush", () => {
    const { turn, flushed, loop, outbox, end } = setUp();
    turn.flushLater(outbox("first", () => (loop.nowMs += 0.9)));
    end();
    turn.flushLater(outbox("second"));
    end();
    expect(flushed).toEqual(["first", "second"]);
  });

  it.each([
    [{ tookMs: 0.9, agoMs: 0, idleMs: 0 }, 0],
    [{ tookMs: 1, agoMs: 0, idleMs: 0 }, 1],
    [{ tookMs: 8, agoMs: 32, idleMs: 4 }, 8],
    [{ tookMs: 8, agoMs: 32, idleMs: 4.1 }, 0],
    [{ tookMs: 8, agoMs: 32.1, idleMs: 0 }, 0],
    [{ tookMs: 500, agoMs: 0, idleMs: 0 }, 10],
  ])("after %o it lingers %d ms", (last, expected) => {
    expect(lingerMs(last)).toBe(expected);
  });
});
