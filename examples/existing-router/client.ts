import { connectionOf, createClient, link } from "@tautline/client";
import { createTRPCClient, createWSClient, wsLink } from "@trpc/client";
import superjson from "superjson";
import { WebSocket } from "ws";
import type { AppRouter } from "./router.js";

const url = process.env.URL ?? "ws://127.0.0.1:3000";

// 1. The tRPC client you have, untouched.
const wsClient = createWSClient({ url, WebSocket: WebSocket as never });
const before = createTRPCClient<AppRouter>({
  links: [wsLink({ client: wsClient, transformer: superjson })],
});
console.log((await before.list.query()).map((todo) => todo.text));
await wsClient.close();

// 2. The same client on Tautline's link.
const api = createClient<AppRouter>({ url, transformer: superjson });
const after = createTRPCClient<AppRouter>({ links: [link(api)] });
console.log((await after.add.mutate({ text: "Coil it" })).since instanceof Date);

// 3. Tautline's own client, which types this router as well.
for await (const n of api.countdown.subscribe()) console.log(n);
await connectionOf(api).close();
