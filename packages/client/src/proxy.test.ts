import { describe, expect, it } from "vitest";
import { createProxy } from "./proxy.js";

describe("the proxy", () => {
  const calls: unknown[] = [];
  const proxy: any = createProxy((...call) => calls.push(call));

  it("turns names into a path", () => {
    proxy.incident.byId.query({ id: 1 }, { deadlineMs: 5 });
    proxy.now.query();
    expect(calls).toEqual([
      ["incident.byId", "query", { id: 1 }, { deadlineMs: 5 }],
      ["now", "query", undefined, undefined],
    ]);
  });

  it("keeps what it made", () => {
    expect(proxy.incident.byId).toBe(proxy.incident.byId);
    expect(proxy.incident.byId).not.toBe(proxy.byId);
  });

  it("knows procedures by any name a contract may use, also those of functions", () => {
    calls.length = 0;
    proxy.name.length.query.query(1);
    expect(calls).toEqual([["name.length.query", "query", 1, undefined]]);
  });

  it("is no promise, and survives what JavaScript asks of objects", async () => {
    calls.length = 0;
    expect(await proxy).toBe(proxy);
    expect(JSON.stringify({ proxy })).toBe("{}");
    expect(String(proxy)).toContain("function");
    expect(proxy[Symbol.iterator]).toBeUndefined();
    const bound = proxy.now.query.bind(null);
    bound(7);
    expect(calls).toEqual([["now", "query", 7, undefined]]);
  });
});
