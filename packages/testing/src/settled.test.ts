import { afterEach, describe, expect, it, vi } from "vitest";
import { settled } from "./settled.js";

describe("settled", () => {
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
    vi.resetModules();
  });

  it("lets promises, microtasks and immediates that lead to one another run", async () => {
    const seen: string[] = [];
    void (async () => {
      for (let n = 0; n < 100; n++) await null;
      seen.push("promises");
      queueMicrotask(() => seen.push("microtask"));
      setImmediate(() => setImmediate(() => seen.push("second immediate")));
    })();
    await settled();
    expect(seen).toEqual(["promises", "microtask", "second immediate"]);
  });

  it("waits no longer than it is told", async () => {
    let turns = 0;
    let running = true;
    const count = () => {
      turns++;
      if (running) setImmediate(count);
    };
    setImmediate(count);
    await settled(5);
    running = false;
    expect(turns).toBe(5);
  });

  it("is not stopped by fake timers", async () => {
    vi.useFakeTimers();
    await expect(settled()).resolves.toBeUndefined();
  });

  it("takes messages for turns where there are no immediates, as in a browser", async () => {
    const ports: { close(): void }[] = [];
    vi.stubGlobal("setImmediate", undefined);
    vi.stubGlobal(
      "MessageChannel",
      class extends MessageChannel {
        constructor() {
          super();
          ports.push(this.port1);
        }
      },
    );
    vi.resetModules();
    const { settled: inBrowser } = await import("./settled.js");
    const seen: string[] = [];
    void Promise.resolve().then(() => seen.push("promise"));
    await inBrowser();
    expect(seen).toEqual(["promise"]);
    expect(ports).toHaveLength(1);
    for (const port of ports) port.close();
  });
});
