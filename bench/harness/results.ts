/** Results on disk: every sample, the machine and the commit they were taken on. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem } from "node:os";
import { join } from "node:path";
import { type ContestantName, contestants } from "../contestants/contestant.js";
import { benchFolder } from "./folders.js";
import type { Values } from "./question.js";

export interface Sample {
  readonly round: number;
  readonly contestant: ContestantName;
  readonly values: Values;
}

export interface Results {
  readonly question: string;
  /** ISO 8601, the start. */
  readonly takenAt: string;
  /** With `-changed` behind it when packages or benchmarks differed from it. */
  readonly commit: string;
  readonly machine: Machine;
  /** Of the packages that took part. */
  readonly versions: Readonly<Record<string, string>>;
  readonly samples: readonly Sample[];
}

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly node: string;
  /** Processes that wanted a core in the minute before the start: above a few tenths, others worked. */
  readonly loadBefore: number;
}

export function readMachine(): Machine {
  const [cpu, ...others] = cpus();
  return {
    cpu: cpu?.model.trim() ?? "unknown",
    cores: others.length + 1,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    loadBefore: Number(loadavg()[0]!.toFixed(2)),
  };
}

export function readCommit(): string {
  const git = (...args: string[]) =>
    execFileSync("git", args, { cwd: benchFolder, encoding: "utf8" }).trim();
  try {
    const changed = git("status", "--porcelain", "--", "../packages", ".", ":!results") !== "";
    return `${git("rev-parse", "--short=12", "HEAD")}${changed ? "-changed" : ""}`;
  } catch {
    return "unknown"; // a tarball has no history
  }
}

export function readVersions(names: readonly ContestantName[]): Readonly<Record<string, string>> {
  const packages = [...new Set(names.flatMap((name) => contestants[name].packages))];
  return Object.fromEntries(packages.map((name) => [name, readVersion(name)]));
}

function readVersion(name: string): string {
  const path = join(benchFolder, "node_modules", name, "package.json");
  return JSON.parse(readFileSync(path, "utf8")).version;
}

export function writeResults(folder: string, results: Results) {
  mkdirSync(folder, { recursive: true });
  // A line for each sample: as short as JSON gets, and a new run still reads as a diff.
  const { samples, ...facts } = results;
  const head = JSON.stringify(facts, null, 2).slice(0, -2);
  const lines = samples.map((sample) => `    ${JSON.stringify(sample)}`).join(",\n");
  writeFileSync(
    join(folder, `${results.question}.json`),
    `${head},\n  "samples": [\n${lines}\n  ]\n}\n`,
  );
}

/** The results of a question, if it has been asked. */
export function readResults(folder: string, question: string): Results | undefined {
  const path = join(folder, `${question}.json`);
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : undefined;
}
