import { describe, expect, it } from "vitest";
import { createFeed, follow } from "./feed.js";

/** A log like the table's, and a follower of it. */
function setUp({ written = 0, position = 0 } = {}) {
  const log = Array.from({ length: written }, (_, index) => index + 1);
  const feed = createFeed();
  const stop = new AbortController();
  const read = (after: number, limit: number) => log.filter((n) => n > after).slice(0, limit);
  const items = follow(feed, read, (n) => n, position, stop.signal);
  const write = () => {
    log.push(log.length + 1);
    feed.announce();
  };
  const take = async (count: number) => {
    const taken: number[] = [];
    while (taken.length < count) taken.push((await items.next()).value as number);
    return taken;
  };
  return { feed, stop, items, write, take };
}

describe("following a feed", () => {
  it("starts with what was missed and goes on with what comes", async () => {
    const { write, take } = setUp({ written: 5, position: 2 });
    expect(await take(3)).toEqual([3, 4, 5]);
    const next = take(2);
    write();
    write();
    expect(await next).toEqual([6, 7]);
  });

  it("reads a long absence page by page, without a gap or a repeat", async () => {
    const { take } = setUp({ written: 350 });
    expect(await take(350)).toEqual(Array.from({ length: 350 }, (_, index) => index + 1));
  });

  it("misses nothing that is written while an item is being handed over", async () => {
    const { write, take } = setUp({ written: 1 });
    expect(await take(1)).toEqual([1]);
    write(); // the follower is suspended in its yield, not waiting
    expect(await take(1)).toEqual([2]);
  });

  it("ends with its signal and leaves nothing waiting", async () => {
    const { feed, stop, items } = setUp();
    const last = items.next();
    expect(feed.waiting).toBe(1);
    stop.abort();
    expect((await last).done).toBe(true);
    expect(feed.waiting).toBe(0);
  });
});
