import { describe, expect, it } from "vitest";
import { check, report, skip, sum } from "../../scripts/lib/report.mjs";
import { countReport } from "../../scripts/lib/vitest.mjs";

const file = (status, ...cases) => ({
  name: "a.test.ts",
  status,
  assertionResults: cases.map(([caseStatus, fullName]) => ({ status: caseStatus, fullName })),
});

describe("the report of npm test", () => {
  it("ends with the totals, alone on the last line", () => {
    const rows = [
      { name: "build", seconds: 1, ...check(true) },
      { name: "unit", seconds: 2.25, passed: 40, failed: 2, skipped: [] },
    ];
    expect(report(rows).split("\n").at(-1)).toBe("41 passed, 2 failed");
  });

  it("names what was skipped, with its reason", () => {
    const rows = [{ name: "e2e", seconds: 0, ...skip("no Chromium was found") }];
    expect(report(rows)).toContain("skipped in e2e: no Chromium was found");
    expect(report(rows)).toContain("\n0 passed, 0 failed");
  });

  it("adds up", () => {
    expect(sum([check(true), check(false), skip("a"), skip("b")])).toEqual({
      passed: 1,
      failed: 1,
      skipped: ["a", "b"],
    });
  });
});

describe("a vitest report", () => {
  it("counts cases, and names those that were not run", () => {
    const testResults = [
      file("passed", ["passed", "one"], ["pending", "two"]),
      file("failed", ["passed", "three"], ["failed", "four"]),
    ];
    expect(countReport({ testResults }, false)).toEqual({ passed: 2, failed: 1, skipped: ["two"] });
  });

  it("counts a file that did not load as one failure", () => {
    const testResults = [file("failed"), file("passed", ["passed", "one"])];
    expect(countReport({ testResults }, false)).toEqual({ passed: 1, failed: 1, skipped: [] });
  });

  it("counts a run that ended badly as a failure although every case passed", () => {
    const testResults = [file("passed", ["passed", "one"])];
    expect(countReport({ testResults }, false)).toMatchObject({ passed: 1, failed: 1 });
    expect(countReport(undefined, false)).toMatchObject({ passed: 0, failed: 1 });
  });
});
