/** The page without a library: what a browser needs to make a call and to follow a subscription. */
import { type Item, reviveItem } from "../../app/item.js";

const socket = new WebSocket("ws://localhost:3000");
const waiting = new Map<number, (item: Item) => void>();
let lastId = 0;

socket.onmessage = ({ data }) => {
  const message = JSON.parse(data);
  reviveItem(message.item);
  if (message.id === undefined) return show("#latest", message.item);
  waiting.get(message.id)?.(message.item);
  waiting.delete(message.id);
};
socket.onopen = async () => {
  socket.send(JSON.stringify({ method: "follow" }));
  show("#answer", await answer({ id: "1", title: "Hello", count: 1, open: true, at: new Date() }));
};

function answer(item: Item): Promise<Item> {
  const id = ++lastId;
  socket.send(JSON.stringify({ method: "answer", id, item }));
  return new Promise((resolve) => waiting.set(id, resolve));
}

function show(place: string, { title, at }: Item) {
  document.querySelector(place)!.textContent = `${title}, ${at.toLocaleString()}`;
}
