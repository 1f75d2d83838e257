import type { Clock } from "@tautline/contracts/runtime";
import { createManualClock, settled } from "@tautline/testing";
import { describe, expect, it, vi } from "vitest";
import { AppFailure, appError } from "../../errors.js";
import type { TRPCError } from "../../trpc.js";
import { createMemoryRequestStore } from "./memory-store.js";
import { type RecordedRequest, RequestRecords, type RequestRecordsOptions } from "./records.js";
import type { Answer, MaybePromise, RequestStore } from "./store.js";

const minutes = (count: number) => count * 60_000;
const ok = (text: string): Answer => ({ ok: true, encoded: `{"json":"${text}"}` });
const mutation = (changes: Partial<RecordedRequest> = {}): RecordedRequest => ({
  principal: "ana",
  session: "s1",
  n: 1,
  low: 1,
  hash: 7,
  repeat: "never",
  ...changes,
});

/** A handler that answers at once, and counts. */
const handler = (text = "done") => vi.fn((): MaybePromise<Answer> => ok(text));

/** A handler that answers when it is told to. */
function slowHandler() {
  let answer: (answer: Answer) => void = () => {};
  let fail: (cause: unknown) => void = () => {};
  const execute = vi.fn(
    () =>
      new Promise<Answer>((resolve, reject) => {
        answer = resolve;
        fail = reject;
      }),
  );
  return {
    execute,
    answer: (given: Answer) => answer(given),
    fail: (cause: unknown) => fail(cause),
  };
}

function setUp(options: Partial<RequestRecordsOptions> = {}) {
  const clock = createManualClock();
  const store = options.store ?? createMemoryRequestStore({ clock });
  const records = serverOn(store, clock, "here", options);
  return { clock, store, records };
}

function serverOn(
  store: RequestStore,
  clock: Clock,
  incarnation: string,
  options: Partial<RequestRecordsOptions> = {},
) {
  return new RequestRecords({ clock, incarnation, ...options, store });
}

/** The store, with some operations done otherwise. */
const changed = (store: RequestStore, changes: Partial<RequestStore>): RequestStore =>
  new Proxy(store, {
    get(target, name: keyof RequestStore) {
      if (name in changes) return changes[name];
      const value: unknown = target[name];
      return typeof value === "function" ? value.bind(target) : value;
    },
  });

/** The same store as an engine is: each operation takes a turn. */
function remote(store: RequestStore): RequestStore {
  const turn = async <T>(operation: () => T) => {
    await Promise.resolve();
    return operation();
  };
  return changed(store, {
    create: (...given) => turn(() => store.create(...given)) as never,
    read: (...given) => turn(() => store.read(...given)) as never,
    takeOver: (...given) => turn(() => store.takeOver(...given)) as never,
    settle: (...given) => turn(() => store.settle(...given)) as never,
    release: (...given) => turn(() => store.release(...given)) as never,
    forget: (...given) => turn(() => store.forget(...given)) as never,
  });
}

/** What came of it: the answer, or the code of the error and its data. */
async function outcomeOf(run: () => MaybePromise<Answer>): Promise<unknown> {
  try {
    return await run();
  } catch (error) {
    const { cause } = error as TRPCError;
    if (!(cause instanceof AppFailure)) throw error;
    return cause.app.data === undefined ? cause.app.code : [cause.app.code, cause.app.data];
  }
}

