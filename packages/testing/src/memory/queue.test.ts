import { describe, expect, it } from "vitest";
import { createQueue } from "./queue.js";

describe("a queue", () => {
  it("gives back what came first", () => {
    const queue = createQueue<number>();
    queue.push(1);
    queue.push(2);
    expect(queue.first).toBe(1);
    expect([queue.shift(), queue.shift(), queue.shift()]).toEqual([1, 2, undefined]);
    queue.push(3);
    expect([queue.first, queue.size, queue.shift()]).toEqual([3, 1, 3]);
  });

  it("is empty after it was cleared, and can be filled again", () => {
    const queue = createQueue<string>();
    queue.push("old");
    queue.clear();
    expect([queue.first, queue.size]).toEqual([undefined, 0]);
    queue.push("new");
    expect(queue.shift()).toBe("new");
  });
});
