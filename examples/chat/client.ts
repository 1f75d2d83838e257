import { connectionOf, createClient, isDeclared, safe } from "@tautline/client";
import type { chat } from "./contract.js";

const api = createClient<typeof chat>({ url: process.env.URL ?? "ws://127.0.0.1:3000" });

// One person listens …
const heard = api.messages.subscribe({ room: "deck" });

// … and another one talks, a little too fast.
await api.say.mutate({ room: "deck", from: "Ana", text: "Hoist the sail" });
const [, error] = await safe(api.say.mutate({ room: "deck", from: "Ana", text: "Now!" }));
if (isDeclared(error, "TOO_FAST")) console.log("Ana is too fast");
await api.say.mutate({ room: "deck", from: "Ben", text: "Aye" });

let count = 0;
for await (const { id, data } of heard) {
  console.log(`${id}. ${data.from}: ${data.text}`);
  if (++count === 2) break;
}
await connectionOf(api).close();
