/**
 * The pairings: each client with each server, over real sockets. Tests are written once and run in
 * all of them; stock with stock is the reference, and says what a test means.
 */
import { until } from "@tautline/testing";
import type { WebSocketClientOptions } from "@trpc/client";
import { describe } from "vitest";
import type { TransformerName } from "./app.js";
import { type ClientName, startClient } from "./clients.js";
import { type ServerName, type ServerWish, startServer } from "./servers.js";

/** Which client meets which server. */
export interface Pairing {
  readonly client: ClientName;
  readonly server: ServerName;
}

const every = (servers: readonly ServerName[]) =>
  (["stock", "drop-in"] as const).flatMap((client) =>
    servers.map((server): Pairing => ({ client, server })),
  );

/** The four pairings of tRPC's own packages and the drop-ins. */
export const dropIns = every(["stock", "drop-in"]);

/** `createServer`'s base dialect as well. */
export const allServers = every(["stock", "drop-in", "createServer"]);

/** Runs a suite in each pairing. */
export function inPairings(pairings: readonly Pairing[], suite: (pairing: Pairing) => void) {
  for (const pairing of pairings) {
    describe(`${pairing.client} client, ${pairing.server} server`, () => suite(pairing));
  }
}

/** Runs a suite in each pairing, without a transformer and with superjson. */
export function inWorlds(
  pairings: readonly Pairing[],
  suite: (pairing: Pairing, transformer: TransformerName) => void,
) {
  inPairings(pairings, (pairing) => {
    for (const transformer of ["none", "superjson"] as const) {
      describe(`transformer: ${transformer}`, () => suite(pairing, transformer));
    }
  });
}

/** A pairing that runs. */
export type World = Awaited<ReturnType<typeof startWorld>>;

/** Starts a pairing. `await using` ends it. */
export async function startWorld(
  pairing: Pairing,
  wish: ServerWish & { readonly client?: Partial<WebSocketClientOptions> } = {},
) {
  const server = await startServer(pairing.server, wish);
  const client = startClient(pairing.client, server.url, wish.transformer, wish.client);
  return {
    ...client,
    server,
    stage: server.stage,
    /** Resolves when calls can be sent. */
    opened: () => until(() => client.ws.connection?.state === "open"),
    async [Symbol.asyncDispose]() {
      void client.ws.close();
      await server.close();
    },
  };
}
