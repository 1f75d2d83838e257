import { expect, it } from "vitest";
import { Turn } from "./turn.js";

/** Turns that end when the test says so, and what was flushed. */
function setUp() {
  let due: (() => void)[] = [];
  const flushed: string[] = [];
  const turn = new Turn((run) => due.push(run));
  return {
    turn,
    flushed,
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
