/**
 * Compiles processes of ours from the sources: what is tested is never a stale build, and as fast as a
 * real one.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build, loadConfigFromFile } from "vite";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Where runs keep what they write. Not under version control. */
export const cacheFolder = `${root}tests/.cache/`;

/** Compiled files by name, which their user takes away again. */
export interface Compiled<Name extends string> {
  readonly paths: Readonly<Record<Name, string>>;
  remove(): void;
}

/** @param sources Paths below `tests/`, by name. */
export async function compile<Name extends string>(
  sources: Readonly<Record<Name, string>>,
): Promise<Compiled<Name>> {
  mkdirSync(cacheFolder, { recursive: true });
  const folder = mkdtempSync(`${cacheFolder}processes-`);
  const environment = { command: "build", mode: "test" } as const;
  const found = await loadConfigFromFile(environment, `${root}vitest.config.ts`);
  const entries = Object.entries<string>(sources);
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
      sourcemap: true,
      rollupOptions: {
        input: Object.fromEntries(entries.map(([name, file]) => [name, `${root}tests/${file}`])),
        output: { entryFileNames: "[name].mjs" },
      },
    },
  });
  const paths = Object.fromEntries(entries.map(([name]) => [name, `${folder}/${name}.mjs`]));
  return {
    paths: paths as Record<Name, string>,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
