import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

/** The packages that a module needs to be loaded, with all that it imports. */
function packagesOf(entry: URL): Set<string> {
  const packages = new Set<string>();
  const seen = new Set<string>();
  const waiting = [entry];
  for (let url = waiting.pop(); url !== undefined; url = waiting.pop()) {
    if (seen.has(url.href)) continue;
    seen.add(url.href);
    const code = readFileSync(url, "utf8").replace(/^(import|export) type [^;]+;/gm, "");
    for (const [, from = ""] of code.matchAll(/^(?:import|export|\}) ?.*from "([^"]+)";/gm)) {
      if (from.startsWith(".")) waiting.push(new URL(from.replace(/\.js$/, ".ts"), url));
      else packages.add(from);
    }
  }
  return packages;
}

const optional = /opentelemetry|prom-client/;

describe("an optional peer", () => {
  it("is needed by nobody who does not import its subpath", () => {
    for (const entry of ["../index.ts", "../drop-in/index.ts"]) {
      const packages = [...packagesOf(new URL(entry, import.meta.url))];
      expect(packages).toContain("@trpc/server");
      expect(packages.filter((name) => optional.test(name))).toEqual([]);
    }
  });

  it.each([
    ["opentelemetry", "@opentelemetry/api"],
    ["prometheus", "prom-client"],
  ])("of %s is %s, and no other", (name, peer) => {
    const packages = [...packagesOf(new URL(`./${name}.ts`, import.meta.url))];
    expect(packages.filter((each) => optional.test(each))).toEqual([peer]);
  });
});
