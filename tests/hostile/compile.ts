/**
 * Compiles a process of ours from the sources: what is attacked is never a stale build, and as fast
 * as a real one.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build, loadConfigFromFile } from "vite";

const root = fileURLToPath(new URL("../..", import.meta.url));
const cache = `${root}tests/.cache/`;

/** A compiled file, which its user takes away again. */
export interface Compiled {
  readonly path: string;
  remove(): void;
}

/** @param file Its path below `tests/`. */
export async function compile(file: string): Promise<Compiled> {
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(cache);
  const found = await loadConfigFromFile(
    { command: "build", mode: "test" },
    `${root}vitest.config.ts`,
  );
  await build({
    configFile: false,
    root,
    logLevel: "warn",
    resolve: found!.config.resolve!, // which leads to the packages' sources
    build: {
      ssr: true,
      target: "node20",
      outDir: folder,
      minify: false,
      rollupOptions: {
        input: { main: `${root}tests/${file}` },
        output: { entryFileNames: "[name].mjs" },
      },
    },
  });
  return {
    path: `${folder}/main.mjs`,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
