import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import { describe, expect, it } from "vitest";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Bundles `code` for a browser, as an application would; every module below is ours to read. */
async function bundle(code: string) {
  const entry = at("./entry-of-this-test.ts");
  const build = await rolldown({
    input: entry,
    platform: "browser",
    resolve: {
      alias: {
        "@tautline/contracts/wire": at("../../contracts/src/wire/index.ts"),
        "@tautline/contracts/runtime": at("../../contracts/src/runtime/index.ts"),
        "@tautline/contracts/session": at("../../contracts/src/session/index.ts"),
        "@tautline/contracts": at("../../contracts/src/index.ts"),
      },
    },
    plugins: [
      {
        name: "entry",
        resolveId: (id) => (id === entry ? id : undefined),
        load: (id) => (id === entry ? code : undefined),
      },
    ],
  });
  const { output } = await build.generate({ format: "esm", minify: true });
  const text = output.map((part) => (part.type === "chunk" ? part.code : "")).join("");
  const modules = output.flatMap((part) =>
    part.type === "chunk"
      ? Object.entries(part.modules).flatMap(([id, { renderedLength }]) =>
          renderedLength > 0 ? [id] : [],
        )
      : [],
  );
  return { text, gzipBytes: gzipSync(text, { level: 9 }).length, modules };
}

describe("in a browser's bundle", () => {
  it("the client with a contract's type alone is small, and nothing of Node or tRPC is in it", async () => {
    const { gzipBytes, modules } = await bundle(
      'export { createClient, connectionOf, isDeclared, safe } from "./index.ts"',
    );
    // What it weighs now, 11.48 kB, and 40 B, so that what adds to it is noticed. 11 kB was the aim,
    // and 10.0 what it weighed before sessions: they, and watching the network, take the rest.
    expect(gzipBytes).toBeLessThan(11_525);
    expect(modules.filter((id) => /node_modules|adapter\/node|procedure\.ts/.test(id))).toEqual([]);
  });

  it("whoever asks for the link, the contract or tRPC's error class has it, still without `ws`", async () => {
    const { modules } = await bundle(
      'export { createClient, link, TRPCClientError, withContract } from "./index.ts"',
    );
    const has = (part: string) => modules.some((id) => id.includes(part));
    expect([has("fingerprint.ts"), has("@trpc/client"), has("trpc.ts")]).toEqual([
      true,
      true,
      true,
    ]);
    expect(has("/ws/") || has("adapter/node")).toBe(false);
  });

  it.each([
    [true, "this package", "./index.ts"],
    [false, "@trpc/client alone", "@trpc/client"],
  ])(
    "tRPC's isTRPCClientError says %s of a call's error, with the class from %s",
    async (is, _, from) => {
      const { text } = await bundle(`
      import { connectionOf, createClient } from "./index.ts";
      import { TRPCClientError } from "${from}";
      import { isTRPCClientError } from "@trpc/client";
      const api = createClient({ url: "ws://test/" });
      await connectionOf(api).close();
      const error = await api.now.query().catch((error) => error);
      export default [error.name, isTRPCClientError(error), error instanceof TRPCClientError];
    `);
      const app = await import(`data:text/javascript,${encodeURIComponent(text)}`);
      expect(app.default).toEqual(["TRPCClientError", is, is]);
    },
  );

  it("the adapters are chosen as the published package chooses them", () => {
    const read = (path: string) => JSON.parse(readFileSync(at(path), "utf8")).imports["#websocket"];
    const published = read("../package.json");
    const here = read("./package.json");
    const toPublished = (path: string) => path.replace("./", "./dist/").replace(".ts", ".js");
    expect(published).toEqual({
      browser: toPublished(here.browser),
      node: toPublished(here.default),
      default: toPublished(here.browser),
    });
  });
});
