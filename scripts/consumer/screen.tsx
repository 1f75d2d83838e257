/** The same line in React: types only, since a page is rendered by the client's own tests. */

import { QueryClient, useMutation, useQuery } from "@tanstack/react-query";
import { type Client, createClient, isDeclared } from "@tautline/client";
import { createTautlineReact, useSubscription } from "@tautline/client/react";
import { useState } from "react";
import type { shop } from "./line.js";

const { TautlineProvider, useConnection, useTRPC } = createTautlineReact<typeof shop>();

const api: Client<typeof shop> = createClient<typeof shop>({ url: "/line" });
const queryClient = new QueryClient();

export function Screen() {
  return (
    <TautlineProvider api={api} queryClient={queryClient}>
      <Counter />
    </TautlineProvider>
  );
}

function Counter() {
  const trpc = useTRPC();
  const { state } = useConnection();
  const [last, setLast] = useState<number>();
  const order = useQuery(trpc.order.find.queryOptions({ id: "rope" }));
  const place = useMutation(trpc.order.place.mutationOptions());
  useSubscription(trpc.count.subscriptionOptions({ to: 3 }, { onData: setLast }));

  const placedAt: Date | undefined = order.data?.placedAt;
  const left: number | undefined = isDeclared(place.error, "OUT_OF_STOCK")
    ? place.error.data.app.data.available
    : undefined;
  // @ts-expect-error: an input of another type does not compile
  const mistake = () => place.mutate({ sku: "rope", quantity: "2" });
  return (
    <button type="button" onClick={mistake}>
      {state.name}: {last}, {placedAt?.toISOString()}, {left} left
    </button>
  );
}
