/**
 * The transformer of every router that `implement` builds: superjson's format, read with a guard
 * because a stranger's bytes can make superjson itself work for seconds. PROTOCOL.md §1.1.
 */
import { guardedSuperjson } from "@tautline/contracts/wire";

const guarded = guardedSuperjson();

/**
 * Give it to `initTRPC.create({ transformer })` of a router of your own that is served beside a
 * contract's, and to a stock client's links as plain `superjson`.
 */
export const transformer = {
  ...guarded,
  // In tRPC's combined form as well: it takes that as it is, and a plain one into a new object for
  // each root, whose routers would then refuse to be merged for having several transformers.
  input: guarded,
  output: guarded,
};
