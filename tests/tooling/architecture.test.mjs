/** ARCHITECTURE.md walks through files by name; a file that moved would make the walk a lie. */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { filesIn } from "../../scripts/lib/files.mjs";
import { root } from "../../scripts/lib/run.mjs";

const page = readFileSync(`${root}ARCHITECTURE.md`, "utf8");
const code = [...page.matchAll(/`([^`\n]+)`/g)].map(([, text]) => text ?? "");
const sources = filesIn("packages", /\.tsx?$/);

describe("ARCHITECTURE.md", () => {
  const files = code.filter((text) => /\.(ts|tsx)$/.test(text));

  it("names enough files to be a walk", () => {
    expect(files.length).toBeGreaterThan(20);
  });

  it.each(files)("knows where %s is", (file) => {
    expect(sources.filter((source) => source.endsWith(`/${file}`))).not.toEqual([]);
  });

  it.each(code.filter((text) => /^[a-z][\w-]*(\/[\w-]+)+\/?$/.test(text)))(
    "knows the folder %s",
    (folder) => {
      expect(existsSync(`${root}${folder}`) || existsSync(`${root}packages/${folder}`)).toBe(true);
    },
  );
});
