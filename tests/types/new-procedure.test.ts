/**
 * "A new procedure is added to the contract, the handler and a page in under 15 lines, with
 * completion and errors in the right places; leaving out any of the three is a compile error where
 * it should be."
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { openEditor } from "./editor.js";

const folder = fileURLToPath(new URL("./new-procedure/", import.meta.url));

/** What is added for one new mutation, to each of the three files. */
const additions = {
  "contract.ts": `
    /** Silences an incident for a while. */
    snooze: mutation({
      input: z.object({ id: z.string(), until: z.date() }),
      output: Incident,
      errors: { ALREADY_RESOLVED: z.object({ by: z.string() }) },
    }),`,
  "handlers.ts": `
      snooze({ input, ctx, fail }) {
        const { resolvedBy, ...incident } = ctx.incidents.find(input.id);
        if (resolvedBy !== undefined) throw fail("ALREADY_RESOLVED", { by: resolvedBy });
        return ctx.incidents.save({ ...incident, silentUntil: input.until });
      },`,
  "page.ts": `
  const [, error] = await safe(api.incident.snooze.mutate({ id: "i1", until: new Date() }));
  if (isDeclared(error, "ALREADY_RESOLVED")) show(\`\${error.data.app.data.by} was faster\`);`,
};
type FileName = keyof typeof additions;
const files = Object.keys(additions) as FileName[];

/** The files, with the additions to some of them, changed or not. */
function open(added: readonly FileName[], change: (text: string) => string = (text) => text) {
  const texts = files.map((name) => {
    const text = readFileSync(folder + name, "utf8");
    const addition = added.includes(name) ? additions[name] : "";
    return [name, change(text.replace(/\n *\/\/ \(here\)/, () => addition))] as const;
  });
  return openEditor(folder, Object.fromEntries(texts));
}

describe("a new procedure", { timeout: 120_000 }, () => {
  it("takes under 15 lines in all", () => {
    const lines = Object.values(additions).flatMap((text) => text.trim().split("\n"));
    expect(lines.length).toBeLessThan(15);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(100);
  });

  it("compiles when it is in all three files, and so did the service before it", () => {
    expect(open([]).complaints()).toEqual([]);
    expect(open(files).complaints()).toEqual([]);
  });

  it("without a handler is an error in the handlers, at the record it belongs to", () => {
    const complaints = open(["contract.ts", "page.ts"]).complaints();
    expect(complaints).toMatchObject([{ file: "handlers.ts", at: "incident" }]);
    expect(complaints[0]?.message).toContain("Property 'snooze' is missing");
  });

  it("without a place in the contract is an error at the handler's name, and at the page's call", () => {
    const complaints = open(["handlers.ts", "page.ts"]).complaints();
    expect(complaints).toContainEqual(
      expect.objectContaining({
        file: "handlers.ts",
        at: "snooze",
        message: expect.stringContaining("'snooze' does not exist in type"),
      }),
    );
    expect(complaints).toContainEqual(
      expect.objectContaining({
        file: "page.ts",
        at: "snooze",
        message: expect.stringContaining("Property 'snooze' does not exist"),
      }),
    );
    expect(complaints.filter(({ file }) => file === "contract.ts")).toEqual([]);
  });

  it("in a page alone is an error at the page's call", () => {
    const complaints = open(["page.ts"]).complaints();
    expect(complaints[0]).toMatchObject({ file: "page.ts", at: "snooze" });
    expect(new Set(complaints.map(({ file }) => file))).toEqual(new Set(["page.ts"]));
  });

  it("may wait for its page: nobody has to call it", () => {
    expect(open(["contract.ts", "handlers.ts"]).complaints()).toEqual([]);
  });

  it.each([
    [
      "a wrong input, at the key",
      (text: string) => text.replace('{ id: "i1", until: new Date() }', '{ id: "i1", until: 5 }'),
      { file: "page.ts", at: "until" },
    ],
    [
      "a missing key, at the input",
      (text: string) => text.replace('{ id: "i1", until: new Date() }', '{ id: "i1" }'),
      { file: "page.ts", at: '{ id: "i1" }' },
    ],
    [
      "an undeclared error, at its code in the page",
      (text: string) => text.replace('(error, "ALREADY_RESOLVED")', '(error, "RESOLVED")'),
      { file: "page.ts", at: '"RESOLVED"' },
    ],
    [
      "an undeclared error, at its code in the handler",
      (text: string) => text.replace('fail("ALREADY_RESOLVED"', 'fail("RESOLVED"'),
      { file: "handlers.ts", at: '"RESOLVED"' },
    ],
    [
      "wrong data of an error, at the key",
      (text: string) => text.replace("{ by: resolvedBy }", "{ by: 5 }"),
      { file: "handlers.ts", at: "by" },
    ],
    [
      "a key that the input does not have, where it is read",
      (text: string) => text.replace("silentUntil: input.until", "silentUntil: input.untill"),
      { file: "handlers.ts", at: "untill" },
    ],
    [
      "a wrong output, at the handler's name",
      (text: string) =>
        text.replace(
          "return ctx.incidents.save({ ...incident, silentUntil: input.until })",
          "return 5",
        ),
      { file: "handlers.ts", at: "snooze" },
    ],
    [
      "a schema that is none, in the contract",
      (text: string) =>
        text.replace("output: Incident,\n      errors", "output: String,\n      errors"),
      { file: "contract.ts", at: "output" },
    ],
  ])("shows %s", (_what, change, expected) => {
    expect(open(files, change).complaints()[0]).toMatchObject(expected);
  });
});

