import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { entriesOf, problemsOf } from "../../scripts/lib/tarball.mjs";

const manifest = {
  name: "@tautline/sample",
  exports: {
    ".": { types: "./dist/index.d.ts", default: "./dist/index.js" },
    "./parts/*": "./dist/parts/*.js",
    "./package.json": "./package.json",
  },
};

const complete = {
  LICENSE: "MIT",
  "package.json": JSON.stringify(manifest),
  "dist/index.d.ts": "",
  "dist/index.js": "//# sourceMappingURL=index.js.map\n",
  "dist/index.js.map": '{ "sources": ["../src/index.ts"] }',
  "dist/parts/one.js": "",
  "src/index.ts": "",
};

describe("a tarball", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tautline-tarball-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function problems(files, fields = {}) {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(folder, dirname(path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    return problemsOf({ folder, manifest: { ...manifest, ...fields } });
  }

  it("is fine when it holds what it exports and maps", () => {
    expect(problems(complete)).toEqual([]);
  });

  it.each([
    "src/index.test.ts",
    "src/react/hook.test.tsx",
    "dist/play.test-kit.js",
    "dist/a.test-d.d.ts",
    "x.tsbuildinfo",
  ])("is refused when it holds %s", (path) => {
    expect(problems({ ...complete, [path]: "" })).toEqual([
      `holds ${path}, which is not for its users`,
    ]);
  });

  it("is refused when a range means something in the workspace only", () => {
    const dependencies = { zod: "catalog:", superjson: "2.2.6" };
    const peerDependencies = { "@tautline/contracts": "workspace:^" };
    expect(problems(complete, { dependencies, peerDependencies })).toEqual([
      "asks for zod as catalog:, which means nothing outside",
      "asks for @tautline/contracts as workspace:^, which means nothing outside",
    ]);
  });

  it("is refused when an export is not there, under any condition", () => {
    const exports = {
      ".": { browser: "./dist/browser.js", default: { import: "./dist/index.js" } },
      "./engines/*": "./dist/engines/*.js",
    };
    expect(problems(complete, { exports })).toEqual([
      "points to ./dist/browser.js, which it does not hold",
      "points to ./dist/engines/*.js, which it does not hold",
    ]);
  });

  it("is refused when a source map leads nowhere", () => {
    const { "src/index.ts": _, ...withoutSource } = complete;
    expect(problems(withoutSource)).toEqual([
      "has dist/index.js.map, which points to ../src/index.ts: not there",
    ]);
  });

  it("is refused when a file names a source map that is not there", () => {
    const script = "//# sourceMappingURL=gone.js.map\n";
    expect(problems({ ...complete, "dist/index.js": script })).toEqual([
      "has dist/index.js, whose source map is not there",
    ]);
  });

  it("can be imported by the names it exports", () => {
    expect(entriesOf(manifest)).toEqual(["@tautline/sample"]);
  });
});
