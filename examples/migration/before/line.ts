import { createWSClient, wsLink } from "@trpc/client";
import superjson from "superjson";
import { WebSocket } from "ws";
import type { AppRouter } from "./router.js";

/** The link of the tRPC client, and the WebSocket client under it. */
export function openLine(url: string, user: string) {
  const client = createWSClient({
    url,
    WebSocket: WebSocket as never, // for Node 20; browsers have their own
    connectionParams: { user },
    retryDelayMs: () => 50,
  });
  return { client, link: wsLink<AppRouter>({ client, transformer: superjson }) };
}
