/** The page with Tautline's client and the contract's type alone. */
import { createClient } from "@tautline/client";
import type { Item } from "../../app/item.js";
import type { app } from "./contract.js";

const api = createClient<typeof app>({ url: "ws://localhost:3000" });

api.follow.subscribe(undefined, { onData: (item) => show("#latest", item) });
const asked = { id: "1", title: "Hello", count: 1, open: true, at: new Date() };
show("#answer", await api.answer.query(asked));

function show(place: string, { title, at }: Item) {
  document.querySelector(place)!.textContent = `${title}, ${at.toLocaleString()}`;
}
