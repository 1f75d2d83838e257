/** The typed proxy: what calling a contract looks like, and what does not compile. */

import { type CallError, type Client, createClient, withContract } from "@tautline/client";
import {
  contract,
  isDeclared,
  query,
  type RouterOf,
  type ShapeOf,
  type TrackedEvent,
} from "@tautline/contracts";
import { safe } from "@trpc/client";
import { initTRPC, tracked } from "@trpc/server";
import type { Unsubscribable } from "@trpc/server/observable";
import superjson from "superjson";
import * as z from "zod";
import { type Equal, holds } from "./equal.js";
import type { app, future, Incident } from "./sample.js";

declare const api: Client<typeof app>;
declare const stop: AbortSignal;

export async function queriesAndMutations() {
  const now = await api.now.query();
  holds<Equal<typeof now, Date>>();
  const { items, nextCursor } = await api.incident.list.query({ limit: 10 });
  holds<Equal<typeof items, Incident[]>>();
  holds<Equal<typeof nextCursor, string | undefined>>();
  const incident = await api.incident.acknowledge.mutate({ id: "i1" });
  holds<Equal<typeof incident.openedAt, Date>>();
  holds<Equal<typeof incident.watchers, Set<string>>>();
  const { renamedAt } = await api.rename.mutate({ id: "i1" });
  holds<Equal<typeof renamedAt, Date>>();

  // A default or an optional input may be left out, and options follow it.
  await api.incident.list.query({});
  const newest = await api.incident.newest.query();
  holds<Equal<typeof newest, Incident | null>>();
  await api.incident.newest.query("database");
  await api.now.query(undefined, { signal: stop, deadlineMs: 500, context: { view: "list" } });

  // @ts-expect-error the input is missing
  api.incident.acknowledge.mutate();
  // @ts-expect-error a wrong input
  api.incident.acknowledge.mutate({ id: 1 });
  // @ts-expect-error a key is missing
  api.incident.acknowledge.mutate({ note: "mine" });
  // @ts-expect-error a key that the schema does not have
  api.incident.list.query({ limit: 10, offset: 20 });
  // @ts-expect-error no input is taken
  api.now.query({ zone: "UTC" });
  // @ts-expect-error a wrong input of the other library
  api.rename.mutate({ id: "i1", title: 5 });
  // @ts-expect-error no such procedure
  api.incident.remove;
  // @ts-expect-error no such record
  api.incidents.list;
  // @ts-expect-error a query is not mutated
  api.incident.list.mutate;
  // @ts-expect-error a mutation is not queried
  api.incident.acknowledge.query;
  // @ts-expect-error a subscription is not queried
  api.load.query;
  // @ts-expect-error a record is not called
  api.incident.query;
  // @ts-expect-error a Date stays a Date: it is not text
  now.slice(0, 10);
  // @ts-expect-error the deadline is in milliseconds
  api.now.query(undefined, { deadlineMs: "500" });
  // @ts-expect-error a misspelt option
  api.now.query(undefined, { deadline: 500 });
  // @ts-expect-error the contract is not for writing
  api.now = { query: api.now.query };
}

export async function errors() {
  const [incident, error] = await safe(api.incident.acknowledge.mutate({ id: "i1" }));
  if (isDeclared(error, "ALREADY_ACKNOWLEDGED")) {
    holds<Equal<typeof error.data.app.data, { by: string; at: Date }>>();
    // @ts-expect-error `id` travels with the other code
    error.data.app.data.id;
  } else if (isDeclared(error, "OUTCOME_UNKNOWN")) {
    holds<Equal<typeof error.data.app.data, undefined>>();
  } else if (error) {
    holds<Equal<typeof error.message, string>>();
    // @ts-expect-error it may be any of the codes
    error.data?.app?.data.by;
  } else {
    holds<Equal<typeof incident, Incident>>();
  }
  // @ts-expect-error not declared by this procedure
  isDeclared(error, "TOO_BROAD");
  // @ts-expect-error a misspelt code
  isDeclared(error, "ALREADY_ACKNOWLEGED");

  const [, renameError] = await safe(api.rename.mutate({ id: "i1" }));
  if (isDeclared(renameError, "TITLE_TAKEN")) renameError.data.app.data.by.toUpperCase();

  try {
    await api.incident.list.query({});
  } catch (caught) {
    const failed = caught as CallError<ShapeOf<(typeof app)["incident"]["list"]["errors"]>>;
    if (isDeclared(failed, "TOO_BROAD")) failed.data.app.data.matches.toFixed();
  }
}

