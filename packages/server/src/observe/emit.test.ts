import { describe, expect, it, vi } from "vitest";
import { createEvents, eventTypes, onlyEvents } from "./emit.js";
import type { ServerEvent } from "./events.js";

const stall = { stalledMs: 7 };

describe("events", () => {
  it("are functions for whoever listens, and nothing at all for whoever does not", () => {
    const silent = createEvents([]);
    expect(eventTypes.filter((type) => silent[type] !== undefined)).toEqual([]);
    const heard = createEvents([() => {}]);
    expect(eventTypes.filter((type) => heard[type] === undefined)).toEqual([]);
  });

  it("are not made when nobody listens", () => {
    const make = vi.fn(() => stall);
    createEvents([])["loop.stalled"]?.(make());
    createEvents([onlyEvents(["revoked"], () => {})])["loop.stalled"]?.(make());
    expect(make).not.toHaveBeenCalled();
    createEvents([() => {}])["loop.stalled"]?.(make());
    expect(make).toHaveBeenCalledOnce();
  });

  it("reach everybody who wants them, in order, with their type", () => {
    const story: unknown[] = [];
    const events = createEvents([
      (event) => story.push(["all", event]),
      onlyEvents(["revoked"], (event) => story.push(["revoked", event.userId])),
      onlyEvents(["loop.stalled"], (event) => story.push(["stalled", event.stalledMs])),
    ]);
    events["loop.stalled"]?.(stall);
    expect(story).toEqual([
      ["all", { type: "loop.stalled", stalledMs: 7 }],
      ["stalled", 7],
    ]);
  });

  it("reach the others when one throws or rejects, and what it threw is told", async () => {
    const heard: ServerEvent[] = [];
    const threw = vi.fn();
    const events = createEvents(
      [
        () => {
          throw new Error("at once");
        },
        async () => {
          throw new Error("later");
        },
        (event) => heard.push(event),
      ],
      threw,
    );
    events["loop.stalled"]?.(stall);
    expect(heard).toEqual([{ type: "loop.stalled", stalledMs: 7 }]);
    await vi.waitFor(() => expect(threw).toHaveBeenCalledTimes(2));
    expect(threw.mock.calls).toEqual([[new Error("at once")], [new Error("later")]]);
  });

  it("narrow by their type", () => {
    const onEvent = (event: ServerEvent) =>
      event.type === "call.settled" && event.outcome === "failed" ? event.code : undefined;
    expect(onEvent({ type: "loop.stalled", stalledMs: 1 })).toBeUndefined();
  });
});