describe.each([
  ["over a store in memory", (store: RequestStore) => store],
  ["over a store elsewhere", remote],
])("a recorded mutation %s", (_, of) => {
  function start(options: Partial<RequestRecordsOptions> = {}) {
    const clock = createManualClock();
    const memory = options.store ?? createMemoryRequestStore({ clock });
    const store = of(memory);
    return { clock, store, memory, records: serverOn(store, clock, "here", options) };
  }
  const again: Partial<RecordedRequest> = { session: "s2", n: 9, low: 9 };

  it("runs once, and gives its answer to whoever sends it again", async () => {
    const { records, store } = start();
    const execute = handler();
    const first = { session: "s1", n: 1, storeEpoch: store.epoch, ageMs: 100 };
    expect(await records.run(mutation(), execute)).toEqual(ok("done"));
    expect(await records.run(mutation(), execute)).toEqual(ok("done"));
    expect(await records.run(mutation({ ...again, first }), execute)).toEqual(ok("done"));
    expect(execute).toHaveBeenCalledOnce();
    expect(records.running).toBe(0);
  });

  it("runs when its first sending never arrived", async () => {
    const { records, store } = start();
    const execute = handler();
    const first = { session: "s1", n: 1, storeEpoch: store.epoch, ageMs: 100 };
    expect(await records.run(mutation({ ...again, first }), execute)).toEqual(ok("done"));
    // Late, it finds the answer.
    expect(await records.run(mutation(), execute)).toEqual(ok("done"));
    expect(execute).toHaveBeenCalledOnce();
  });

  it("keeps a failure as it keeps a result", async () => {
    const { records } = start();
    const failure = { ok: false, encoded: '{"json":{"message":"OUT_OF_STOCK"}}' };
    const execute = vi.fn(() => failure);
    expect(await records.run(mutation(), execute)).toEqual(failure);
    expect(await records.run(mutation(), execute)).toEqual(failure);
    expect(execute).toHaveBeenCalledOnce();
  });

  it("is joined while it runs, without asking the store again and again", async () => {
    const { records, clock, memory } = start();
    const { execute, answer } = slowHandler();
    const first = { session: "s1", n: 1, storeEpoch: memory.epoch, ageMs: 100 };
    const waiting = [
      records.run(mutation(), execute),
      records.run(mutation(), execute),
      records.run(mutation({ ...again, first }), execute),
    ];
    await settled();
    const reads = vi.spyOn(memory, "read");
    clock.advance(10_000);
    await settled();
    answer(ok("late"));
    expect(await Promise.all(waiting)).toEqual([ok("late"), ok("late"), ok("late")]);
    expect(execute).toHaveBeenCalledOnce();
    expect(reads).not.toHaveBeenCalled();
    expect(records.running).toBe(0);
  });

  it("keeps its promise across sessions and servers when it has a key", async () => {
    const { records, store, clock } = start();
    const execute = handler();
    const key = "order-1";
    expect(await records.run(mutation({ key }), execute)).toEqual(ok("done"));
    expect(await records.run(mutation({ ...again, key }), execute)).toEqual(ok("done"));
    const other = serverOn(store, clock, "there");
    records.forget("s1", Number.POSITIVE_INFINITY);
    clock.advance(minutes(23 * 60));
    expect(await other.run(mutation({ session: "s3", key }), execute)).toEqual(ok("done"));
    expect(execute).toHaveBeenCalledOnce();
    // A key is a word of its principal only.
    expect(await other.run(mutation({ principal: "bo", key }), handler("of bo"))).toEqual(
      ok("of bo"),
    );
  });

  it("conflicts with another mutation under its id, and with another principal's", async () => {
    const { records } = start();
    const { execute, answer } = slowHandler();
    const running = records.run(mutation(), execute);
    await settled();
    const other = handler();
    const conflicts = async () => [
      await outcomeOf(() => records.run(mutation({ hash: 8 }), other)),
      await outcomeOf(() => records.run(mutation({ principal: "bo" }), other)),
    ];
    expect(await conflicts()).toEqual(["REQUEST_ID_CONFLICT", "REQUEST_ID_CONFLICT"]);
    answer(ok("mine"));
    expect(await running).toEqual(ok("mine"));
    expect(await conflicts()).toEqual(["REQUEST_ID_CONFLICT", "REQUEST_ID_CONFLICT"]);
    expect(other).not.toHaveBeenCalled();
  });

  it("is stale once the client has said that it has the answer", async () => {
    const { records, store } = start();
    await records.run(mutation(), handler());
    await records.run(mutation({ n: 2, low: 2 }), handler());
    const execute = handler();
    expect(await outcomeOf(() => records.run(mutation({ n: 1, low: 2 }), execute))).toBe("STALE");
    const first = { session: "s1", n: 1, storeEpoch: store.epoch, ageMs: 100 };
    const resent = mutation({ ...again, first });
    expect(await outcomeOf(() => records.run(resent, execute))).toBe("STALE");
    expect(execute).not.toHaveBeenCalled();
  });

  it("tells an answer that is too large once, and afterwards only that it ran", async () => {
    const { records } = start();
    // 32 K characters, and twice as many bytes and two.
    const large = { ok: true, encoded: `"${"é".repeat(32_768)}"` };
    const fits = { ok: false, encoded: `"${"é".repeat(32_767)}"` };
    expect(await records.run(mutation(), () => large)).toBe(large);
    expect(await outcomeOf(() => records.run(mutation(), handler()))).toEqual([
      "RESULT_NOT_RETAINED",
      { ok: true },
    ]);
    expect(await records.run(mutation({ n: 2 }), () => fits)).toBe(fits);
    expect(await records.run(mutation({ n: 2 }), handler())).toEqual(fits);
  });

  it("has an unknown outcome when the code around its handler breaks", async () => {
    const onFailure = vi.fn();
    const { records } = start({ onFailure });
    const broken = vi.fn(() => {
      throw new Error("can not be encoded");
    });
    const rejecting = vi.fn(() => Promise.reject(new Error("can not be encoded")));
    expect(await outcomeOf(() => records.run(mutation(), broken))).toBe("OUTCOME_UNKNOWN");
    expect(await outcomeOf(() => records.run(mutation({ n: 2 }), rejecting))).toBe(
      "OUTCOME_UNKNOWN",
    );
    expect(onFailure).toHaveBeenCalledTimes(2);
    const execute = handler();
    expect(await outcomeOf(() => records.run(mutation(), execute))).toBe("OUTCOME_UNKNOWN");
    expect(execute).not.toHaveBeenCalled();
    expect(await records.run(mutation({ repeat: "safe" }), execute)).toEqual(ok("done"));
  });

  it("is not run when there is no room to record it", async () => {
    const clock = createManualClock();
    const full = createMemoryRequestStore({ clock, maxRecordsPerPrincipal: 1 });
    const { records } = start({ store: full });
    await records.run(mutation(), handler());
    const execute = handler();
    expect(await outcomeOf(() => records.run(mutation({ n: 2 }), execute))).toBe("NOT_RECORDED");
    const first = { session: "s0", n: 1, storeEpoch: full.epoch, ageMs: 100 };
    expect(await outcomeOf(() => records.run(mutation({ n: 2, first }), execute))).toBe(
      "NOT_RECORDED",
    );
    const old = { ...first, storeEpoch: "another" };
    const safe = mutation({ n: 2, first: old, repeat: "safe" });
    expect(await outcomeOf(() => records.run(safe, execute))).toBe("OUTCOME_UNKNOWN");
    expect(execute).not.toHaveBeenCalled();
    expect(await records.run(mutation(), execute)).toEqual(ok("done")); // what is there is there
  });
});

