import { afterEach, describe, expect, it, vi } from "vitest";
import { consoleLogger } from "./logger.js";

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
