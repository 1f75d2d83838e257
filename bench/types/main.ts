/**
 * Question: what does a contract cost the compiler of an app that uses it, against a plain tRPC
 * router and client of the same content, declared errors included?
 *
 * Method: one service (content.ts) is written as a Tautline contract with its client and as a tRPC
 * router with its client (programs.ts). `tsc --extendedDiagnostics` checks both, in turn, against
 * the declarations that the packages publish. One checker thread: several would share nothing and
 * count some types twice. Types and instantiations come out the same every time; seconds and
 * memory are medians of the rounds. A third program adds the server's side, `implement()` with a
 * stub for each handler, which a tRPC client can not do without and ours can.
 *
 * Report: bench/results/types.json has every sample, the machine and the commit;
 * bench/results/types.md the table. Promised, and held by tests/types/type-cost.test.ts: at 200
 * procedures at most 1.15 × tRPC's types; at 1,000 under 8 s.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { type Compiler, type Cost, openWorkshop } from "./measure.js";
import {
  type Program,
  tautlineProgram,
  tautlineProgramWithServer,
  trpcProgram,
} from "./programs.js";

const rounds = 1;
const sizes = [200, 1_000];
const versions: Readonly<Record<string, (count: number) => Program>> = {
  tautline: tautlineProgram,
  trpc: trpcProgram,
  "tautline with implement()": tautlineProgramWithServer,
};

interface Sample extends Cost {
  readonly compiler: Compiler;
  readonly procedures: number;
  readonly version: string;
  readonly round: number;
}

const samples: Sample[] = [];
using workshop = await openWorkshop();
for (const compiler of ["7", "5.9"] as const) {
  for (const procedures of sizes) {
    // One round of the older, slower compiler tells its counts; nothing is promised of its speed.
    for (let round = 1; round <= (compiler === "7" ? rounds : 1); round++) {
      for (const [version, program] of Object.entries(versions)) {
        const cost = await workshop.measure(program(procedures), compiler);
        samples.push({ compiler, procedures, version, round, ...cost });
        console.log(
          `TypeScript ${compiler}, ${procedures} procedures, ${version}: ${cost.types} types, ${cost.totalSeconds} s`,
        );
      }
    }
  }
}

const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** The middle of all rounds of one program. */
function summary(compiler: Compiler, procedures: number, version: string): Cost {
  const rows = samples.filter(
    (each) =>
      each.compiler === compiler && each.procedures === procedures && each.version === version,
  );
  const middle = (key: keyof Cost) => median(rows.map((row) => row[key]));
  return {
    types: middle("types"),
    instantiations: middle("instantiations"),
    checkSeconds: middle("checkSeconds"),
    totalSeconds: middle("totalSeconds"),
    memoryMiB: middle("memoryMiB"),
  };
}

function table(): string {
  const number = new Intl.NumberFormat("en-US");
  const lines = [
    "| TypeScript | procedures | program | types | × tRPC | instantiations | check | total | memory |",
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
  ];
  for (const compiler of ["7", "5.9"] as const) {
    for (const procedures of sizes) {
      const plain = summary(compiler, procedures, "trpc");
      for (const version of Object.keys(versions)) {
        const cost = summary(compiler, procedures, version);
        const cells = [
          compiler,
          number.format(procedures),
          version === "trpc" ? "plain tRPC: router and client" : titles[version],
          number.format(cost.types),
          (cost.types / plain.types).toFixed(2),
          number.format(cost.instantiations),
          `${cost.checkSeconds.toFixed(2)} s`,
          `${cost.totalSeconds.toFixed(2)} s`,
          `${cost.memoryMiB} MiB`,
        ];
        lines.push(`| ${cells.join(" | ")} |`);
      }
    }
  }
  return `${lines.join("\n")}\n`;
}
const titles: Readonly<Record<string, string>> = {
  tautline: "Tautline: contract and client",
  "tautline with implement()": "Tautline: contract, client and server",
};

const results = new URL("../results/", import.meta.url);
mkdirSync(results, { recursive: true });
const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
const machine = {
  cpu: `${cpus().length} × ${cpus()[0]?.model}`,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  node: process.version,
};
writeFileSync(
  new URL("types.json", results),
  `${JSON.stringify({ commit, machine, samples }, null, 1)}\n`,
);
writeFileSync(new URL("types.md", results), table());
console.log(`\n${table()}`);
