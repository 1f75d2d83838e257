/**
 * Question: how much does a page grow that talks to such a server?
 *
 * Method: one small page for each client (`contestants/<name>/hello.ts`): it connects, makes a
 * call, follows a subscription and shows both. Where there are types they come as `import type`.
 * Vite builds it for browsers as for production, into one file. Bare `ws` is a page with the
 * browser's own WebSocket, so its size is that of the page itself.
 *
 * Report: bytes of that file, minified, and then compressed by gzip at its best.
 */
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build, type Rolldown } from "vite";
import { type ContestantName, contestantNames } from "../contestants/contestant.js";
import { benchFolder } from "../harness/folders.js";
import type { Question } from "../harness/question.js";

export const bundleSize: Question = {
  name: "bundle-size",
  title: "Bundle size",
  contestants: contestantNames.filter((name) => name !== "ws-corked"), // browsers do it by themselves
  rounds: () => 1,
  tables: [
    {
      title: "A page with a call and a subscription",
      measures: [
        {
          key: "gzipKb",
          title: "minified and gzipped",
          unit: "kB",
          digits: 1,
          better: "less",
          ratio: false,
          chart: true,
          promise: { of: "value", atMost: 11 },
        },
        {
          key: "minifiedKb",
          title: "minified",
          unit: "kB",
          digits: 1,
          better: "less",
          ratio: false,
        },
      ],
    },
  ],

  async run(contestant) {
    const code = await bundle(contestant);
    // Zod writes its name into every schema; a page with the contract's type alone has none.
    if (code.includes("_zod")) throw new Error("Zod came into a bundle that has types only");
    return {
      gzipKb: gzipSync(code, { level: 9 }).length / 1_000,
      minifiedKb: Buffer.byteLength(code) / 1_000,
    };
  },
};

async function bundle(contestant: ContestantName): Promise<string> {
  const result = (await build({
    root: benchFolder,
    configFile: false,
    logLevel: "error",
    build: {
      target: "es2022",
      write: false,
      modulePreload: { polyfill: false },
      rolldownOptions: { input: join(benchFolder, `contestants/${contestant}/hello.ts`) },
    },
  })) as Rolldown.RolldownOutput;
  const chunks = result.output.filter(({ type }) => type === "chunk") as Rolldown.OutputChunk[];
  if (chunks.length !== 1) throw new Error(`Vite made ${chunks.length} files, one was expected`);
  return chunks[0]!.code;
}
