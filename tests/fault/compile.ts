/** Compiles the processes from the sources: what is tested is never a stale build. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build, loadConfigFromFile } from "vite";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Where runs keep what they write. Not under version control. */
export const cacheFolder = `${root}tests/.cache/`;

/** The compiled processes, which their user takes away again. */
export interface Programs {
  readonly server: string;
  readonly client: string;
  readonly proxy: string;
  remove(): void;
}

/** Compiles all of them. */
export async function compilePrograms(): Promise<Programs> {
  mkdirSync(cacheFolder, { recursive: true });
  const folder = mkdtempSync(`${cacheFolder}fault-`);
  const environment = { command: "build", mode: "test" } as const;
  const found = await loadConfigFromFile(environment, `${root}vitest.config.ts`);
  const source = (name: string) => `${root}tests/fault/${name}-process.ts`;
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
        input: { server: source("server"), client: source("client"), proxy: source("proxy") },
        output: { entryFileNames: "[name].mjs" },
      },
    },
  });
  return {
    server: `${folder}/server.mjs`,
    client: `${folder}/client.mjs`,
    proxy: `${folder}/proxy.mjs`,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