export async function subscriptions() {
  for await (const sample of api.load.subscribe()) {
    holds<Equal<typeof sample, { at: Date; perSecond: number }>>();
  }
  for await (const event of api.incident.changes.subscribe({ id: "i1" }, { lastEventId: "41" })) {
    holds<Equal<typeof event, TrackedEvent<Incident>>>();
    // @ts-expect-error a tracked event is { id, data }, not the data itself
    event.title;
  }
  const events = api.load.subscribe(undefined, { signal: stop, onLost: "restart" });
  await events.return();

  const subscription = api.incident.changes.subscribe(
    { id: "i1" },
    {
      signal: stop,
      lastEventId: "41",
      onStarted() {},
      onData(event) {
        holds<Equal<typeof event, TrackedEvent<Incident>>>();
      },
      onError(error) {
        if (isDeclared(error, "NO_SUCH_INCIDENT")) error.data.app.data.id.length;
        if (isDeclared(error, "STREAM_LOST")) error.data.app.data satisfies undefined;
        // @ts-expect-error not declared by this procedure
        isDeclared(error, "TOO_BROAD");
      },
      onStopped() {},
      onComplete() {},
      onConnectionStateChange: ({ state }) => {
        holds<Equal<typeof state, "idle" | "connecting" | "pending">>();
      },
    },
  );
  holds<Equal<typeof subscription, Unsubscribable>>();
  subscription.unsubscribe();

  // @ts-expect-error the input is missing
  api.incident.changes.subscribe();
  // @ts-expect-error a wrong input
  api.incident.changes.subscribe({ id: 1 }, { onData() {} });
  // @ts-expect-error callbacks that would never be called: there is no onData among them
  api.load.subscribe(undefined, { onError() {} });
  // @ts-expect-error with callbacks there is nothing to iterate
  api.load.subscribe(undefined, { onData() {} }).next();
  // @ts-expect-error a policy that does not exist
  api.load.subscribe(undefined, { onLost: "retry" });
  // @ts-expect-error a subscription has no deadline
  api.load.subscribe(undefined, { deadlineMs: 500 });
  // @ts-expect-error an event is not what the callback says
  api.load.subscribe(undefined, { onData: (event: string) => event });
}

export function topicsAndClientCalls(later: Client<typeof future>) {
  later.incident.list.query({});
  later.browser.focus.query();
  // @ts-expect-error topics are not served in this version
  later.timeline;
  // @ts-expect-error a client call is the server's to make
  later.browser.page;
}

export async function contractsWrittenInPlace() {
  const api = createClient({
    url: "/line",
    contract: withContract(contract({ deep: { now: query({ output: z.date() }) } })),
  });
  const now = await api.deep.now.query();
  holds<Equal<typeof now, Date>>();
  // @ts-expect-error there is no input
  api.deep.now.query({ zone: "UTC" });
}

// ---- the same for a tRPC router ---------------------------------------------------------------

const t = initTRPC.create({ transformer: superjson });
const router = t.router({
  now: t.procedure.query(() => new Date()),
  rename: t.procedure.input((raw) => raw as { id: string }).mutation(() => ({ renamed: true })),
  nested: t.router({
    changes: t.procedure.subscription(async function* () {
      yield tracked("1", new Date());
    }),
  }),
});
const plain = initTRPC
  .create()
  .router({ now: initTRPC.create().procedure.query(() => new Date()) });

export async function routers(
  api: Client<typeof router>,
  plainApi: Client<typeof plain>,
  contractApi: Client<RouterOf<typeof app>>,
) {
  const now = await api.now.query(undefined, { deadlineMs: 500 });
  holds<Equal<typeof now, Date>>();
  const [renamed, error] = await safe(api.rename.mutate({ id: "i1" }));
  holds<Equal<typeof renamed, { renamed: boolean } | undefined>>();
  error?.data?.code satisfies string | undefined;
  for await (const event of api.nested.changes.subscribe()) {
    holds<Equal<typeof event, { id: string; data: Date }>>();
  }
  // @ts-expect-error a wrong input
  api.rename.mutate({ id: 1 });
  // @ts-expect-error no such procedure
  api.nested.rename;

  // Without a transformer JSON is what arrives.
  const text = await plainApi.now.query();
  holds<Equal<typeof text, string>>();

  const [, declared] = await safe(contractApi.incident.acknowledge.mutate({ id: "i1" }));
  if (isDeclared(declared, "ALREADY_ACKNOWLEDGED")) declared.data.app.data.at.getTime();
}
