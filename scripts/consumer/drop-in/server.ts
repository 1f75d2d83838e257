/**
 * An application of tRPC that has changed two imports. The options' types name `ws`, so this one has
 * `@types/ws`; whoever does not import it needs none.
 */
import { createWSClient, wsLink } from "@tautline/client/trpc";
import { applyWSSHandler, type WSSHandlerOptions } from "@tautline/server/trpc";
import { createTRPCClient } from "@trpc/client";
import { initTRPC } from "@trpc/server";

const t = initTRPC.create();
const appRouter = t.router({ greet: t.procedure.query(() => "hello") });

export const serve = (wss: WSSHandlerOptions<typeof appRouter>["wss"]) =>
  applyWSSHandler({ wss, router: appRouter });

export const connect = (url: string) =>
  createTRPCClient<typeof appRouter>({ links: [wsLink({ client: createWSClient({ url }) })] });
