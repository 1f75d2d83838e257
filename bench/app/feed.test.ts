import { describe, expect, it } from "vitest";
import { Feed } from "./feed.js";
import { makeItem } from "./item.js";

describe("Feed", () => {
  it("gives every follower every item, in order, also those that came while it was busy", async () => {
    const feed = new Feed();
    const [one, two] = [feed.follow(), feed.follow()];
    const early = one.next();
    feed.publish(makeItem(1));
    feed.publish(makeItem(2));
    expect((await early).value?.count).toBe(1);
    expect((await one.next()).value?.count).toBe(2);
    expect((await two.next()).value?.count).toBe(1);
    expect((await two.next()).value?.count).toBe(2);
  });

  it("ends a follower who waits when its signal aborts", async () => {
    const feed = new Feed();
    const left = new AbortController();
    const next = feed.follow(left.signal).next();
    expect(feed.size).toBe(1);
    left.abort();
    expect((await next).done).toBe(true);
    expect(feed.size).toBe(0);
  });

  it("forgets a follower who returns", async () => {
    const feed = new Feed();
    await feed.follow().return!();
    expect(feed.size).toBe(0);
  });
});