describe("a store in memory", () => {
  it("costs no promise: a handler that answers at once is answered at once", () => {
    const { records, store } = setUp();
    const answer = records.run(mutation(), handler());
    expect(answer).toEqual(ok("done"));
    expect(store.read({ session: "s1", n: 1 })).toMatchObject({ state: "DONE" });
    expect(records.run(mutation(), handler())).toEqual(ok("done"));
  });

  it("throws a refusal at once as well", () => {
    const { records } = setUp();
    expect(() => records.run(mutation({ n: 1, low: 2 }), handler())).toThrow(
      "The client has said that it has this answer already",
    );
  });
});

describe("a store that fails", () => {
  const broken = () => {
    throw new Error("no disk");
  };
  const rejecting = () => Promise.reject(new Error("no network"));
  const silent = () => new Promise<never>(() => {});
  const ways = [
    ["throws", broken],
    ["rejects", rejecting],
    ["is silent", silent],
  ] as const;

  /** A server whose store does some operations otherwise, over one that works. */
  function failing(changes: Partial<RequestStore>) {
    const clock = createManualClock();
    const memory = createMemoryRequestStore({ clock });
    const onFailure = vi.fn();
    const records = serverOn(changed(memory, changes), clock, "here", { onFailure });
    /** What came of it, after the store's time is over. */
    const outcome = async (run: () => MaybePromise<Answer>) => {
      const found = outcomeOf(run);
      await clock.advanceAsync(5_000);
      return found;
    };
    return { clock, memory, records, onFailure, outcome };
  }
  const resent = (epoch: string) =>
    mutation({ session: "s2", first: { session: "s1", n: 1, storeEpoch: epoch, ageMs: 9 } });

  it.each(ways)("and %s before a new mutation has run it did not run", async (_, create) => {
    const { records, outcome, onFailure } = failing({ create });
    const execute = handler();
    expect(await outcome(() => records.run(mutation(), execute))).toBe("NOT_RECORDED");
    expect(await outcome(() => records.run(mutation({ key: "k" }), execute))).toBe("NOT_RECORDED");
    expect(execute).not.toHaveBeenCalled();
    expect(onFailure).toHaveBeenCalledTimes(2);
    expect(records.running).toBe(0);
  });

  it.each(ways)("and %s about what was sent before: nobody knows", async (_, fail) => {
    for (const changes of [{ read: fail }, { create: fail }, { takeOver: fail }]) {
      const { records, memory, outcome } = failing(changes);
      if ("takeOver" in changes) {
        memory.create(
          { session: "s1", n: 1 },
          { principal: "ana", hash: 7, incarnation: "dead", claim: 1 },
        );
      }
      const execute = handler();
      const request = { ...resent(memory.epoch), repeat: "safe" as const };
      expect(await outcome(() => records.run(request, execute))).toBe("OUTCOME_UNKNOWN");
      expect(execute).not.toHaveBeenCalled();
    }
  });

  it.each(ways)(
    "and %s when it has run: nobody is told a result that was not stored",
    async (_, settle) => {
      const { records, outcome, clock } = failing({ settle });
      const { execute, answer } = slowHandler();
      const outcomes = Promise.all([
        outcomeOf(() => records.run(mutation(), execute)),
        outcomeOf(() => records.run(mutation(), execute)),
      ]);
      answer(ok("done"));
      await clock.advanceAsync(5_000);
      expect(await outcomes).toEqual(["OUTCOME_UNKNOWN", "OUTCOME_UNKNOWN"]);
      expect(await outcome(() => records.run(mutation(), execute))).toBe("OUTCOME_UNKNOWN");
      expect(execute).toHaveBeenCalledOnce();
      expect(records.running).toBe(0);
    },
  );

  it("gives an answer only when it is stored", async () => {
    let stored: (settling: "settled") => void = () => {};
    const { records } = failing({ settle: () => new Promise((resolve) => (stored = resolve)) });
    const told = vi.fn();
    const answer = Promise.resolve(records.run(mutation(), handler()));
    void answer.then(told);
    await settled();
    expect(told).not.toHaveBeenCalled();
    stored("settled");
    expect(await answer).toEqual(ok("done"));
  });

  it("takes back what it created too late to be run", async () => {
    let create: () => void = () => {};
    const { records, memory, outcome } = failing({
      create: (id, draft) =>
        new Promise((resolve) => (create = () => resolve(memory.create(id, draft)))),
    });
    const execute = handler();
    expect(await outcome(() => records.run(mutation(), execute))).toBe("NOT_RECORDED");
    create();
    await settled();
    expect(memory.read({ session: "s1", n: 1 })).toBeUndefined();
    expect(execute).not.toHaveBeenCalled();
  });

  it.each(ways)("and %s when it should forget costs nothing", async (_, forget) => {
    const { records } = failing({ forget });
    expect(await records.run(mutation(), handler())).toEqual(ok("done"));
  });

  it("and contradicts itself is not asked for ever", async () => {
    const record = { principal: "ana", hash: 7, incarnation: "dead", claim: 1, attempt: 1 };
    const moved = { name: "moved", record: { ...record, state: "RUNNING" } } as const;
    const { records, memory } = failing({ takeOver: () => moved });
    memory.create({ session: "s1", n: 1 }, record);
    const request = mutation({ repeat: "safe" });
    expect(await outcomeOf(() => records.run(request, handler()))).toBe("OUTCOME_UNKNOWN");
  });

  it("and was made anew between two looks is found out", async () => {
    const { records, memory } = failing({
      create: (id, draft, onlyUnder) =>
        onlyUnder === undefined
          ? memory.create(id, draft)
          : { name: "other-epoch", epoch: "made anew" },
    });
    const execute = handler();
    const request = resent(memory.epoch);
    expect(await outcomeOf(() => records.run(request, execute))).toBe("OUTCOME_UNKNOWN");
    expect(execute).not.toHaveBeenCalled();
    expect(await records.run({ ...request, repeat: "safe" }, execute)).toEqual(ok("done"));
  });
});

