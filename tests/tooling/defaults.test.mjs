import { describe, expect, it } from "vitest";
import { codeDefaults, documentedDefaults, whyNotEqual } from "../../scripts/lib/defaults.mjs";

/** The problems of one file, as the check would print them. */
function problems(source, elsewhere = "") {
  const here = codeDefaults(source);
  return documentedDefaults(source)
    .map((each) => whyNotEqual(each, here, codeDefaults(elsewhere)))
    .filter((problem) => problem !== undefined);
}

const option = (text, name = "timeoutMs") => `
  interface Options {
    /**
     * Time to answer, in milliseconds.
     * @default ${text}
     */
    readonly ${name}?: number;
  }`;

describe("documented defaults", () => {
  it.each([
    ["a destructured option", "const { timeoutMs = 5_000 } = options;"],
    ["a renamed one", "const { timeoutMs: limitMs = 5000 } = options;"],
    ["a parameter", "function f(a: string, timeoutMs: number = 5_000) {}"],
    ["a fallback", "const limit = options.timeoutMs ?? 5_000;"],
    ["an object of defaults", "const defaultLimits: Limits = { other: 1, timeoutMs: 5_000 };"],
    ["a product", "const { timeoutMs = 5 * 1_000 } = options;"],
    ["a constant", "const ANSWER_MS = 5_000;\nconst { timeoutMs = ANSWER_MS } = options;"],
    [
      "a member of the defaults",
      "x.timeoutMs ?? defaults.timeoutMs;\nconst defaults = { timeoutMs: 5_000 };",
    ],
    ["what options are spread over", "f({ other: {}, timeoutMs: 5_000, ...options });"],
    [
      "a member of constants",
      "const { timeoutMs = Wait.Long } = options;\nexport const Wait = { Long: 5_000 } as const;",
    ],
  ])("agree with %s", (_, code) => {
    expect(problems(option("5_000") + code)).toEqual([]);
  });

  it("agree with the code of another file when their own has none", () => {
    expect(problems(option("5_000"), "const { timeoutMs = 5_000 } = options;")).toEqual([]);
  });

  it("are refused when the code says something else", () => {
    expect(problems(`${option("5_000")} const { timeoutMs = 6_000 } = options;`)).toEqual([
      "timeoutMs is documented as 5000, but the code says 6000",
    ]);
  });

  it("are refused when only another file agrees", () => {
    const code = `${option("5_000")} const { timeoutMs = 6_000 } = options;`;
    expect(problems(code, "const { timeoutMs = 5_000 } = options;")).toHaveLength(1);
  });

  it("are refused when the code has none", () => {
    expect(problems(option("5_000"))).toEqual(["no default of timeoutMs was found in the code"]);
  });

  it("of true agree with a comparison to false", () => {
    expect(problems(`${option("true")} if (options.timeoutMs === false) stop();`)).toEqual([]);
  });

  it("that are objects agree member by member", () => {
    const code = "const { intervalMs = 2, timeoutMs = 1 } = options.times;";
    expect(problems(option("{ intervalMs: 2, timeoutMs: 1 }", "times") + code)).toEqual([]);
    expect(problems(option("{ intervalMs: 2, timeoutMs: 3 }", "times") + code)).toHaveLength(1);
  });

  it("of false or undefined need no code", () => {
    expect(problems(option("false") + option("undefined"))).toEqual([]);
  });

  it("are not found in a comment of the code", () => {
    expect(problems(`${option("5_000")} // timeoutMs = 5_000`)).toHaveLength(1);
  });

  it("may be followed by words, and may be words only", () => {
    const code = "const { timeoutMs = 0 } = options;";
    expect(problems(`${option("0, which means for ever")} ${code}`)).toEqual([]);
    expect(problems(`${option("as long as the deadline")} ${code}`)).toEqual([]);
  });

  it("of a parameter stand behind its @param", () => {
    const source = "/**\n * Starts.\n * @param startMs First time. @default 3\n */";
    expect(problems(`${source}\nexport function start(startMs = 3) {}`)).toEqual([]);
    expect(problems(`${source}\nexport function start(startMs = 4) {}`)).toHaveLength(1);
  });
});
