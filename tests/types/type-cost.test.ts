/**
 * What a contract may cost the compiler, as counts: they are the same on every machine, so they
 * can be promised. bench/types has the seconds and the memory.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { type Cost, openWorkshop } from "../../bench/types/measure.js";
import { tautlineProgram, trpcProgram } from "../../bench/types/programs.js";

describe("the types of a contract and its client", () => {
  const ours = new Map<number, Cost>();
  const plain = new Map<number, Cost>();

  beforeAll(async () => {
    using workshop = await openWorkshop();
    for (const procedures of [0, 200, 1_000]) {
      ours.set(procedures, await workshop.measure(tautlineProgram(procedures)));
      plain.set(procedures, await workshop.measure(trpcProgram(procedures)));
    }
  }, 240_000);

  it.each([200, 1_000])(
    "are at most 1.15 × those of a plain tRPC router and client, at %d procedures",
    (procedures) => {
      const ratio = ours.get(procedures)!.types / plain.get(procedures)!.types;
      expect(ratio).toBeLessThanOrEqual(1.15);
    },
  );

  it.each(["types", "instantiations"] as const)(
    "grow with the procedures and no faster, by their %s",
    (count) => {
      const [none, some, many] = [0, 200, 1_000].map((procedures) => ours.get(procedures)![count]);
      const each = (some! - none!) / 200;
      expect((many! - none!) / 1_000).toBeLessThanOrEqual(each * 1.02);
    },
  );
});