describe("two servers over one store", () => {
  function two() {
    const clock = createManualClock();
    const store = createMemoryRequestStore({ clock });
    const live = new Set(["a", "b"]);
    const isLive = (incarnation: string) => live.has(incarnation);
    const a = serverOn(store, clock, "a", { isLive });
    const b = serverOn(store, clock, "b", { isLive });
    const resent = (changes: Partial<RecordedRequest> = {}) =>
      mutation({
        session: "s2",
        first: { session: "s1", n: 1, storeEpoch: store.epoch, ageMs: 100 },
        ...changes,
      });
    return { clock, store, live, a, b, resent };
  }

  it("run it on one, and tell it on both", async () => {
    const { a, b, clock, resent } = two();
    const { execute, answer } = slowHandler();
    const other = handler();
    const onA = a.run(mutation(), execute);
    const onB = Promise.all([b.run(resent(), other), b.run(resent(), other)]);
    await clock.advanceAsync(1_000);
    answer(ok("of a"));
    expect(await onA).toEqual(ok("of a"));
    await clock.advanceAsync(100);
    expect(await onB).toEqual([ok("of a"), ok("of a")]);
    expect(other).not.toHaveBeenCalled();
  });

  it("do not wait for one that died meanwhile", async () => {
    const { a, b, clock, live, resent } = two();
    void a.run(mutation(), slowHandler().execute);
    const execute = handler();
    const onB = outcomeOf(() => b.run(resent(), execute));
    await clock.advanceAsync(1_000);
    live.delete("a");
    await clock.advanceAsync(100);
    expect(await onB).toBe("OUTCOME_UNKNOWN");
    expect(execute).not.toHaveBeenCalled();
  });

  it("run it again where that is safe, and refuse the answer of the one that was only slow", async () => {
    const { a, b, live, resent } = two();
    const { execute, answer } = slowHandler();
    const onA = outcomeOf(() => a.run(mutation({ repeat: "safe" }), execute));
    live.delete("a");
    expect(await b.run(resent({ repeat: "safe" }), handler("of b"))).toEqual(ok("of b"));
    answer(ok("of a"));
    expect(await onA).toEqual(ok("of b")); // all replies to one id agree
    expect(await a.run(mutation(), handler())).toEqual(ok("of b"));
  });

  it("do not tell an answer that was fenced off while the other one runs", async () => {
    const { a, b, live, resent } = two();
    const slowA = slowHandler();
    const slowB = slowHandler();
    const onA = outcomeOf(() => a.run(mutation(), slowA.execute));
    live.delete("a");
    const onB = b.run(resent({ repeat: "safe" }), slowB.execute);
    slowA.answer(ok("of a"));
    expect(await onA).toBe("OUTCOME_UNKNOWN");
    slowB.answer(ok("of b"));
    expect(await onB).toEqual(ok("of b"));
  });

  it("ask the handler's own record, and run only what that does not know", async () => {
    const { a, b, live, store, resent } = two();
    const died = slowHandler();
    for (const n of [1, 2]) void a.run(mutation({ n }), died.execute);
    live.delete("a");
    const execute = handler("of b");
    const found = resent({ repeat: { lookup: async () => ok("of the database") } });
    expect(await b.run(found, execute)).toEqual(ok("of the database"));
    expect(execute).not.toHaveBeenCalled();
    expect(store.read({ session: "s1", n: 1 })).toMatchObject({ state: "DONE", attempt: 2 });

    const first = { session: "s1", n: 2, storeEpoch: store.epoch, ageMs: 100 };
    const unknown = resent({ first, repeat: { lookup: () => undefined } });
    expect(await b.run(unknown, execute)).toEqual(ok("of b"));
    expect(execute).toHaveBeenCalledOnce();
  });

  it("do not guess when the lookup fails, and ask again the next time", async () => {
    const { a, b, live, resent } = two();
    void a.run(mutation(), slowHandler().execute);
    live.delete("a");
    const execute = handler();
    const failing = resent({ repeat: { lookup: () => Promise.reject(new Error("no database")) } });
    expect(await outcomeOf(() => b.run(failing, execute))).toBe("OUTCOME_UNKNOWN");
    const finding = resent({ repeat: { lookup: () => ok("of the database") } });
    expect(await b.run(finding, execute)).toEqual(ok("of the database"));
    expect(execute).not.toHaveBeenCalled();
  });

  it("stop waiting when nobody waits for it any more", async () => {
    const { a, b, clock, resent } = two();
    void a.run(mutation(), slowHandler().execute);
    const reason = appError("DEADLINE_EXCEEDED", { deadlineMs: 50 }, "too late");
    const onB = outcomeOf(() => b.run(resent({ abortedBy: () => reason }), handler()));
    await clock.advanceAsync(100);
    expect(await onB).toEqual(["DEADLINE_EXCEEDED", { deadlineMs: 50 }]);
    expect(b.running).toBe(0);
  });

  it("have an unknown outcome when the record is gone while one waits", async () => {
    const { a, b, clock, resent } = two();
    void a.run(mutation(), slowHandler().execute);
    const execute = handler();
    const onB = outcomeOf(() => b.run(resent(), execute));
    await clock.advanceAsync(minutes(10) + 100);
    expect(await onB).toBe("OUTCOME_UNKNOWN");
    expect(execute).not.toHaveBeenCalled();
  });
});

