/**
 * The hooks of one contract. They are created and not just imported, so that the contract is
 * named once and every component has its types.
 */

import { type QueryClient, QueryClientProvider } from "@tanstack/react-query";
import type { RouterOf } from "@tautline/contracts";
import { createTRPCClient, type TRPCClient } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { createTRPCContext, type TRPCOptionsProxy } from "@trpc/tanstack-react-query";
import { createContext, type ReactNode, useContext, useMemo, useSyncExternalStore } from "react";
import { connectionOf } from "../client.js";
import type { Connection, ConnectionStats } from "../connection/face.js";
import type { ConnectionState } from "../connection/state.js";
import { link } from "../link.js";
import type { Client } from "../proxy-types.js";
import { createStatsStore, noStats } from "./stats.js";

/** A contract as the router type that TanStack Query's types are made from. */
export type TautlineRouter<C> = C extends AnyTRPCRouter ? C : RouterOf<C>;

/** Properties of the provider. */
export interface TautlineProviderProps<C> {
  /** What `createClient` returned. Rendering alone never connects it. */
  readonly api: Client<C>;
  readonly queryClient: QueryClient;
  readonly children?: ReactNode;
}

/** What {@link createTautlineReact} returns. */
export interface TautlineReact<C> {
  /** Gives everything below it the client. Stands in for TanStack's `QueryClientProvider` as well. */
  TautlineProvider(props: TautlineProviderProps<C>): ReactNode;
  /** The client: for mutations outside of TanStack Query, and for subscriptions in effects. */
  useApi(): Client<C>;
  /** Where the connection stands, and the connection itself. Renders anew when the state changes. */
  useConnection(): { readonly state: ConnectionState; readonly connection: Connection };
  /**
   * What was counted. Renders anew every `everyMs` milliseconds.
   *
   * @param everyMs @default 1_000
   */
  useConnectionStats(everyMs?: number): ConnectionStats;
  /**
   * Options for TanStack Query: `queryOptions`, `infiniteQueryOptions`, `mutationOptions`,
   * `subscriptionOptions`, keys and filters, typed by the contract.
   */
  useTRPC(): TRPCOptionsProxy<TautlineRouter<C>>;
}

const idle: ConnectionState = { name: "idle" };

/**
 * Creates the provider and the hooks for a contract (`typeof app`) or a tRPC router type.
 *
 * @example
 * ```tsx
 * export const { TautlineProvider, useTRPC, useConnection } = createTautlineReact<typeof app>();
 *
 * const incidents = useQuery(useTRPC().incident.list.queryOptions());
 * ```
 */
export function createTautlineReact<C>(): TautlineReact<C> {
  const ApiContext = createContext<Client<C> | undefined>(undefined);
  const { TRPCProvider, useTRPC } = createTRPCContext<AnyTRPCRouter>();

  function useApi(): Client<C> {
    const api = useContext(ApiContext);
    if (api === undefined) throw new Error("Cannot find the client: there is no TautlineProvider");
    return api;
  }

  return {
    TautlineProvider({ api, queryClient, children }) {
      const trpcClient = useMemo(
        () => createTRPCClient<AnyTRPCRouter>({ links: [link(api as object)] }),
        [api],
      );
      return (
        <ApiContext.Provider value={api}>
          <QueryClientProvider client={queryClient}>
            <TRPCProvider trpcClient={trpcClient as TRPCClient<any>} queryClient={queryClient}>
              {children}
            </TRPCProvider>
          </QueryClientProvider>
        </ApiContext.Provider>
      );
    },
    useApi,
    useConnection() {
      const connection = connectionOf(useApi() as object);
      const state = useSyncExternalStore(
        connection.subscribe,
        () => connection.state,
        () => idle,
      );
      return { state, connection };
    },
    useConnectionStats(everyMs = 1_000) {
      const connection = connectionOf(useApi() as object);
      const store = useMemo(() => createStatsStore(connection, everyMs), [connection, everyMs]);
      return useSyncExternalStore(store.subscribe, store.get, () => noStats);
    },
    useTRPC: useTRPC as never,
  };
}
