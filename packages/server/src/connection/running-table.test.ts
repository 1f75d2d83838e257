import type { RequestId } from "@tautline/contracts/wire";
import { describe, expect, it } from "vitest";
import { RunningTable } from "./running-table.js";

const tableOf = (...keys: RequestId[]) => {
  const table = new RunningTable<{ readonly key: RequestId }>();
  for (const key of keys) table.add({ key });
  return table;
};

const keysOf = (table: ReturnType<typeof tableOf>) => table.values().map(({ key }) => key);

describe("a running table", () => {
  it.each([
    ["none", []],
    ["one", [7]],
    ["two", [7, 8]],
    ["many", [1, 2, 3, 4, 5, 6, 7, 8, 9]],
  ])("finds each of %s, and nothing else", (_, keys) => {
    const table = tableOf(...keys);
    for (const key of keys) expect(table.get(key)).toEqual({ key });
    expect(table.get(99)).toBeUndefined();
    expect([table.size, keysOf(table)]).toEqual([keys.length, keys]);
  });

  it.each([[[1, "1"]], [["1", 1]], [["__proto__", "constructor"]]])(
    "tells the ids %j apart",
    ([first, second]) => {
      const table = tableOf(first!);
      expect(table.get(second!)).toBeUndefined();
      table.add({ key: second! });
      expect([table.get(first!), table.get(second!)]).toEqual([{ key: first }, { key: second }]);
    },
  );

  it.each([1, 2, 3])("has room again for what it was rid of, be it number %i", (gone) => {
    const table = tableOf(1, 2, 3);
    table.delete({ key: gone });
    expect([table.size, table.get(gone)]).toEqual([2, undefined]);
    table.add({ key: gone });
    expect([table.size, table.get(gone)]).toEqual([3, { key: gone }]);
  });

  it("does not mind that something is deleted which it does not have", () => {
    const table = tableOf(1, 2);
    table.delete({ key: 3 });
    expect(keysOf(table)).toEqual([1, 2]);
  });
});
