/**
 * The one line of this page: the client, what is kept of the server's answers, and the story of
 * the connection. Made when somebody signs in, closed when they sign out.
 */
import { QueryClient } from "@tanstack/react-query";
import { connectionOf, createClient, mayRetry, withContract } from "@tautline/client";
import { incidents } from "../../contract.js";
import { startLive } from "../metrics/live.js";
import { createLoad } from "../proof/load.js";
import { createStoryteller } from "./storyteller.js";

/** What {@link openLine} makes. */
export type Line = ReturnType<typeof openLine>;

/** Tells this page from the others of the same visitor: the network is cut for one page only. */
const page = crypto.randomUUID();

/** Opens the line for whoever signed in as `name`. */
export function openLine(name: string) {
  const api = createClient<typeof incidents>({
    url: `/line?page=${page}`,
    credentials: { name },
    // With the contract itself and not only its type, a change whose answer was lost is sent
    // again by the client: the contract says that it may be.
    contract: withContract(incidents),
    // Whoever is on call wants to be back soon, and a room has few pages.
    reconnect: { maxMs: 2_000 },
    name: "incident-room",
  });
  const connection = connectionOf(api);

  const queryClient = new QueryClient({
    defaultOptions: {
      // The line waits, repeats and catches up by itself; the browser's guess whether there is a
      // network, and refetching on a schedule, would only stand in its way.
      queries: {
        networkMode: "always",
        staleTime: Number.POSITIVE_INFINITY,
        refetchOnWindowFocus: false,
        retry: (failures, error) => failures < 3 && mayRetry(error),
      },
      mutations: { networkMode: "always" },
    },
  });

  const story = createStoryteller({ api, connection, queryClient });
  const live = startLive(api);
  const load = createLoad({
    api,
    onSettled: (madeAt, answered) => story.happened({ type: "settled", madeAt, answered }),
  });

  return {
    name,
    api,
    queryClient,
    story,
    live,
    load,
    close() {
      load.close();
      live.stop();
      story.stop();
      queryClient.clear();
      void connection.close();
    },
  };
}
