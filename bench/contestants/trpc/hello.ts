/** The page with tRPC's client, set up as its documentation does for Dates. */
import { createTRPCClient, createWSClient, wsLink } from "@trpc/client";
import superjson from "superjson";
import type { Item } from "../../app/item.js";
import type { router } from "./server.js";

const client = createWSClient({ url: "ws://localhost:3000" });
const api = createTRPCClient<typeof router>({
  links: [wsLink({ client, transformer: superjson })],
});

api.follow.subscribe(undefined, { onData: (item) => show("#latest", item) });
const asked = { id: "1", title: "Hello", count: 1, open: true, at: new Date() };
show("#answer", await api.answer.query(asked));

function show(place: string, { title, at }: Item) {
  document.querySelector(place)!.textContent = `${title}, ${at.toLocaleString()}`;
}
