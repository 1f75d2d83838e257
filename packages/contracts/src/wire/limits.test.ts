import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { defaultLimits, type Limits, resolveLimits } from "./limits.js";

describe("resolveLimits", () => {
  it("fills in the defaults", () => {
    expect(resolveLimits()).toEqual(defaultLimits);
    expect(resolveLimits({})).toEqual(defaultLimits);
    expect(resolveLimits({ maxFrameBytes: 65_536 })).toEqual({
      ...defaultLimits,
      maxFrameBytes: 65_536,
    });
  });

  it("leaves the defaults as they are", () => {
    const before = { ...defaultLimits };
    resolveLimits({ maxCallsInFlight: 1 });
    expect(defaultLimits).toEqual(before);
  });

  it("takes Infinity: no limit is a choice that can be made", () => {
    expect(resolveLimits({ messagesPerSecond: Number.POSITIVE_INFINITY }).messagesPerSecond).toBe(
      Number.POSITIVE_INFINITY,
    );
  });

  it.each(Object.keys(defaultLimits) as (keyof Limits)[])("refuses nonsense for %s", (name) => {
    for (const value of [0, -1, Number.NaN, undefined, null, "64"]) {
      const limits = { [name]: value } as unknown as Partial<Limits>;
      expect(() => resolveLimits(limits)).toThrow(
        new RangeError(`Cannot use ${value} for ${name}: it must be a number above 0`),
      );
    }
  });
});

describe("the defaults", () => {
  it("are those of PROTOCOL.md §8", () => {
    const protocol = readFileSync(new URL("../../../../PROTOCOL.md", import.meta.url), "utf8");
    const section = protocol.slice(protocol.indexOf("## 8. Limits"));
    const documented: [string, number][] = [];
    for (const [, names = "", values = ""] of section.matchAll(
      /^\| ((?:`\w+`(?:, )?)+) \| ([^|]+) \|/gm,
    )) {
      const numbers = [...values.matchAll(/(\d[\d,]*)( MiB| s)?/g)].map(
        ([, digits = "", unit]) =>
          Number(digits.replaceAll(",", "")) *
          (unit === " MiB" ? 1_048_576 : unit === " s" ? 1_000 : 1),
      );
      [...names.matchAll(/`(\w+)`/g)].forEach(([, name], i) => {
        documented.push([name ?? "", numbers[i] ?? Number.NaN]);
      });
    }
    expect(Object.fromEntries(documented)).toEqual(defaultLimits);
  });
});
