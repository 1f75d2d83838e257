import { describe, expect, it } from "vitest";
import type { Question, Table } from "../harness/question.js";
import type { Results, Sample } from "../harness/results.js";
import { ownPrograms, questions } from "../questions/questions.js";
import { chartText } from "./chart.js";
import { verdictOf } from "./summary.js";
import { promiseTexts, tableText } from "./tables.js";
import { wordsOf } from "./words.js";

const question: Question = {
  name: "example",
  title: "Example",
  contestants: ["ws", "tautline", "trpc"],
  rounds: () => 3,
  run: async () => ({}),
  tables: [
    {
      title: "Calls",
      measures: [
        {
          key: "rate",
          title: "calls",
          unit: "/s",
          digits: 0,
          better: "more",
          ratio: true,
          chart: true,
          promise: { of: "ratio", atLeast: 1.2 },
        },
      ],
    },
  ],
};

// The machine is twice as fast in the second round: values differ, ratios do not.
const speeds = [1_000, 2_000, 1_100];
const factors = { ws: 1, tautline: 1.3, trpc: 0.2 } as const;
const samples: Sample[] = speeds.flatMap((speed, index) =>
  (["ws", "tautline", "trpc"] as const)
    .filter((name) => name !== "trpc" || index === 1)
    .map((contestant) => ({
      round: index + 1,
      contestant,
      values: { rate: speed * factors[contestant] },
    })),
);
const results: Results = {
  question: "example",
  takenAt: "2026-11-22T00:00:00.000Z",
  commit: "abc",
  machine: { cpu: "x", cores: 2, memoryGiB: 1, kernel: "6", node: "v20", loadBefore: 0 },
  versions: {},
  samples,
};

describe("a table", () => {
  it("has medians, ratios to the floor of the same round, and the number of rounds", () => {
    expect(tableText(question.tables[0]!, results).split("\n")).toEqual([
      "### Calls",
      "",
      "|  | calls | rounds |",
      "| --- | --: | --: |",
      "| bare ws | 1,100 /s | 3 |",
      "| **Tautline** | 1,430 /s · 1.30 × | 3 |",
      "| tRPC | 400 /s · 0.20 × | 1 |",
    ]);
  });

  it("is left out when nobody has a sample of it", () => {
    expect(tableText(question.tables[0]!, { ...results, samples: [] })).toBe("");
  });
});

describe("a table with a base of its own", () => {
  const own: Table = {
    title: "Memory",
    base: "trpc",
    measures: [
      {
        key: "rate",
        title: "kept",
        unit: "kB",
        digits: 1,
        better: "less",
        ratio: false,
        difference: true,
        promise: { of: "difference", atMost: 1_000 },
      },
    ],
  };

  it("compares with that in the same rounds", () => {
    expect(tableText(own, results).split("\n").slice(4)).toEqual([
      "| bare ws | 1,100.0 kB · +1,600.0 kB | 3 |",
      "| **Tautline** | 1,430.0 kB · +2,200.0 kB | 3 |",
      "| tRPC | 400.0 kB | 1 |",
    ]);
  });

  it("names it in what was promised", () => {
    expect(promiseTexts({ ...question, tables: [own] }, results)).toEqual([
      "Memory, kept: promised at most 1000 kB more than tRPC, measured 2,200.0 kB more than tRPC — **missed**",
    ]);
  });
});

describe("a promise", () => {
  it("is held against the ratio, and says so when it is missed", () => {
    expect(promiseTexts(question, results)).toEqual([
      "Calls, calls: promised at least 1.2 × bare ws, measured 1.30 × bare ws",
    ]);
    const slow = samples.map((sample) => ({ ...sample, values: { rate: 1 } }));
    expect(promiseTexts(question, { ...results, samples: slow })[0]).toContain("**missed**");
  });

  it("can be held against the whole interval", () => {
    const uneven = samples.map((sample) =>
      sample.round === 3 && sample.contestant === "tautline"
        ? { ...sample, values: { rate: 1_100 } }
        : sample,
    );
    const kept = (whole: boolean) => {
      const promise = { of: "ratio", atLeast: 1.2, whole } as const;
      const [table] = question.tables;
      return verdictOf({ ...results, samples: uneven }, table!, table!.measures[0]!, promise)?.kept;
    };
    expect(kept(false)).toBe(true); // the median is 1.3
    expect(kept(true)).toBe(false); // and one round in three was 1.0
  });
});

describe("a chart", () => {
  it("has a bar for each contestant, and ours stands out", () => {
    const svg = chartText(question, results)!;
    expect(svg.match(/<rect/g)).toHaveLength(3);
    expect(svg.match(/class="bar ours"/g)).toHaveLength(1);
    expect(svg).toContain("prefers-color-scheme: dark");
  });
});

describe("every question", () => {
  it.each(questions)("$name says what it asks, how, and what it reports", ({ name }) => {
    expect(wordsOf(`questions/${name}.ts`)).toMatch(/^\*\*Question\.\*\* .*\?/s);
  });

  it.each(ownPrograms)("$name says so as well", ({ source }) => {
    expect(wordsOf(source)).toContain("**Method.**");
  });
});
