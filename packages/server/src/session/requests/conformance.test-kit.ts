/**
 * What a store of request records is: the suite that every one passes. An engine's own test is
 * `describeRequestStore("nats", () => …)`. It needs vitest, so only tests import it.
 */
import { describe, expect, it } from "vitest";
import type { Answer, Hold, RequestDraft, RequestId, RequestStore } from "./store.js";

/** A store to be tested. */
export interface RequestStoreOnTrial {
  readonly store: RequestStore;
  /** Lets time pass for the store, in milliseconds. */
  pass(ms: number): void | Promise<void>;
}

/** What the suite asks of the store that it is given. */
export interface RequestStoreTrial {
  readonly sessionRetentionMs: number;
  readonly keyRetentionMs: number;
}

const trial: RequestStoreTrial = { sessionRetentionMs: 1_000, keyRetentionMs: 5_000 };

const one: RequestId = { session: "s1", n: 1 };
const keyed: RequestId = { principal: "ana", key: "order-1" };
const draft: RequestDraft = { principal: "ana", hash: 2 ** 53 - 1, incarnation: "i1", claim: 4 };
const second: Hold = { incarnation: "i2", claim: 4 };
const third: Hold = { incarnation: "i3", claim: 1 };
const answer: Answer = { ok: true, encoded: '{"json":{"é":"✓"}}' };

/**
 * Describes a store by its tests.
 *
 * @param create A new and empty store that keeps records for as long as the trial says.
 */
