/** `RouterOf` in the hands of stock tRPC: its client, its links, `safe`, TanStack Query. */
import { QueryClient, useInfiniteQuery, useMutation, useQuery } from "@tanstack/react-query";
import { isDeclared, type RouterOf } from "@tautline/contracts";
import { createTRPCClient, createWSClient, httpBatchLink, safe, wsLink } from "@trpc/client";
import type { inferRouterInputs, inferRouterOutputs } from "@trpc/server";
import { createTRPCOptionsProxy, useSubscription } from "@trpc/tanstack-react-query";
import superjson from "superjson";
import { type Equal, holds } from "./equal.js";
import type { app, future, Incident } from "./sample.js";

type Router = RouterOf<typeof app>;

const line = createWSClient({ url: "ws://localhost:3000" });
const api = createTRPCClient<Router>({
  links: [wsLink({ client: line, transformer: superjson })],
});

// @ts-expect-error Dates travel by a transformer: the socket's link must be given one
wsLink<Router>({ client: line });
// @ts-expect-error and so must the HTTP link
httpBatchLink<Router>({ url: "http://localhost:3000" });

type Inputs = inferRouterInputs<Router>;
type Outputs = inferRouterOutputs<Router>;
holds<Equal<Inputs["incident"]["acknowledge"], { id: string; note?: string | undefined }>>();
holds<Equal<Inputs["now"], void>>();
holds<Equal<Inputs["rename"], { id: string; title?: string | undefined }>>();
holds<Equal<Outputs["incident"]["acknowledge"], Incident>>();
holds<Equal<Outputs["now"], Date>>();

export async function stockClient() {
  const now = await api.now.query();
  holds<Equal<typeof now, Date>>();
  await api.incident.newest.query();
  const { items } = await api.incident.list.query({});
  holds<Equal<typeof items, Incident[]>>();
  const [incident, error] = await safe(api.incident.acknowledge.mutate({ id: "i1" }));
  if (isDeclared(error, "ALREADY_ACKNOWLEDGED")) error.data.app.data.at.getTime();
  if (!error) holds<Equal<typeof incident, Incident>>();
  api.incident.changes.subscribe(
    { id: "i1" },
    { onData: (event) => holds<Equal<typeof event.data, Incident>>() },
  );
  for await (const event of api.incident.changes.subscribe({ id: "i1" })) {
    holds<Equal<typeof event.id, string>>();
  }
  for await (const sample of api.load.subscribe()) {
    holds<Equal<typeof sample, { at: Date; perSecond: number }>>();
  }

  // @ts-expect-error a wrong input
  api.incident.acknowledge.mutate({ id: 1 });
  // @ts-expect-error a query is not mutated
  api.incident.list.mutate;
  // @ts-expect-error no such procedure
  api.incident.remove;
  // @ts-expect-error the input is missing
  api.incident.acknowledge.mutate();
  // @ts-expect-error not declared
  isDeclared(error, "TOO_BROAD");
}

export function TanStack() {
  const trpc = createTRPCOptionsProxy<Router>({ client: api, queryClient: new QueryClient() });

  const now = useQuery(trpc.now.queryOptions());
  holds<Equal<typeof now.data, Date | undefined>>();

  const pages = useInfiniteQuery(
    trpc.incident.list.infiniteQueryOptions({}, { getNextPageParam: (page) => page.nextCursor }),
  );
  holds<Equal<NonNullable<typeof pages.data>["pages"][number]["items"], Incident[]>>();
  if (isDeclared(pages.error, "TOO_BROAD")) pages.error.data.app.data.matches.toFixed();

  const acknowledge = useMutation(
    trpc.incident.acknowledge.mutationOptions({
      onError(error) {
        if (isDeclared(error, "ALREADY_ACKNOWLEDGED")) error.data.app.data.at.getTime();
        // @ts-expect-error not declared
        isDeclared(error, "TOO_BROAD");
      },
    }),
  );
  acknowledge.mutate({ id: "i1" });
  // @ts-expect-error a wrong input
  acknowledge.mutate({ id: 1 });

  const changes = useSubscription(trpc.incident.changes.subscriptionOptions({ id: "i1" }));
  holds<Equal<NonNullable<typeof changes.data>["data"], Incident>>();

  // @ts-expect-error a mutation has no query options
  trpc.incident.acknowledge.queryOptions;
  // @ts-expect-error a wrong input
  trpc.incident.list.queryOptions({ limit: "10" });
}

export function later(api: ReturnType<typeof createTRPCClient<RouterOf<typeof future>>>) {
  api.timeline.live.subscribe({ id: "i1" }, { onData: ({ data }) => data.openedAt.getTime() });
  api.timeline.publish.mutate({ params: { id: "i1" }, data: {} as Incident });
  api.browser.focus.query();
  // @ts-expect-error a client call is the server's to make
  api.browser.page;
}
