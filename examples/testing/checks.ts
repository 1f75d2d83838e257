import assert from "node:assert/strict";
import { it } from "node:test";
import { isDeclared, safe } from "@tautline/client";
import { createManualClock } from "@tautline/testing";
import { startApp } from "@tautline/testing/app";
import { createStock, router } from "./shop.js";

function start(count: number) {
  const clock = createManualClock();
  const stock = createStock(count, clock);
  return startApp({ router, clock, createContext: () => ({ stock }) });
}

it("a handler alone needs no server", async () => {
  const caller = router.createCaller({ stock: createStock(3, createManualClock()) });
  assert.deepEqual(await caller.reserve(2), { left: 1 });
});

it("says how many are left to who wants too many", async () => {
  await using app = await start(3);
  const [, error] = await safe(app.api.reserve.mutate(5));
  assert(isDeclared(error, "SOLD_OUT"));
  assert.equal(error.data.app.data.left, 3);
});

it("reserves once, although the network goes away before the answer", async () => {
  await using app = await start(3);
  assert.equal(await app.api.left.query(), 3);
  app.network.latencyMs = 50;
  const reserved = app.api.reserve.mutate(1);
  await app.advance(60); // it has arrived, its answer is on the way
  await app.network.cut({ forMs: 5_000 });
  assert.deepEqual(await app.finish(reserved), { left: 2 });
});

it("gives back after ten minutes what nobody bought, and tells who follows", async () => {
  await using app = await start(3);
  const seen: number[] = [];
  const following = app.api.follow.subscribe(undefined, { onData: (left) => seen.push(left) });
  await app.api.reserve.mutate(2);
  await app.advance(599_999);
  assert.deepEqual(seen, [3, 1]);
  await app.advance(1);
  assert.deepEqual(seen, [3, 1, 3]);
  following.unsubscribe();
});

it("leaves nothing of its own behind", async () => {
  const app = await start(3);
  app.api.follow.subscribe(undefined, { onData() {} });
  await app.api.reserve.mutate(1);
  await app.close();
  // A reservation outlives the service; all that is the service's own has ended with it.
  assert.deepEqual(app.leftovers(), ["timer due in 600000 ms: giveBack"]);
});
