/**
 * Runs the compiler on a generated program and reads what it says of itself. Types and
 * instantiations are counts and come out the same on every machine; seconds and memory do not.
 */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Program } from "./programs.js";

/** What `tsc --extendedDiagnostics` says. */
export interface Cost {
  readonly types: number;
  readonly instantiations: number;
  /** Seconds the checker took. */
  readonly checkSeconds: number;
  /** Seconds from start to end, parsing and binding of libraries included. */
  readonly totalSeconds: number;
  readonly memoryMiB: number;
}

/** The compilers a program can be measured with. */
export type Compiler = "7" | "5.9";

const repository = fileURLToPath(new URL("../../", import.meta.url));
const fromBench = createRequire(import.meta.url);
const fromRoot = createRequire(join(repository, "package.json"));

/** The command that starts a compiler. */
function compilerCommand(compiler: Compiler): readonly [string, ...string[]] {
  const [require, name, bin] =
    compiler === "7"
      ? [fromRoot, "typescript", "bin/tsc"]
      : [fromBench, "typescript-5", "lib/tsc.js"];
  return [process.execPath, join(dirname(require.resolve(`${name}/package.json`)), bin)];
}

const strict = {
  target: "es2022",
  module: "nodenext",
  moduleResolution: "nodenext",
  lib: ["es2023", "dom"],
  types: [],
  strict: true,
  skipLibCheck: true,
};

/** A folder outside the workspace where programs are checked against declarations as users get them. */
export interface Workshop {
  /** Checks a program and returns its cost. @throws Error with the compiler's words if it fails. */
  measure(program: Program, compiler?: Compiler): Promise<Cost>;
  /** Removes the folder. */
  [Symbol.dispose](): void;
}

/** Opens a workshop: declarations of the packages are made anew from their sources. */
export async function openWorkshop(): Promise<Workshop> {
  const folder = mkdtempSync(join(tmpdir(), "tautline-types-"));
  symlinkSync(join(repository, "bench/node_modules"), join(folder, "node_modules"), "dir");
  writeJson(join(folder, "package.json"), { type: "module" });
  const paths: Record<string, string[]> = {};
  for (const name of ["contracts", "client", "server"]) {
    const out = join(folder, "declarations", name);
    await emitDeclarations(name, out, { ...paths });
    paths[`@tautline/${name}`] = [join(out, "index.d.ts")];
    paths[`@tautline/${name}/*`] = [join(out, "*/index.d.ts"), join(out, "*.d.ts")];
  }

  async function emitDeclarations(name: string, outDir: string, known: Record<string, string[]>) {
    const source = join(repository, "packages", name);
    const config = join(folder, `${name}.json`);
    const compilerOptions = {
      rootDir: join(source, "src"),
      outDir,
      emitDeclarationOnly: true,
      declarationMap: false,
      sourceMap: false,
      paths: known,
    };
    writeJson(config, {
      extends: join(source, "tsconfig.json"),
      compilerOptions,
      include: [join(source, "src")],
      exclude: ["test.ts", "test.tsx", "test-d.ts"].map((end) => join(source, `src/**/*.${end}`)),
    });
    // An error elsewhere in the package is its own tests' matter; declarations are written anyway.
    await run(compilerCommand("7"), ["-p", config, "--noEmitOnError", "false"]);
  }

  let programs = 0;
  return {
    async measure(program, compiler = "7") {
      const place = join(folder, `program-${++programs}`);
      mkdirSync(place);
      for (const [name, text] of Object.entries(program)) writeFileSync(join(place, name), text);
      writeJson(join(place, "tsconfig.json"), {
        compilerOptions: { ...strict, noEmit: true, paths },
        files: Object.keys(program),
      });
      const args = ["-p", place, "--extendedDiagnostics"];
      // One checker: several would each make the shared types again, and counts would depend on
      // how many cores there are.
      if (compiler === "7") args.push("--singleThreaded");
      const { ok, output } = await run(compilerCommand(compiler), args);
      if (!ok) throw new Error(`Cannot count the types of a program with errors:\n${output}`);
      return costOf(output);
    },
    [Symbol.dispose]() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function costOf(output: string): Cost {
  const read = (label: string) => {
    const value = new RegExp(`^${label}:\\s+([\\d.]+)`, "m").exec(output)?.[1];
    if (value === undefined) throw new Error(`Cannot find "${label}" in:\n${output}`);
    return Number(value);
  };
  return {
    types: read("Types"),
    instantiations: read("Instantiations"),
    checkSeconds: read("Check time"),
    totalSeconds: read("Total time"),
    memoryMiB: Math.round(read("Memory used") / 1024),
  };
}

function run([command, ...first]: readonly [string, ...string[]], args: readonly string[]) {
  return new Promise<{ ok: boolean; output: string }>((resolve) => {
    execFile(
      command,
      [...first, ...args],
      { maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => resolve({ ok: error === null, output: stdout + stderr }),
    );
  });
}

const writeJson = (path: string, value: unknown) => writeFileSync(path, JSON.stringify(value));
