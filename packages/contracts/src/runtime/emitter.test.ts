import { describe, expect, it, vi } from "vitest";
import { createEmitter } from "./emitter.js";

describe("an emitter", () => {
  it("tells every listener the value, in the order they came", () => {
    const emitter = createEmitter<string>();
    const heard: string[] = [];
    emitter.on((value) => heard.push(`first ${value}`));
    emitter.on((value) => heard.push(`second ${value}`));
    emitter.emit("news");
    expect(heard).toEqual(["first news", "second news"]);
  });

  it("tells nobody when nobody listens", () => {
    expect(() => createEmitter<number>().emit(1)).not.toThrow();
  });

  it("tells a function that came twice twice, and each registration ends on its own", () => {
    const emitter = createEmitter<number>();
    const listener = vi.fn();
    const stopFirst = emitter.on(listener);
    emitter.on(listener);
    emitter.emit(1);
    expect(listener).toHaveBeenCalledTimes(2);
    stopFirst();
    stopFirst();
    emitter.emit(2);
    expect(listener).toHaveBeenCalledTimes(3);
  });

  it("does not tell a listener that another one stopped in the same round", () => {
    const emitter = createEmitter<number>();
    const stopped = vi.fn();
    emitter.on(() => stop());
    const stop = emitter.on(stopped);
    const after = vi.fn();
    emitter.on(after);
    emitter.emit(1);
    expect(stopped).not.toHaveBeenCalled();
    expect(after).toHaveBeenCalledOnce();
  });

  it("lets a listener stop itself", () => {
    const emitter = createEmitter<number>();
    const once = vi.fn(() => stop());
    const stop = emitter.on(once);
    emitter.emit(1);
    emitter.emit(2);
    expect(once).toHaveBeenCalledOnce();
  });

  it("tells a listener that came during a round from the next one on", () => {
    const emitter = createEmitter<number>();
    const late = vi.fn();
    const stop = emitter.on(() => {
      stop();
      emitter.on(late);
    });
    emitter.emit(1);
    expect(late).not.toHaveBeenCalled();
    emitter.emit(2);
    expect(late.mock.calls).toEqual([[2]]);
  });

  it("goes on after a listener throws, and throws it in a microtask: the process shall hear of it", async () => {
    const microtasks: (() => void)[] = [];
    vi.stubGlobal("queueMicrotask", (run: () => void) => microtasks.push(run));
    try {
      const emitter = createEmitter<number>();
      const next = vi.fn();
      emitter.on(() => {
        throw new Error("a bug in a listener");
      });
      emitter.on(next);
      emitter.emit(1);
      expect(next).toHaveBeenCalledOnce();
      expect(microtasks).toHaveLength(1);
      expect(microtasks[0]).toThrow("a bug in a listener");
    } finally {
      vi.unstubAllGlobals();
    }
  });
});
