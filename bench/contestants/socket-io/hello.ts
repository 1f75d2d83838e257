/** The page with Socket.IO's client. */
import { io, type Socket } from "socket.io-client";
import { type Item, reviveItem } from "../../app/item.js";
import type { FromClient, FromServer } from "./server.js";

const socket: Socket<FromServer, FromClient> = io("http://localhost:3000", {
  transports: ["websocket"],
});

socket.on("item", (item) => show("#latest", reviveItem(item)));
socket.emit("follow");
const asked = { id: "1", title: "Hello", count: 1, open: true, at: new Date() };
show("#answer", reviveItem(await socket.emitWithAck("answer", asked)));

function show(place: string, { title, at }: Item) {
  document.querySelector(place)!.textContent = `${title}, ${at.toLocaleString()}`;
}
