/** tRPC's client: `createWSClient` and `wsLink` with superjson, and their defaults. */
import { createTRPCClient, createWSClient, wsLink } from "@trpc/client";
import superjson from "superjson";
import { WebSocket } from "ws";
import { type Connect, fail } from "../contestant.js";
import type { router } from "./server.js";

export const connect: Connect = async (url) => {
  const client = await opened(url);
  const api = createTRPCClient<typeof router>({
    links: [wsLink({ client, transformer: superjson })],
  });
  return {
    answer: (item) => api.answer.query(item),
    follow: (onData) => void api.follow.subscribe(undefined, { onData, onError: fail }),
    flood: (onData) => void api.flood.subscribe(undefined, { onData, onError: fail }),
    close: async () => client.close(),
  };
};

function opened(url: string) {
  return new Promise<ReturnType<typeof createWSClient>>((resolve) => {
    const onOpen = () => resolve(client);
    const client = createWSClient({ url, WebSocket: WebSocket as never, onOpen });
  });
}
