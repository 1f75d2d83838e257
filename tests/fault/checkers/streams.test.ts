import { describe, expect, it } from "vitest";
import { nothingDoubled } from "./nothing-doubled.js";
import { nothingInvented } from "./nothing-invented.js";
import { nothingLost } from "./nothing-lost.js";
import { offsetsRise } from "./offsets-rise.js";
import { publish, receive, subscribe, told } from "./told.js";

const quiet = { kind: "quiet" } as const;
const lost = { kind: "lost", subscriber: "a", code: "STREAM_LOST" } as const;
const ended = { kind: "ended", subscriber: "a" } as const;
const gap = (offset: number, epoch = "e") =>
  ({ kind: "gap", subscriber: "a", epoch, offset }) as const;

const good = told(
  subscribe("a"),
  subscribe("b"),
  publish(1),
  receive(1),
  receive(1, "b"),
  publish(2),
  publish(5), // offsets may be sparse
  receive(2),
  receive(5),
  receive(2, "b"),
  receive(5, "b"),
  quiet,
);

describe("the checkers of streams", () => {
  it.each([
    ["I1", nothingInvented],
    ["I2", nothingLost],
    ["I3", offsetsRise],
    ["I5", nothingDoubled],
  ])("%s: let pass what is well", (_, checker) => {
    expect(checker(good)).toEqual([]);
    expect(checker([])).toEqual([]);
  });
});

describe("I1, nothing invented", () => {
  it.each([
    ["an offset that was not published", told(subscribe(), publish(1), receive(2))],
    ["another payload", told(subscribe(), publish(1), receive(1, "a", "e", "other"))],
    ["another epoch", told(subscribe(), publish(1), receive(1, "a", "f"))],
    ["another stream", told(subscribe(), { ...publish(1), stream: "t" }, receive(1))],
    ["before it was published", told(subscribe(), receive(1), publish(1))],
    ["without a subscription", told(publish(1), receive(1, "nobody"))],
  ])("refuses %s", (_, history) => {
    expect(nothingInvented(history)).toMatchObject([{ invariant: "I1" }]);
  });
});

describe("I2, nothing lost in silence", () => {
  const four = [publish(1), publish(2), publish(3), publish(4)];

  it.each([
    ["one in the middle", told(subscribe(), ...four, receive(1), receive(2), receive(4))],
    ["all between two", told(subscribe(), ...four, receive(1), receive(4))],
    ["the first behind a known position", told(subscribe("a", { from: 1 }), ...four, receive(3))],
    ["the first behind a gap", told(subscribe(), ...four, receive(1), gap(2), receive(4))],
    [
      "what was before a gap was told",
      told(subscribe(), ...four, receive(1), receive(3), gap(3), receive(4)),
    ],
    [
      "a new epoch and no gap",
      told(subscribe(), publish(1), receive(1), publish(1, "f"), receive(1, "a", "f")),
    ],
    ["the last, once all is quiet", told(subscribe(), ...four, receive(1), receive(2), quiet)],
    ["all, once all is quiet", told(subscribe(), ...four, quiet)],
    [
      "a later epoch, once all is quiet",
      told(subscribe(), publish(1), receive(1), publish(1, "f"), quiet),
    ],
  ])("refuses to miss %s", (_, history) => {
    expect(nothingLost(history)).toMatchObject([{ invariant: "I2" }]);
  });

  it.each([
    ["were before the first", told(subscribe(), ...four, receive(3), receive(4), quiet)],
    ["a gap covers", told(subscribe(), ...four, receive(1), gap(3), receive(4), quiet)],
    [
      "came late, which is the matter of I3",
      told(subscribe(), ...four, receive(1), receive(3), receive(2), receive(4)),
    ],
    [
      "a gap into a new epoch covers",
      told(
        subscribe(),
        publish(1),
        receive(1),
        publish(7, "f"),
        gap(6, "f"),
        receive(7, "a", "f"),
        quiet,
      ),
    ],
    [
      "come after a loss that was told",
      told(subscribe(), publish(1), receive(1), lost, publish(2), quiet),
    ],
    ["come after its own end", told(subscribe(), publish(1), receive(1), ended, publish(2), quiet)],
    ["are still on their way", told(subscribe(), ...four, receive(1), receive(2))],
  ])("lets pass those that %s", (_, history) => {
    expect(nothingLost(history)).toEqual([]);
  });

  it("names what is missing, but not a thousand of them", () => {
    const all = Array.from({ length: 1_000 }, (_, index) => publish(index));
    const [violation] = nothingLost(told(subscribe(), ...all, receive(0), receive(999)));
    expect(violation!.message).toContain("1, 2, 3, 4, 5 and 993 more");
  });
});

describe("I3, offsets rise", () => {
  const three = [publish(1), publish(2), publish(3)];

  it("refuses one that comes behind a later one", () => {
    const history = told(subscribe(), ...three, receive(1), receive(3), receive(2));
    expect(offsetsRise(history)).toMatchObject([{ invariant: "I3" }]);
  });

  it("leaves doubles to I5", () => {
    expect(offsetsRise(told(subscribe(), ...three, receive(2), receive(2)))).toEqual([]);
  });

  it("begins anew in every epoch, and for every subscriber", () => {
    const epochs = told(subscribe(), receive(5), receive(1, "a", "f"), receive(2, "a", "f"));
    expect(offsetsRise(epochs)).toEqual([]);
    const two = told(subscribe("a"), subscribe("b"), receive(5), receive(1, "b"));
    expect(offsetsRise(two)).toEqual([]);
  });
});

describe("I5, nothing twice", () => {
  it.each([
    ["at once", told(subscribe(), publish(1), receive(1), receive(1))],
    ["later", told(subscribe(), publish(1), publish(2), receive(1), receive(2), receive(1))],
    ["behind a gap", told(subscribe(), publish(1), receive(1), gap(0), receive(1))],
  ])("refuses it %s", (_, history) => {
    expect(nothingDoubled(history)).toMatchObject([{ invariant: "I5" }]);
  });

  it("lets two subscribers have the same", () => {
    const history = told(subscribe("a"), subscribe("b"), publish(1), receive(1), receive(1, "b"));
    expect(nothingDoubled(history)).toEqual([]);
  });
});
