/**
 * Question: what does a contract cost the compiler of an app that uses it, against a plain tRPC
 * router and client of the same content, declared errors included?
 *
 * Method: one service (content.ts) is written as a Tautline contract with its client and as a tRPC
 * router with its client (programs.ts). `tsc --extendedDiagnostics` checks both, in turn, against
 * the declarations that the packages publish. One checker thread: several would share nothing and
 * count some types twice. Types and instantiations come out the same every time; of seconds and
 * memory the least of the rounds is reported, since the work is the same in each and whatever else
 * the machine does only adds to it. A third program adds the server's side, `implement()` with a
 * stub for each handler, which a tRPC client can not do without and ours can.
 *
 * Report: every sample, the machine and the commit in bench/results/types.json, the table in
 * bench/results/types.md. Promised: at 200 procedures at most 1.15 × tRPC's types,
 * which tests/types/type-cost.test.ts holds, for 1,000 too; and 1,000 procedures in under 8 s.
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

// The older compiler is ten times slower, and nothing is promised of its speed.
const rounds: Readonly<Record<Compiler, number>> = { "7": 3, "5.9": 1 };
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
    for (let round = 1; round <= rounds[compiler]; round++) {
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

/** The least of all rounds of one program. */
function summary(compiler: Compiler, procedures: number, version: string): Cost {
  const rows = samples.filter(
    (each) =>
      each.compiler === compiler && each.procedures === procedures && each.version === version,
  );
  const least = (key: keyof Cost) => Math.min(...rows.map((row) => row[key]));
  return {
    types: least("types"),
    instantiations: least("instantiations"),
    checkSeconds: least("checkSeconds"),
    totalSeconds: least("totalSeconds"),
    memoryMiB: least("memoryMiB"),
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
