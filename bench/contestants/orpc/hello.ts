/** The page with oRPC's client. */
import { createORPCClient } from "@orpc/client";
import { RPCLink } from "@orpc/client/websocket";
import type { RouterClient } from "@orpc/server";
import type { Item } from "../../app/item.js";
import type { router } from "./server.js";

const websocket = new WebSocket("ws://localhost:3000");
const api: RouterClient<typeof router> = createORPCClient(new RPCLink({ websocket }));

const asked = { id: "1", title: "Hello", count: 1, open: true, at: new Date() };
show("#answer", await api.answer(asked));
for await (const item of await api.follow()) show("#latest", item);

function show(place: string, { title, at }: Item) {
  document.querySelector(place)!.textContent = `${title}, ${at.toLocaleString()}`;
}
