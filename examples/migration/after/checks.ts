// What the app promises. `npx tsx checks.ts` beside `npx tsx server.ts`.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { createTRPCClient, TRPCClientError } from "@trpc/client";
import { openLine } from "./line.js";
import type { AppRouter } from "./router.js";

const { client, link } = openLine(process.env.URL ?? "ws://127.0.0.1:3000", "Ben");
const trpc = createTRPCClient<AppRouter>({ links: [link] });
after(() => client.close());

test("a query answers, and a Date stays a Date", async () => {
  const [first] = await trpc.list.query();
  assert.deepEqual(first, { id: 1, text: "Splice the rope", by: "Ana", at: new Date(0) });
});

test("a mutation knows who asks, and says no in its own words", async () => {
  assert.equal((await trpc.add.mutate({ text: "Coil it" })).by, "Ben");
  await assert.rejects(trpc.add.mutate({ text: "Coil it" }), (error) => {
    assert(error instanceof TRPCClientError);
    assert.equal(error.data.code, "CONFLICT");
    assert.equal(error.message, "It is on the list");
    return true;
  });
});

test("a tracked subscription misses nothing and repeats nothing when its socket is lost", async () => {
  const heard: string[] = [];
  await new Promise<void>((resolve, reject) => {
    const following = trpc.added.subscribe(undefined, {
      onData({ id, data }) {
        heard.push(`${id} ${data.text}`);
        if (id === "2") {
          client.connection!.ws.close();
          trpc.add.mutate({ text: "Stow it" }).catch(reject); // waits for the next socket
        }
        if (id === "3") {
          following.unsubscribe();
          resolve();
        }
      },
      onError: reject,
    });
  });
  assert.deepEqual(heard, ["1 Splice the rope", "2 Coil it", "3 Stow it"]);
});
