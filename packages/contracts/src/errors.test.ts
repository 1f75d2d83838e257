import { readFileSync } from "node:fs";
import { TRPC_ERROR_CODES_BY_KEY } from "@trpc/server/rpc";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AppErrorCode, appErrorOf, appErrors, isDeclared, mayRetry } from "./errors.js";

/** An error as it reaches a client. */
const failure = (code: string, data?: unknown) =>
  Object.assign(new Error(code), { data: { code: "UNPROCESSABLE_CONTENT", app: { code, data } } });

const junk: readonly unknown[] = [
  undefined,
  null,
  "GONE",
  5,
  new Error("GONE"),
  {},
  { data: null },
  { data: "GONE" },
  { data: { code: "NOT_FOUND" } },
  { data: { app: null } },
  { data: { app: "GONE" } },
  { data: { app: { code: 5 } } },
];

describe("appErrorOf", () => {
  it("finds the code and its data", () => {
    expect(appErrorOf(failure("GONE", { by: "Ana" }))).toEqual({
      code: "GONE",
      data: { by: "Ana" },
    });
  });

  it.each(junk)("finds nothing in %j", (error) => {
    expect(appErrorOf(error)).toBeUndefined();
  });

  it("never throws, whatever was thrown", () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        appErrorOf(value);
        mayRetry(value);
      }),
    );
  });
});

describe("isDeclared", () => {
  it("is true for its code and for no other", () => {
    expect(isDeclared(failure("GONE"), "GONE")).toBe(true);
    expect(isDeclared(failure("TAKEN"), "GONE")).toBe(false);
  });

  it("is false where there is no error: what safe() returns beside data", () => {
    expect(isDeclared(undefined, "GONE" as never)).toBe(false);
  });
});

describe("mayRetry", () => {
  it.each(Object.entries(appErrors))("follows the table for %s", (code, { retry }) => {
    expect(mayRetry(failure(code))).toBe(retry);
  });

  it("is false for declared errors and for everything else: an answer would be the same", () => {
    expect(mayRetry(failure("OUT_OF_STOCK"))).toBe(false);
    expect(mayRetry(failure("hasOwnProperty"))).toBe(false);
    for (const error of junk) expect(mayRetry(error)).toBe(false);
  });
});

describe("the list of Tautline's own errors", () => {
  it("travels under codes that tRPC knows", () => {
    for (const { trpcCode } of Object.values(appErrors)) {
      expect(TRPC_ERROR_CODES_BY_KEY).toHaveProperty(trpcCode);
    }
  });

  it("is the table of PROTOCOL.md §6.2", () => {
    const protocol = readFileSync(new URL("../../../PROTOCOL.md", import.meta.url), "utf8");
    const section = protocol.slice(protocol.indexOf("### 6.2"), protocol.indexOf("### 6.3"));
    const rows = [...section.matchAll(/^\| `(\w+)` \| `(\w+)` \|.*\| (yes|no) \|$/gm)];
    const documented = rows.map(([, code, trpcCode, again]) => [
      code,
      { trpcCode, retry: again === "yes" },
    ]);
    expect(Object.fromEntries(documented)).toEqual(appErrors);
  });

  it("never says that a call may be repeated when it may have run unseen", () => {
    const unsafe: AppErrorCode[] = ["OUTCOME_UNKNOWN"];
    for (const code of unsafe) expect(appErrors[code].retry).toBe(false);
  });
});
