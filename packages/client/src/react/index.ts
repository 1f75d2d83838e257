/** The client in React: a provider, the connection as a hook, and TanStack Query with its types. */
export { useSubscription } from "@trpc/tanstack-react-query";
export type { TautlineProviderProps, TautlineReact, TautlineRouter } from "./create.js";
export { createTautlineReact } from "./create.js";
