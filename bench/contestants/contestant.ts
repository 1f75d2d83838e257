/**
 * What a contestant is: a server and a client made of one library, with the same three procedures.
 * `answer` is a call, `follow` a subscription that everyone gets the same items of, `flood` one
 * with a generator for each reader. Both run in processes of their own, so nothing is closed at the
 * end: the process is.
 */
import type { Chunk } from "../app/flood.js";
import type { Item } from "../app/item.js";

/** The order is that of tables and charts: the floor first, then us, then the others. */
export const contestantNames = [
  "ws",
  "ws-corked",
  "tautline",
  "trpc",
  "orpc",
  "socket-io",
  "graphql-ws",
] as const;

/** Tautline without something, for the questions that ask what that costs, and for no others. */
export const variantNames = ["tautline-sessionless", "tautline-unrecorded"] as const;

export const allNames = [...contestantNames, ...variantNames] as const;

export type ContestantName = (typeof allNames)[number];

/** What ratios are taken to, where a table does not say otherwise. */
export const floor: ContestantName = "ws";

const ours = ["@tautline/server", "@tautline/client", "zod"];

/** How each is called in reports, and the packages whose versions matter. */
export const contestants: Readonly<
  Record<ContestantName, { readonly title: string; readonly packages: readonly string[] }>
> = {
  ws: { title: "bare ws", packages: ["ws"] },
  "ws-corked": { title: "bare ws, corked", packages: ["ws"] },
  tautline: { title: "Tautline", packages: ours },
  "tautline-sessionless": { title: "without sessions", packages: ours },
  "tautline-unrecorded": { title: "without records", packages: ours },
  trpc: { title: "tRPC", packages: ["@trpc/server", "@trpc/client", "superjson", "zod"] },
  orpc: { title: "oRPC", packages: ["@orpc/server", "@orpc/client", "zod"] },
  "socket-io": { title: "Socket.IO", packages: ["socket.io", "socket.io-client"] },
  "graphql-ws": { title: "graphql-ws", packages: ["graphql-ws", "graphql"] },
};

/** A server that listens on a free port of 127.0.0.1. */
export interface RunningServer {
  readonly url: string;
  /** How many connections follow now. */
  readonly subscribers: number;
  /** Sends one item to everyone who follows. */
  publish(item: Item): void;
}

/** What `contestants/<name>/server.ts` exports as `serve`. */
export type Serve = () => Promise<RunningServer>;

/** One open connection of a client. */
export interface Line {
  answer(item: Item): Promise<Item>;
  /** `answer` as a mutation, where mutations are something else: Tautline notes that they have run. */
  change?(item: Item): Promise<Item>;
  follow(onItem: (item: Item) => void): void;
  flood(onChunk: (chunk: Chunk) => void): void;
  /** Resolves when the library says that it is closed. */
  close(): Promise<void>;
}

/** What `contestants/<name>/client.ts` exports as `connect`. Resolves when the connection is open. */
export type Connect = (url: string) => Promise<Line>;

/** For subscriptions: an error has nobody to go to, and ends the process and with it the run. */
export function fail(error: unknown): never {
  throw error instanceof Error ? error : new Error("The subscription failed", { cause: error });
}