describe("completion of a new procedure", { timeout: 120_000 }, () => {
  it("offers its name to the handlers and to the page", () => {
    const editor = open(["contract.ts"], (text) =>
      text
        .replace("resolve({ input, ctx }) {", "s: 0,\n      resolve({ input, ctx }) {")
        .replace("api.incident.list", "api.incident.s"),
    );
    expect(editor.completions("handlers.ts", "\n      s")).toContain("snooze");
    expect(editor.completions("page.ts", "api.incident.")).toEqual(["list", "resolve", "snooze"]);
  });

  it("offers what can be called, passed, failed with and read", () => {
    const editor = open(files);
    expect(editor.completions("page.ts", "api.incident.snooze.")).toEqual(["mutate"]);
    const empty = open(files, (text) => text.replace('id: "i1", until: new Date() }', "}"));
    expect(empty.completions("page.ts", "snooze.mutate({ ")).toEqual(["id", "until"]);
    expect(editor.completions("page.ts", 'isDeclared(error, "')).toContain("ALREADY_RESOLVED");
    expect(editor.completions("page.ts", "error.data.app.data.")).toContain("by");
    expect(editor.completions("handlers.ts", 'fail("')).toEqual(["ALREADY_RESOLVED"]);
    expect(editor.completions("handlers.ts", "silentUntil: input.")).toEqual(["id", "until"]);
  });
});

describe("what the contract says of a procedure", { timeout: 120_000 }, () => {
  const editor = open(files);

  it("shows where a page hovers its name", () => {
    const { signature, comment } = editor.hover("page.ts", "api.incident.snooze");
    expect(comment).toBe("Silences an incident for a while.");
    expect(signature).toContain("snooze: MutationCall<");
  });

  it("shows in a stock tRPC client of the same contract as well", () => {
    const stock = open(files, (text) =>
      text.replace("isDeclared, safe", "isDeclared, link, safe").replace(
        'const api = createClient<typeof app>({ url: "/line" });',
        `import { createTRPCClient } from "@trpc/client";
           import type { RouterOf } from "@tautline/contracts";
           const line = createClient<typeof app>({ url: "/line" });
           const api = createTRPCClient<RouterOf<typeof app>>({ links: [link(line)] });`,
      ),
    );
    expect(stock.complaints()).toEqual([]);
    const { comment } = stock.hover("page.ts", "api.incident.snooze");
    expect(comment).toBe("Silences an incident for a while.");
    expect(stock.definition("page.ts", "api.incident.snooze").file).toBe("contract.ts");
  });

  it("is where go-to-definition leads, from the page and from the handlers", () => {
    const inContract = { file: "contract.ts", text: expect.stringMatching(/^snooze: mutation/) };
    expect(editor.definition("page.ts", "api.incident.snooze")).toEqual(inContract);
    expect(editor.definition("handlers.ts", "\n      snooze")).toEqual(inContract);
  });
});
