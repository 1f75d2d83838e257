import { expect, it } from "vitest";
import { HeldInput, toHeldFrame } from "./held-input.js";

const frameOf = (chars: number) => toHeldFrame("x".repeat(chars))!;

it("does not count light frames", () => {
  expect(toHeldFrame("x".repeat(4_096))).toBeUndefined();
  expect(frameOf(4_097)).toEqual({ chars: 4_097, calls: 0 });
});

it("counts a frame once, until the last of its calls has ended", () => {
  const held = new HeldInput(10_000);
  const [first, second] = [frameOf(6_000), frameOf(6_000)];
  held.hold(first);
  held.hold(first);
  expect(held.hasRoomFor(first)).toBe(true);
  expect(held.hasRoomFor(second)).toBe(false);
  held.letGo(first);
  expect(held.hasRoomFor(second)).toBe(false);
  held.letGo(first);
  expect(held.hasRoomFor(second)).toBe(true);
});

it("keeps of a frame what one of its calls goes on with", () => {
  const held = new HeldInput(10_000);
  const frame = frameOf(9_000);
  held.hold(frame);
  const own = held.keepOnly(frame, { id: "i1", tags: new Set(["a"]), at: new Date(0) });
  expect(own.chars).toBeLessThan(50);
  expect(held.hasRoomFor(frameOf(9_000))).toBe(true);
  held.letGo(own);
  expect(held.hasRoomFor(frameOf(10_000))).toBe(true);
});

it.each<[string, unknown]>([
  ["empty objects", Array.from({ length: 3_000 }, () => ({}))],
  ["a long text", { text: "x".repeat(8_900) }],
  ["long names", { ["x".repeat(8_900)]: 1 }],
  ["a Map", new Map(Array.from({ length: 2_000 }, (_, i) => [i, {}]))],
])("takes an input of %s for what it is", (_what, input) => {
  const held = new HeldInput(10_000);
  const frame = frameOf(9_000);
  held.hold(frame);
  expect(held.keepOnly(frame, input).chars).toBeGreaterThan(8_000);
  expect(held.hasRoomFor(frameOf(5_000))).toBe(false);
});
