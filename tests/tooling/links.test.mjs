import { describe, expect, it } from "vitest";
import { anchorsOf, linksOf } from "../../scripts/lib/links.mjs";

describe("links of a page", () => {
  it("are found with their line, inline and by reference", () => {
    const text = 'See [one](./one.md) and\n[two](two.md#part "Two").\n\n[three]: ../three.md';
    expect(linksOf(text)).toEqual([
      { target: "./one.md", line: 1 },
      { target: "two.md#part", line: 2 },
      { target: "../three.md", line: 4 },
    ]);
  });

  it("do not lead out of the repository", () => {
    expect(linksOf("[a](https://example.com) [b](mailto:someone@example.com)")).toEqual([]);
  });

  it("are not looked for in code", () => {
    const text = "`[a](b)`\n```ts\nconst x = [y](z);\n```\n[real](c.md)";
    expect(linksOf(text)).toEqual([{ target: "c.md", line: 5 }]);
  });
});

describe("headings of a page", () => {
  it("become anchors", () => {
    const text = "# The map\n## 5.2 `credit`: more, please\n## Same\n## Same\n```\n# no\n```";
    expect([...anchorsOf(text)]).toEqual(["the-map", "52-credit-more-please", "same", "same-1"]);
  });
});
