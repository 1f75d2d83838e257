import { describe, expect, it } from "vitest";
import { type LineEvent, type LineState, type LogItem, tell, untold, wordsFor } from "./story.js";

const at = (ms: number) => new Date(1_700_000_000_000 + ms);
const after = (...events: LineEvent[]) => events.reduce(tell, untold);
const state = (name: LineState, ms: number, resumed = false): LineEvent =>
  name === "open"
    ? { type: "state", state: name, resumed, at: at(ms) }
    : { type: "state", state: name, at: at(ms) };
const greeted = (pid: number, ms: number): LineEvent => ({
  type: "greeted",
  pid,
  startedAt: at(0),
  at: at(ms),
});

describe("the line's story", () => {
  it("begins with a connection, which is no return", () => {
    const story = after(state("connecting", 0), state("open", 20));
    expect(story).toMatchObject({ state: "open", openSince: at(20), reconnects: 0, log: [] });
  });

  it("tells of a loss and the return, and how long it took", () => {
    const story = after(
      state("open", 0),
      state("waiting", 1_000),
      state("connecting", 1_200),
      state("waiting", 1_210),
      state("open", 6_100),
    );
    expect(story.reconnects).toBe(1);
    expect(story.log).toEqual([
      {
        kind: "back",
        at: at(6_100),
        downMs: 5_100,
        resumed: false,
        caughtUp: 0,
        delivered: 0,
        failed: 0,
      },
      { kind: "lost", at: at(1_000) },
    ]);
  });

  it("knows how long the session lasts, whatever becomes of its sockets", () => {
    const begun = [state("connecting", 0), state("open", 20)] as const;
    const cut = [state("resuming", 1_000), state("open", 6_000, true)] as const;
    expect(after(...begun, ...cut)).toMatchObject({ openSince: at(6_000), sessionSince: at(20) });
    expect(after(...begun, ...cut).log[0]).toMatchObject({ kind: "back", resumed: true });

    const killed = [state("resuming", 7_000), state("open", 9_000)] as const;
    const story = after(...begun, ...cut, ...killed);
    expect(story).toMatchObject({ sessionSince: at(9_000), reconnects: 2 });
    expect(story.log[0]).toMatchObject({ kind: "back", resumed: false });
  });

  it("does not call a cut by this visitor a loss as well", () => {
    const cut: LineEvent = { type: "cut", forMs: 5_000, at: at(900) };
    expect(after(state("open", 0), cut, state("waiting", 960)).log).toEqual([
      { kind: "cut", at: at(900), forMs: 5_000 },
    ]);
  });

  it("counts what was caught up with and what went through, and only that", () => {
    const change = (ms: number): LineEvent => ({ type: "change", happenedAt: at(ms) });
    const story = after(
      state("open", 0),
      state("waiting", 1_000),
      state("open", 6_000),
      change(500), // from before the loss
      change(2_000),
      change(4_000),
      change(7_000), // live again
      { type: "settled", madeAt: at(3_000), answered: true },
      { type: "settled", madeAt: at(8_000), answered: true },
    );
    expect(story.log[0]).toMatchObject({ kind: "back", caughtUp: 2, delivered: 1, failed: 0 });
  });

  it("notices that another process answers", () => {
    const story = after(
      state("open", 0),
      greeted(11, 1),
      { type: "kill", pid: 11, at: at(100) },
      state("waiting", 160),
      state("open", 1_900),
      greeted(12, 1_902),
    );
    expect(story.server).toEqual({ pid: 12, startedAt: at(0) });
    expect(story.log.map(({ kind }) => kind)).toEqual(["replaced", "back", "kill"]);
  });

  it("has the last round trip", () => {
    const pong = (roundTripMs: number): LineEvent => ({ type: "pong", roundTripMs });
    expect(after(state("open", 0), pong(2), pong(3))).toMatchObject({ pongs: 2, roundTripMs: 3 });
  });
});

describe("the log of the line", () => {
  const back = (counts: Partial<LogItem & { kind: "back" }>): LogItem => ({
    ...{
      kind: "back",
      at: at(0),
      downMs: 6_120,
      resumed: true,
      caughtUp: 0,
      delivered: 0,
      failed: 0,
    },
    ...counts,
  });

  it.each([
    [back({}), "Back after 6.1\u00a0s in the same session. Nothing was missed."],
    [back({ resumed: false }), "Back after 6.1\u00a0s in a new session. Nothing was missed."],
    [
      back({ caughtUp: 1 }),
      "Back after 6.1\u00a0s in the same session. Caught up with 1 change, lost nothing.",
    ],
    [
      back({ caughtUp: 3, delivered: 2 }),
      "Back after 6.1\u00a0s in the same session. Caught up with 3 changes, delivered 2 calls, lost nothing.",
    ],
    [
      back({ delivered: 1, failed: 1 }),
      "Back after 6.1\u00a0s in the same session. Delivered 1 call, gave up on 1 call.",
    ],
  ])("claims that nothing was lost only when that is so", (item, words) => {
    expect(wordsFor(item)).toBe(words);
  });
});
