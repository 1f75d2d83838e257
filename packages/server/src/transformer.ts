/**
 * The transformer of every router that `implement` builds: superjson's format, read with a guard
 * because a stranger's bytes can make superjson itself work for seconds. PROTOCOL.md §1.1.
 */
import { guardedSuperjson } from "@tautline/contracts/wire";

/**
 * Give it to `initTRPC.create({ transformer })` of a router of your own that is served beside a
 * contract's, and to a stock client's links as plain `superjson`.
 */
export const transformer = guardedSuperjson();