describe("what a failing store left behind", () => {
  it("is repaired when it works again: who asks later gets the answer", async () => {
    const clock = createManualClock();
    const memory = createMemoryRequestStore({ clock });
    let failures = 3;
    const store = changed(memory, {
      settle(...given) {
        if (failures-- > 0) throw new Error("no disk");
        return memory.settle(...given);
      },
    });
    const records = serverOn(store, clock, "here");
    const execute = handler();
    expect(await outcomeOf(() => records.run(mutation(), execute))).toBe("OUTCOME_UNKNOWN");
    await clock.advanceAsync(2_999); // tried at once, after 1 s and 2 s more
    expect(await outcomeOf(() => records.run(mutation(), execute))).toBe("OUTCOME_UNKNOWN");
    await clock.advanceAsync(1);
    expect(await records.run(mutation(), execute)).toEqual(ok("done"));
    expect(execute).toHaveBeenCalledOnce();
  });

  it("is taken back when it was created and the store did not say so", async () => {
    const clock = createManualClock();
    const memory = createMemoryRequestStore({ clock });
    const create = vi.fn((...given: Parameters<RequestStore["create"]>) => {
      memory.create(...given);
      return Promise.reject<never>(new Error("no network"));
    });
    const records = serverOn(changed(memory, { create }), clock, "here");
    expect(await outcomeOf(() => records.run(mutation(), handler()))).toBe("NOT_RECORDED");
    await settled();
    expect(memory.read({ session: "s1", n: 1 })).toBeUndefined();
  });

  it("lets nobody wait for a server that lives, and runs nothing", async () => {
    const clock = createManualClock();
    const store = createMemoryRequestStore({ clock });
    const isLive = (incarnation: string) => incarnation !== "dead";
    const [a, b] = ["a", "b"].map((name) => serverOn(store, clock, name, { isLive })) as [
      RequestRecords,
      RequestRecords,
    ];
    store.create(
      { session: "s1", n: 1 },
      { principal: "ana", hash: 7, incarnation: "dead", claim: 1 },
    );
    const failing = mutation({
      repeat: { lookup: () => Promise.reject(new Error("no database")) },
    });
    expect(await outcomeOf(() => a.run(failing, handler()))).toBe("OUTCOME_UNKNOWN");
    await settled();
    const execute = handler("of b");
    expect(await outcomeOf(() => b.run(mutation(), execute))).toBe("OUTCOME_UNKNOWN");
    expect(await b.run(mutation({ repeat: "safe" }), execute)).toEqual(ok("of b"));
  });

  it("is left as it is when the server closes, and no timer with it", async () => {
    const clock = createManualClock();
    const memory = createMemoryRequestStore({ clock });
    const settle = vi.fn(() => {
      throw new Error("no disk");
    });
    const records = serverOn(changed(memory, { settle }), clock, "here");
    expect(await outcomeOf(() => records.run(mutation(), handler()))).toBe("OUTCOME_UNKNOWN");
    await settled();
    const calls = settle.mock.calls.length;
    await records.close();
    await clock.advanceAsync(minutes(20));
    expect(settle).toHaveBeenCalledTimes(calls);
    expect(clock.leftovers()).toEqual([]);
  });
});

describe("a mutation that was given up before it began", () => {
  it("is not run, and leaves no record; who sent the same is answered", async () => {
    const clock = createManualClock();
    const memory = createMemoryRequestStore({ clock });
    const records = serverOn(remote(memory), clock, "here");
    let reason: TRPCError | undefined;
    const execute = handler();
    const given = outcomeOf(() => records.run(mutation({ abortedBy: () => reason }), execute));
    const wanted = handler("wanted");
    const joined = outcomeOf(() => records.run(mutation(), wanted));
    reason = appError("CANCELLED", undefined, "The caller cancelled");
    expect(await given).toBe("CANCELLED");
    expect(await joined).toEqual(ok("wanted"));
    expect(execute).not.toHaveBeenCalled();
    expect(wanted).toHaveBeenCalledOnce();
  });
});
