import { beforeEach, describe, expect, it, vi } from "vitest";
import { loadEveryMs } from "../vocabulary.js";
import { numbersAfter } from "./numbers.js";

const waited: number[] = [];
vi.mock("node:timers/promises", () => ({
  setTimeout: async (ms: number) => {
    waited.push(ms);
    vi.setSystemTime(Date.now() + ms);
  },
}));

beforeEach(() => {
  waited.length = 0;
  vi.useFakeTimers({ now: 1_000 * loadEveryMs, toFake: ["Date"] });
  return () => vi.useRealTimers();
});

async function take(count: number, after: number | null) {
  const numbers: number[] = [];
  const { signal } = new AbortController();
  for await (const number of numbersAfter(after, signal)) {
    numbers.push(number);
    if (numbers.length === count) break;
  }
  return numbers;
}

describe("the numbers", () => {
  it("come one by one as they are due, from now on", async () => {
    expect(await take(3, null)).toEqual([1_001, 1_002, 1_003]);
    expect(waited).toEqual([loadEveryMs, loadEveryMs, loadEveryMs]);
  });

  it("go on after the last one that was heard: those meanwhile at once, the next when it is due", async () => {
    expect(await take(4, 997)).toEqual([998, 999, 1_000, 1_001]);
    expect(waited).toEqual([loadEveryMs]);
  });

  it("never begin in the future, nor at the beginning of time", async () => {
    expect(await take(1, 5_000_000)).toEqual([1_001]);
    vi.setSystemTime(1_000_000 * loadEveryMs);
    expect(await take(1, 1)).toEqual([1_000_000 - 600_000 / loadEveryMs + 1]);
  });

  it("end when nobody wants them any more", async () => {
    const gone = AbortSignal.abort();
    for await (const number of numbersAfter(null, gone)) expect.unreachable(String(number));
  });
});
