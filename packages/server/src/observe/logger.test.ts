import { afterEach, describe, expect, it, vi } from "vitest";
import { consoleLogger, quoted } from "./logger.js";

afterEach(() => {
  vi.restoreAllMocks();
});

describe("the console logger", () => {
  it("says warnings and errors, sentence first, and keeps quiet about the rest", () => {
    const [warn, error, log] = (["warn", "error", "log"] as const).map((name) =>
      vi.spyOn(console, name).mockImplementation(() => {}),
    );
    for (const level of ["debug", "info", "warn", "error"] as const) {
      consoleLogger[level]({ level }, "Something happened");
    }
    expect(warn!.mock.calls).toEqual([["[tautline] Something happened", { level: "warn" }]]);
    expect(error!.mock.calls).toEqual([["[tautline] Something happened", { level: "error" }]]);
    expect(log!.mock.calls).toEqual([]);
  });
});

describe("what a client had a hand in", () => {
  it("is cut to what a line of a log can bear", () => {
    expect(quoted("No such path")).toBe("No such path");
    expect(quoted("x".repeat(200))).toBe("x".repeat(200));
    expect(quoted("é😀\ud800".repeat(1_000))).toBe(`${"é😀\ud800".repeat(50)}…`);
  });
});
