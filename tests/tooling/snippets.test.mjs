import { describe, expect, it } from "vitest";
import { snippetsOf } from "../../scripts/lib/snippets.mjs";
import { numberIn, rowsOf } from "../../scripts/lib/tables.mjs";

describe("snippets of a page", () => {
  it("are its blocks of TypeScript, with their names and lines", () => {
    const text = [
      "# Page",
      "```ts",
      "// server.ts: who answers",
      "serve();",
      "```",
      "```sh",
      "npm test",
      "```",
      "",
      "```tsx",
      "<App />;",
      "```",
    ].join("\n");
    expect(snippetsOf(text)).toEqual([
      { file: "server.ts", code: "// server.ts: who answers\nserve();\n", line: 3 },
      { file: "line-11.tsx", code: "<App />;\n", line: 11 },
    ]);
  });

  it("may be left unchecked for a reason", () => {
    const text =
      "<!-- not checked: it shows a mistake -->\n\n```ts\noops\n```\n\n```ts\nfine();\n```";
    expect(snippetsOf(text).map(({ unchecked }) => unchecked)).toEqual([
      "it shows a mistake",
      undefined,
    ]);
  });

  it("can not share a name", () => {
    const block = "```ts\n// a.ts\n```\n";
    expect(() => snippetsOf(block + block)).toThrow("another snippet of the page is called a.ts");
  });
});

describe("tables of a page", () => {
  const text =
    "| `code` | again? |\n| --- | --- |\n| `LOST` | yes |\n| `OTHER` | |\n\n| x |\n| --- |\n| 1 |\n";

  it("are read by their columns", () => {
    expect(rowsOf(text, ["code", "again?"])).toEqual([
      { code: "LOST", "again?": "yes" },
      { code: "OTHER", "again?": "" },
    ]);
    expect(rowsOf(text, ["code", "x"])).toEqual([]);
  });

  it("hold numbers with their units", () => {
    expect(numberIn("1,048,576 bytes")).toBe(1_048_576);
    expect(numberIn("none")).toBeUndefined();
  });
});