export function describeRequestStore(
  name: string,
  create: (trial: RequestStoreTrial) => RequestStoreOnTrial | Promise<RequestStoreOnTrial>,
) {
  /** Runs a test with a store of its own. */
  const withStore =
    (test: (store: RequestStore, pass: RequestStoreOnTrial["pass"]) => Promise<void>) =>
    async () => {
      const { store, pass } = await create(trial);
      try {
        await test(store, pass);
      } finally {
        await store.close();
      }
    };

  describe(`${name}: a store of request records`, () => {
    it(
      "creates a record once and tells who is late what is there",
      withStore(async (store) => {
        expect(await store.read(one)).toBeUndefined();
        expect(await store.create(one, draft)).toEqual({ name: "created" });
        const record = { ...draft, attempt: 1, state: "RUNNING" };
        const late = { principal: "bo", hash: 7, incarnation: "i2", claim: 1 };
        expect(await store.create(one, late)).toEqual({ name: "exists", record });
        expect(await store.read(one)).toEqual(record);
      }),
    );

    it(
      "lets one of many create it, and one of many take it over",
      withStore(async (store) => {
        const servers = ["i1", "i2", "i3", "i4", "i5"];
        const created = await Promise.all(
          servers.map(async (incarnation) => store.create(one, { ...draft, incarnation })),
        );
        expect(created.filter(({ name }) => name === "created")).toHaveLength(1);
        const taken = await Promise.all(
          servers.map(async (incarnation) => store.takeOver(one, draft, { incarnation, claim: 9 })),
        );
        expect(taken.filter(({ name }) => name === "taken")).toHaveLength(1);
        expect(await store.read(one)).toMatchObject({ attempt: 2, state: "RUNNING" });
      }),
    );

    it(
      "keeps sessions, numbers, principals and keys apart",
      withStore(async (store) => {
        const ids: RequestId[] = [
          one,
          { session: "s1", n: 2 },
          { session: "s2", n: 1 },
          keyed,
          { principal: "ana", key: "order-2" },
          { principal: "bo", key: "order-1" },
          { principal: "", key: "order-1" },
          { principal: "ana", key: "" },
          { principal: "anaorder", key: "-1" },
          { principal: "ana", key: "s1 1" },
          { principal: "*.>", key: "a.b\nc\u0000 ✓" },
        ];
        for (const [hash, id] of ids.entries()) {
          expect(await store.create(id, { ...draft, hash })).toEqual({ name: "created" });
        }
        for (const [hash, id] of ids.entries())
          expect(await store.read(id)).toMatchObject({ hash });
      }),
    );

    it.each([
      ["a result", "DONE", answer],
      ["an error", "FAILED", { ok: false, encoded: '{"json":{"message":"no"}}' }],
      ["a result that JSON has no word for", "DONE", { ok: true, encoded: undefined }],
      ["no answer, for it was too large", "DONE", null],
      ["no error, for it was too large", "FAILED", null],
    ] as const)("keeps %s", (_, state, kept) =>
      withStore(async (store) => {
        await store.create(one, draft);
        expect(await store.settle(one, draft, state, kept)).toBe("settled");
        expect(await store.read(one)).toEqual({ ...draft, attempt: 1, state, answer: kept });
      })(),
    );

    it(
      "keeps an answer as large as it says",
      withStore(async (store) => {
        const largest = { ok: true, encoded: `"${"x".repeat(store.maxAnswerBytes - 2)}"` };
        await store.create(keyed, draft);
        expect(await store.settle(keyed, draft, "DONE", largest)).toBe("settled");
        expect(await store.read(keyed)).toMatchObject({ answer: largest });
      }),
    );

    it(
      "counts only the first settling of an attempt",
      withStore(async (store) => {
        await store.create(one, draft);
        await store.settle(one, draft, "DONE", answer);
        expect(await store.settle(one, draft, "FAILED", null)).toBe("fenced");
        expect(await store.read(one)).toMatchObject({ state: "DONE", answer });
      }),
    );

    it(
      "refuses the late write of an attempt that was taken over",
      withStore(async (store) => {
        await store.create(one, draft);
        expect(await store.takeOver(one, draft, second)).toEqual({ name: "taken" });
        expect(await store.settle(one, draft, "DONE", answer)).toBe("fenced");
        const record = { ...draft, ...second, attempt: 2, state: "RUNNING" };
        expect(await store.read(one)).toEqual(record);
        expect(await store.settle(one, second, "DONE", answer)).toBe("settled");
      }),
    );

    it(
      "knows a record that was created anew from the one that it was",
      withStore(async (store) => {
        await store.create(one, draft);
        await store.release(one, draft);
        const anew = { ...draft, claim: 5 };
        await store.create(one, anew);
        expect(await store.takeOver(one, draft, second)).toMatchObject({ name: "moved" });
        expect(await store.settle(one, draft, "DONE", answer)).toBe("fenced");
        expect(await store.read(one)).toEqual({ ...anew, attempt: 1, state: "RUNNING" });
      }),
    );

    it(
      "lets nobody take over what has moved on, and tells what is there",
      withStore(async (store) => {
        expect(await store.takeOver(one, draft, second)).toEqual({
          name: "moved",
          record: undefined,
        });
        await store.create(one, draft);
        await store.takeOver(one, draft, second);
        expect(await store.takeOver(one, draft, third)).toMatchObject({
          name: "moved",
          record: { ...second, attempt: 2, state: "RUNNING" },
        });
        await store.settle(one, second, "DONE", answer);
        expect(await store.takeOver(one, second, third)).toMatchObject({
          name: "moved",
          record: { attempt: 2, state: "DONE", answer },
        });
      }),
    );

    it(
      "does not bring back with a settling what is gone",
      withStore(async (store) => {
        expect(await store.settle(keyed, draft, "DONE", answer)).toBe("gone");
        expect(await store.read(keyed)).toBeUndefined();
      }),
    );

    it(
      "creates under the epoch that was asked for, or not at all",
      withStore(async (store) => {
        expect(await store.create(one, draft, "long ago")).toEqual({
          name: "other-epoch",
          epoch: store.epoch,
        });
        expect(await store.read(one)).toBeUndefined();
        expect(await store.create(one, draft, store.epoch)).toEqual({ name: "created" });
      }),
    );

    it(
      "takes back what never ran, and nothing else",
      withStore(async (store) => {
        await store.release(one, draft);
        await store.create(one, draft);
        await store.release(one, { ...draft, incarnation: "i2" });
        await store.release(one, { ...draft, claim: 5 });
        expect(await store.read(one)).toMatchObject({ state: "RUNNING" });
        await store.release(one, draft);
        expect(await store.read(one)).toBeUndefined();

        await store.create(one, draft);
        await store.takeOver(one, draft, { ...draft, claim: 9 });
        await store.release(one, draft);
        expect(await store.read(one)).toMatchObject({ attempt: 2 });

        await store.create(keyed, draft);
        await store.settle(keyed, draft, "DONE", answer);
        await store.release(keyed, draft);
        expect(await store.read(keyed)).toMatchObject({ state: "DONE" });
      }),
    );

    it(
      "forgets what a session has the answers to, and knows that it did",
      withStore(async (store) => {
        for (const n of [1, 2, 3, 7]) await store.create({ session: "s1", n }, draft);
        for (const n of [1, 2]) await store.create({ session: "s2", n }, draft);
        await store.create(keyed, draft);
        await store.settle({ session: "s1", n: 1 }, draft, "DONE", answer);
        await store.forget("s1", 3);
        const states: unknown[] = [];
        for (const n of [1, 2, 3, 4, 7]) states.push(await store.read({ session: "s1", n }));
        expect(states).toEqual([
          "stale",
          "stale",
          expect.objectContaining({ attempt: 1 }),
          undefined,
          expect.objectContaining({ attempt: 1 }),
        ]);
        expect(await store.settle({ session: "s1", n: 2 }, draft, "DONE", answer)).toBe("gone");
        expect(await store.read({ session: "s2", n: 1 })).toMatchObject({ attempt: 1 });
        expect(await store.read(keyed)).toMatchObject({ attempt: 1 });
      }),
    );

    it(
      "never goes back with what it was told to forget",
      withStore(async (store) => {
        await store.create({ session: "s1", n: 8 }, draft);
        await store.forget("s1", 5);
        await store.forget("s1", 2);
        expect(await store.read({ session: "s1", n: 4 })).toBe("stale");
        expect(await store.read({ session: "s1", n: 8 })).toMatchObject({ attempt: 1 });
      }),
    );

    it(
      "forgets a whole session at its end",
      withStore(async (store) => {
        for (const n of [1, 2_000_000]) await store.create({ session: "s1", n }, draft);
        await store.forget("s1", Number.POSITIVE_INFINITY);
        for (const n of [1, 2_000_000, 2_000_001]) {
          expect(await store.read({ session: "s1", n })).toBe("stale");
        }
        await store.forget("of nobody", Number.POSITIVE_INFINITY);
      }),
    );

    it(
      "keeps a record as long as it says after it was written last, and one with a key longer",
      withStore(async (store, pass) => {
        const { session, key } = store.retentionMs;
        expect([session, key]).toEqual([trial.sessionRetentionMs, trial.keyRetentionMs]);
        for (const id of [one, keyed]) await store.create(id, draft);
        await pass(session * 0.6);
        for (const id of [one, keyed]) await store.settle(id, draft, "DONE", answer);
        await pass(session * 0.6);
        expect(await store.read(one)).toMatchObject({ state: "DONE" });
        await pass(session * 0.8);
        expect(await store.read(one)).toBeUndefined();
        expect(await store.read(keyed)).toMatchObject({ state: "DONE" });
        await pass(key);
        expect(await store.read(keyed)).toBeUndefined();
        expect(await store.create(keyed, draft)).toEqual({ name: "created" });
      }),
    );

    it(
      "has an epoch and says what it can promise",
      withStore(async (store) => {
        expect(store.epoch).toMatch(/./);
        const { survivesRestart, sharedByServers } = store.caps;
        expect([survivesRestart, sharedByServers].map((cap) => typeof cap)).toEqual([
          "boolean",
          "boolean",
        ]);
        // What other servers see can not end with this one.
        if (sharedByServers) expect(survivesRestart).toBe(true);
        const other = (await create(trial)).store;
        if (!survivesRestart) expect(other.epoch).not.toBe(store.epoch);
        await other.close();
      }),
    );
  });
}
