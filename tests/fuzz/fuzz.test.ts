/** The short run: the same conversations every time, as many as some seconds are good for. */
import { afterAll, expect, it } from "vitest";
import { type FuzzReport, fuzz } from "./fuzzer.js";

let report: FuzzReport | undefined;
afterAll(() => {
  if (report === undefined) return;
  const { tally, seconds, healthy } = report;
  console.log(
    `${tally.inputs} inputs over ${tally.connections} connections in ${seconds.toFixed(1)} s; ` +
      `healthy client: p50 ${healthy.p50.toFixed(1)} ms, p99 ${healthy.p99.toFixed(1)} ms`,
  );
});

it("finds nothing, and meets every refusal, close code and annotation", async () => {
  report = await fuzz({ seed: 7, inputs: 15_000, atLeast: 1 });
  expect(report.problems).toEqual([]);
}, 120_000);
